"""Readiness: a process reports that it works now, by a byte on a pipe from the one that started it."""

import contextlib
import os
import select
import time

VARIABLE = "READY_FD"
REPORTS_AT_ONCE = 4096


def report_ready() -> None:
    """Report that this process works now, where a supervisor started it. Only the first call does anything."""
    descriptor = os.environ.pop(VARIABLE, "")
    if descriptor:
        with contextlib.suppress(BrokenPipeError):  # the supervisor has ended
            os.write(int(descriptor), b"\n")


class ReadinessPipe:
    """The end where such reports arrive. `descriptor`, the other end, is for the process that is started."""

    def __init__(self) -> None:
        self._reader, self.descriptor = os.pipe()
        os.set_blocking(self._reader, False)
        self._is_ready = False

    @property
    def environment(self) -> dict[str, str]:
        """By which the process that is started finds the pipe."""
        return {VARIABLE: str(self.descriptor)}

    def is_ready(self) -> bool:
        """Whether a report has come, be it from a process that has ended since."""
        with contextlib.suppress(BlockingIOError):
            # All that has come, so that the pipe never fills: each worker of gunicorn reports.
            self._is_ready = bool(os.read(self._reader, REPORTS_AT_ONCE)) or self._is_ready
        return self._is_ready

    def close_descriptor(self) -> None:
        """To be called once the process has been started, which has its own."""
        os.close(self.descriptor)

    def wait_until_released(self, seconds: float) -> bool:
        """Wait until neither the process that was started nor any that it has forked is left; whether that came."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._reader], [], [], left)
            if ready and not os.read(self._reader, REPORTS_AT_ONCE):
                return True
        return False

    def close(self) -> None:
        os.close(self._reader)
