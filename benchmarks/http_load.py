"""Asking a site from many threads, with as little work as can be: who asks runs on the cores of the site."""

import contextlib
import socket
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Headers = dict[str, str]


@dataclass(frozen=True)
class Answered:
    """The statuses of all answers, how long each took in seconds, and how long all was measured."""

    statuses: list[int]
    took: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    def __str__(self) -> str:
        quantiles = statistics.quantiles(self.took, n=100)
        median, slow = quantiles[49] * 1e3, quantiles[98] * 1e3
        return f"{self.per_second:.1f} requests/s, median {median:.1f} ms, p99 {slow:.0f} ms"


Ask = Callable[[str, str, str | None, Headers], None]


class _TimeIsUp(Exception):
    pass


class _Connection:
    """HTTP/1.1 over one socket, which is opened again where the site has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, body: str | None, headers: Headers) -> int:
        """Send a request, read the answer to its end, and return its status."""
        content = (body or "").encode()
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "\r\n"])
        try:
            return self._exchange(head.encode() + content)
        except OSError:  # the server has closed it
            self._socket = None
            return self._exchange(head.encode() + content)

    def _exchange(self, request: bytes) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        while len(rest) < length:
            rest += self._received()
        if b"\r\nconnection: close" in head.lower():
            self._socket = None
        return int(head[9:12])

    def _received(self) -> bytes:
        received = self._socket.recv(1 << 16) if self._socket else b""
        if not received:
            raise ConnectionResetError
        return received


def in_threads(count: int, port: int, seconds: float, ask: Callable[[int, Ask], Any]) -> Answered:
    """Have so many ask over connections of their own until the time is up."""
    statuses: list[int] = []
    took: list[float] = []
    end = time.monotonic() + seconds

    def run(number: int) -> None:
        connection = _Connection(port)

        def ask_one(method: str, path: str, body: str | None, headers: Headers) -> None:
            began = time.perf_counter()
            if time.monotonic() > end:
                raise _TimeIsUp
            status = connection.ask(method, path, body, headers)
            took.append(time.perf_counter() - began)
            statuses.append(status)

        with contextlib.suppress(_TimeIsUp):
            ask(number, ask_one)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Answered(statuses, took, seconds)
