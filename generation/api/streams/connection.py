"""A stream on its way to a client, on a socket that nobody ever waits for."""

import contextlib
import socket
import time
from collections.abc import Callable

# An event has about 450 bytes, and whoever connects anew may be sent some hundreds at once.
MAX_BACKLOG = 256 * 1024
KERNEL_BUFFER = 32 * 1024
STALLED_SECONDS = 30.0
# Who listens to events has nothing to say.
MAX_RECEIVED = 4096


class Gone(Exception):
    """The client is no longer there, or does not read: why, in a few words."""


class Connection:
    """Sends without waiting, and keeps what the client has yet to read, up to MAX_BACKLOG bytes."""

    def __init__(self, sock: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self.sock = sock
        self.sent = 0
        self._clock = clock
        self._backlog = b""
        self._received = 0
        self._moved_at = clock()
        self.wrote_at = clock()
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
            if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: for a client that has vanished without a word
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * STALLED_SECONDS))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def has_backlog(self) -> bool:
        """Whether there is more to send once the client has read."""
        return bool(self._backlog)

    def send(self, data: bytes = b"") -> None:
        """Send the data, and what was left before, as far as the client reads. Raises Gone."""
        if not self._backlog:
            self._moved_at = self._clock()
        self._backlog += data
        try:
            while self._backlog:
                count = self.sock.send(self._backlog)
                self._backlog = self._backlog[count:]
                self.sent += count
                self._moved_at = self._clock()
        except BlockingIOError:
            pass
        except OSError as error:
            raise Gone("the client has gone") from error
        self.wrote_at = self._clock()
        if len(self._backlog) > MAX_BACKLOG or self._has_stalled():
            raise Gone("the client does not read")

    def check(self) -> None:
        """Raises Gone where the client has closed its side, or sends where it should listen."""
        try:
            received = self.sock.recv(MAX_RECEIVED)
        except BlockingIOError:
            return
        except OSError as error:
            raise Gone("the client has gone") from error
        self._received += len(received)
        if not received:
            raise Gone("the client has gone")
        if self._received > MAX_RECEIVED:
            raise Gone("the client does not stop sending")

    def close(self) -> None:
        """End the stream. What has not been sent by now is lost."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _has_stalled(self) -> bool:
        return self.has_backlog and self._clock() - self._moved_at > STALLED_SECONDS
