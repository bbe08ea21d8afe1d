"""Starting and ending processes with all that they start, and the signals that ask for an end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1

Process = subprocess.Popen[bytes]


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


def start_group(command: Sequence[str], variables: Mapping[str, str], descriptors: Sequence[int]) -> Process:
    """Start a command with these variables and open files besides, at the head of a process group of its own.

    On Linux it gets SIGTERM where this process ends first, however that happens.
    """
    # A session of its own, so that Ctrl-C on the terminal reaches this process alone.
    return subprocess.Popen(  # noqa: S603  the commands are this project's own
        command,
        env=os.environ | variables,
        pass_fds=descriptors,
        start_new_session=True,
        preexec_fn=_terminate_with_parent if sys.platform == "linux" else None,
    )


def _terminate_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_groups(heads: Sequence[Process], drain_seconds: float) -> None:
    """Ask the heads of groups to end with SIGTERM, and kill what is left of the groups after `drain_seconds`."""
    for process in heads:
        process.terminate()
    end = time.monotonic() + drain_seconds
    for process in heads:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, end - time.monotonic()))
    for process in heads:
        kill_group(process)


def kill_group(head: Process) -> None:
    """Kill what is left of a group, whether its head still lives or not."""
    with contextlib.suppress(ProcessLookupError):  # nobody is left
        os.killpg(head.pid, signal.SIGKILL)
    head.wait()
