"""Parking: a worker whose group has a follower leaves jobs to it while their remote calls go on.

Only in the workers of a cluster that has a follower is there a bell. Elsewhere (a terminal, the tests) whoever has
the job waits for its call.
"""

import contextlib
import socket

RING_BYTES = 64


class Bell:
    """Tells the group's follower that there is something for it. Made before the processes that use it are forked."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._reader, self._writer):
            end.setblocking(False)

    def ring(self) -> None:
        """Have the follower look. One that does not take the last rings needs no other to know."""
        with contextlib.suppress(BlockingIOError):
            self._writer.send(b"!")

    def fileno(self) -> int:
        """What becomes readable when it rings."""
        return self._reader.fileno()

    def hear(self) -> None:
        """Take all rings."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._reader.recv(RING_BYTES)


_bell: Bell | None = None


def use(bell: Bell | None) -> None:
    """Have this process park its jobs with the follower that hears this bell; None: collect in place."""
    global _bell
    _bell = bell


def has_follower() -> bool:
    """Whether this process's group has a follower."""
    return _bell is not None


def ring() -> None:
    """Let the follower know of a job that was parked."""
    if _bell is not None:
        _bell.ring()
