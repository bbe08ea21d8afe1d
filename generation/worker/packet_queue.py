"""A queue between processes that survives the sudden death of any of them.

A `multiprocessing.Queue` has locks, and a process that is killed while it waits takes the lock with it: nobody else
gets a message again. Datagrams need no lock, because the kernel hands each complete one to one reader.
"""

import multiprocessing
import pickle
import select
import socket
import time
from typing import Any

PACKET_BYTES = 1 << 20
# A reader that has waited for so long has nothing to do for now.
IDLE_SECONDS = 2.0


class PacketQueue:
    """Carries picklable values between forked processes."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PACKET_BYTES)
        self._filled_since = 0.0

    def put(self, value: Any) -> None:
        """Send a value. Raises OSError where it is larger than a packet may be."""
        self._writer.send(pickle.dumps(value))

    def receive(self) -> bytes:
        """Wait for the next value, as it was packed."""
        return self._reader.recv(PACKET_BYTES)

    def get(self) -> Any:
        """Wait for the next value."""
        return pickle.loads(self.receive())  # noqa: S301  written by a process of ours

    def empty(self) -> bool:
        return not self.is_filled_within(0)

    def is_filled_within(self, seconds: float) -> bool:
        """Wait so long at most for something to be in it, and say whether anything is."""
        return bool(select.select([self._reader], [], [], seconds)[0])

    def filled_since(self) -> float | None:
        """Since when (in seconds of the monotonic clock) this process has found something waiting, whenever it asked.

        None: nothing waits. For one process that asks regularly.
        """
        if self.empty():
            self._filled_since = 0.0
            return None
        self._filled_since = self._filled_since or time.monotonic()
        return self._filled_since


class Reader:
    """The end of a queue that one process reads, showing the others when it last asked for a value or got one."""

    def __init__(self, queue: PacketQueue) -> None:
        self.queue = queue
        # Seconds of the monotonic clock: below zero since it waits, above zero since it got a value, zero before.
        self._sign = multiprocessing.RawValue("d", 0.0)

    def get(self) -> Any:
        """Wait for the next value."""
        self._sign.value = -time.monotonic()
        if not self.queue.is_filled_within(IDLE_SECONDS):
            self._rest()
        value = pickle.loads(self.queue.receive())  # noqa: S301  written by a process of ours
        self._show(value)
        self._sign.value = time.monotonic()
        return value

    def _show(self, value: Any) -> None:
        """Show the others something of the value that this reader has from now on."""

    def _rest(self) -> None:
        """Called once in each wait that is a long one."""

    def begin(self) -> None:
        """Say that another process takes this end over."""
        self._sign.value = 0.0

    @property
    def is_waiting(self) -> bool:
        return bool(self._sign.value < 0)

    @property
    def seen_at(self) -> float:
        """When it last asked or got something; 0 where it has not yet."""
        return abs(float(self._sign.value))

    def ignores(self, seconds: float) -> bool:
        """Whether something has waited in the queue for so long, and this reader gave no sign meanwhile."""
        since = self.queue.filled_since()
        return since is not None and self.seen_at < since < time.monotonic() - seconds
