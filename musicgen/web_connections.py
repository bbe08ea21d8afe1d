"""Connections of the web worker: who falls silent costs neither a thread nor the main loop."""

import contextlib
import selectors
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn

# So long may a client be silent before its first request, and in the midst of one.
SILENT_SECONDS = 10
# What a client still sends after the answer is read for so long and so much: were it left, the system would reset the
# connection, and the client might lose the end of the answer.
LINGER_SECONDS = 2.0
LINGER_BYTES = 65_536
CHUNK = 4096


class Connection(TConn):
    """A connection whose reading ends where its client is silent in the midst of a request.

    `is_new`: its first request is on its way. `linger` closes it once its client has done so.
    """

    def __init__(self, *args: Any, linger: Callable[["Connection"], None]) -> None:
        super().__init__(*args)
        self.is_new = False
        self._linger = linger
        self.timeout = time.monotonic() + SILENT_SECONDS
        with contextlib.suppress(OSError):  # closed by its client already, as the first read will tell
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENT_SECONDS, 0))

    def init(self) -> None:
        if self.initialized:
            return
        super().init()
        if not self.is_http2:
            self.parser.unreader.chunk = partial(_chunk, self.parser.unreader.chunk)

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._linger(self)
        else:
            super().close()


def _chunk(read: Callable[..., bytes], *args: Any, **options: Any) -> bytes:
    """What was read, nothing as at the end of a connection where its client is silent for too long."""
    try:
        return read(*args, **options)
    except BlockingIOError:
        return b""


class Lingering:
    """Connections that were answered and are closed once their clients have closed them, or have had their time.

    gunicorn waits for each of them in its main loop, where meanwhile nobody else is attended to.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        """`ended` is called after each of them was closed."""
        self._ended = ended
        self._waiting: deque[tuple[float, socket.socket]] = deque()

    def add(self, conn: Connection, poller: selectors.BaseSelector) -> bool:
        """Send the end of the answer and wait for the client's in the poller. False: it is closed already."""
        sock = conn.sock
        try:
            sock.shutdown(socket.SHUT_WR)
            sock.setblocking(False)
            poller.register(sock, selectors.EVENT_READ, partial(self._drain, poller, deque([LINGER_BYTES])))
        except (OSError, ValueError, KeyError):
            util.close(sock)
            return False
        self._waiting.append((time.monotonic() + LINGER_SECONDS, sock))
        return True

    def end_overdue(self, poller: selectors.BaseSelector) -> None:
        now = time.monotonic()
        while self._waiting and (self._waiting[0][0] <= now or self._waiting[0][1].fileno() < 0):
            self._end(poller, self._waiting.popleft()[1])

    def _drain(self, poller: selectors.BaseSelector, left: deque[int], sock: socket.socket) -> None:
        try:
            read = len(sock.recv(CHUNK))
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            read = 0
        left[0] -= read
        if not read or left[0] <= 0:
            self._end(poller, sock)

    def _end(self, poller: selectors.BaseSelector, sock: socket.socket) -> None:
        if sock.fileno() < 0:
            return
        poller.unregister(sock)
        util.close(sock)
        self._ended()
