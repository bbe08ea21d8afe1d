"""Running a few processes side by side until one ends or somebody asks to stop."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

POLL_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


def run_together(commands: Sequence[Sequence[str]], *, drain_seconds: float) -> int:
    """Run the commands until SIGINT, SIGTERM or SIGHUP comes, or one of them ends; then end the others.

    They are asked with SIGTERM, and killed with all that they started after `drain_seconds`. Returns 0 where a
    signal ended it, else the exit status of the command that ended by itself (1 where that was 0). On Linux they
    end even where this process is killed.
    """
    with signals_noted(*STOP_SIGNALS) as noted:
        running = [_start(command) for command in commands]
        try:
            while not noted and all(process.poll() is None for process in running):
                time.sleep(POLL_SECONDS)
            ended = next((process.returncode for process in running if process.poll() is not None), None)
        finally:
            _end(running, drain_seconds)
    return 0 if noted else abs(ended or 1)


@contextlib.contextmanager
def signals_noted(*signums: int) -> Iterator[list[int]]:
    """Give a list to which each of these signals is added as it comes, and do nothing else about them.

    Only for the main thread.
    """
    noted: list[int] = []

    def note(signum: int, frame: Any) -> None:
        noted.append(signum)

    before = {signum: signal.signal(signum, note) for signum in signums}
    try:
        yield noted
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def end_with_parent(parent: int) -> None:
    """Have this process killed as soon as its parent ends, however that happens (on Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it has ended before it could be followed


def _start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    # A session of its own, so that Ctrl-C on the terminal reaches this process alone.
    return subprocess.Popen(  # noqa: S603  the commands are this project's own
        command,
        start_new_session=True,
        preexec_fn=_terminate_with_parent if sys.platform == "linux" else None,
    )


def _terminate_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(running: "Sequence[subprocess.Popen[bytes]]", drain_seconds: float) -> None:
    for process in running:
        process.terminate()
    end = time.monotonic() + drain_seconds
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, end - time.monotonic()))
    for process in running:
        with contextlib.suppress(ProcessLookupError):  # the whole group has ended as it should
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
