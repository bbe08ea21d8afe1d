"""How a worker wakes the follower of its group, to which it leaves jobs while their remote calls go on.

Only in the workers of a cluster that has a follower is there a bell. Elsewhere (a terminal, the tests) whoever has
the job waits for its call.
"""

import contextlib
import socket

RING_BYTES = 64


class Bell:
    """Wakes the group's follower. Made before the processes that use it are forked."""

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

    def clear(self) -> None:
        """Take all rings."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._reader.recv(RING_BYTES)


_bell: Bell | None = None


def use(bell: Bell | None) -> None:
    """Have this process leave its jobs to the follower that this bell wakes; None: collect in place."""
    global _bell
    _bell = bell


def has_follower() -> bool:
    """Whether this process's group has a follower."""
    return _bell is not None


def ring() -> None:
    """Wake the follower for a job that was left to it."""
    if _bell is not None:
        _bell.ring()
