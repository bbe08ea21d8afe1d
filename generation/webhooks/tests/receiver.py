"""A receiver of webhooks that behaves as a test says: it answers, hangs, floods, redirects or breaks off."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]


@dataclass(frozen=True)
class Received:
    """A request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


def answering(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    def answer(handler: "Handler") -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hanging(handler: "Handler") -> None:
    """Take the message and say nothing."""
    handler.receiver.released.wait(60)


def dripping(handler: "Handler") -> None:
    """Begin to answer, a byte at a time, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"." * 100_000:
        if handler.receiver.released.wait(0.05):
            return
        handler.wfile.write(bytes([byte]))


def dripping_body(handler: "Handler") -> None:
    """Say that all is well, and then never come to an end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.receiver.released.wait(0.05):
        handler.wfile.write(b".")


def flooding(handler: "Handler") -> None:
    """Answer well, with a body that has no end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.receiver.released.is_set():
        handler.wfile.write(b"flood " * 10_000)


def flooding_headers(handler: "Handler") -> None:
    """Answer with headers that have no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.receiver.released.is_set():
        handler.wfile.write(b"X-Flood: flood\r\n" * 100)


def going_on(handler: "Handler") -> None:
    """Ask for more, again and again, and never answer."""
    while not handler.receiver.released.wait(0.02):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def resetting(handler: "Handler") -> None:
    """Break the connection off."""
    linger = b"\1\0\0\0\0\0\0\0"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def babbling(handler: "Handler") -> None:
    """Answer in no protocol that anybody knows."""
    handler.wfile.write(b"\x00\xff220 mail.example ESMTP\r\n")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.received.append(Received(self.path, dict(self.headers), body, time.time()))
        with contextlib.suppress(OSError):
            self.receiver.behaviour(self)
        self.close_connection = True

    def do_GET(self) -> None:
        """What follows a redirect ends here."""
        self.receiver.followed.append(self.path)
        answering(200)(self)

    @property
    def receiver(self) -> "Receiver":
        server: Any = self.server
        receiver: Receiver = server.receiver
        return receiver

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # broken off by the test
            super().finish()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that break off."""


@dataclass
class Receiver:
    """Where it is, what has come, and what it does with the next: `behaviour`."""

    url: str
    behaviour: Behaviour = field(default_factory=lambda: answering(204))
    received: list[Received] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving() -> Iterator[Receiver]:
    server = _Server(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks")
    server.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
