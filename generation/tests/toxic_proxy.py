"""A proxy between the site and its bucket that can be told what trouble to make, as networks and services do."""

import asyncio
import contextlib
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 1 << 16
HEADERS_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """Every request (or those of one method) is answered with this, without asking the bucket."""

    status: int
    code: str = ""
    message: str = "It is so."
    only: str = "[A-Z]+"

    def as_bytes(self) -> bytes:
        body = (
            f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            if self.code
            else "<html><body><h1>The page of a load balancer</h1></body></html>"
        ).encode()
        kind = "application/xml" if self.code else "text/html"
        return (
            f"HTTP/1.1 {self.status} Trouble\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode() + body


@dataclass(frozen=True)
class Stall:
    """What is sent is taken, and never comes to anything."""


@dataclass(frozen=True)
class Delay:
    """Answers come this many seconds late."""

    seconds: float


@dataclass(frozen=True)
class Throttle:
    """So many bytes a second are passed on to the bucket, whatever the number of connections."""

    rate: float


@dataclass
class Cut:
    """Connections break once so many bytes have been sent to the bucket over one of them, so many times."""

    after: int
    times: int = 1_000_000


Trouble = Answer | Stall | Delay | Throttle | Cut | None


@dataclass
class ToxicProxy:
    """Where the proxy listens, what it does, and what it has seen. `trouble` may be changed at any time."""

    target: tuple[str, int]
    port: int
    trouble: Trouble = None
    connections: int = 0
    sent: int = 0
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._due = 0.0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def refuse(self) -> None:
        """Break all connections and take no new ones, as a service does that is down."""
        self._do(self._close())

    def accept(self) -> None:
        """Take connections again, without trouble."""
        self.trouble = None
        self._do(self._open())

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def stop(self) -> None:
        self._do(self._close())
        self._do(self._end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _do(self, work: "Awaitable[None]") -> None:
        asyncio.run_coroutine_threadsafe(_awaited(work), self._loop).result(10)

    async def _open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=PIECE)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            _reset(writer)

    async def _end_tasks(self) -> None:
        tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                source, upstream = await asyncio.open_connection(*self.target, limit=PIECE)
                back = asyncio.ensure_future(self._pump_back(source, writer))
                await self._pump_there(reader, writer, upstream)
                back.cancel()
            finally:
                self._writers.discard(writer)
                for end in (writer, upstream):
                    if end is not None:
                        end.close()

    async def _pump_there(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: asyncio.StreamWriter
    ) -> None:
        passed = 0
        while piece := await reader.read(PIECE):
            method = _method_in(piece)
            if method:
                self.requests.append(method)
            trouble = self.trouble
            if isinstance(trouble, Answer) and re.fullmatch(trouble.only, method):
                writer.write(trouble.as_bytes())
                await writer.drain()
                await self._swallow(reader)
                return
            passed += len(piece)
            self.sent += len(piece)
            if isinstance(trouble, Cut) and passed >= trouble.after and trouble.times:
                trouble.times -= 1
                upstream.close()
                _reset(writer)
                return
            if isinstance(trouble, Throttle):
                await self._wait_for_turn(len(piece) / trouble.rate)
            await self._while_stalled()
            upstream.write(piece)
            await upstream.drain()

    async def _pump_back(self, source: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await source.read(PIECE):
            if isinstance(self.trouble, Delay) and not piece.startswith(b"HTTP/1.1 100"):
                await asyncio.sleep(self.trouble.seconds)
            await self._while_stalled()
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def _while_stalled(self) -> None:
        """Keep what a stalled connection carries for good: it will have been given up when the stall ends."""
        if isinstance(self.trouble, Stall):
            await asyncio.Event().wait()

    async def _wait_for_turn(self, seconds: float) -> None:
        self._due = max(self._due, time.monotonic()) + seconds
        await asyncio.sleep(self._due - time.monotonic())

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        """Read on for a moment, so that the client gets to read its answer before the connection breaks."""
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(0.5):
                while await reader.read(PIECE):
                    pass


@contextmanager
def toxic_proxy(target: str) -> Iterator[ToxicProxy]:
    """Run a proxy in front of the server at the URL `target` until the block ends."""
    address = urlsplit(target)
    proxy = ToxicProxy((address.hostname or "", address.port or 80), _free_port())
    thread = threading.Thread(target=proxy.run, name="toxic proxy", daemon=True)
    thread.start()
    proxy.accept()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(10)
        proxy._loop.close()


@contextmanager
def later(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something that many seconds after the block began; the block ends no sooner than that."""
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()


async def _awaited(work: "Awaitable[None]") -> None:
    await work


def _method_in(piece: bytes) -> str:
    """The method of the request that begins with these bytes, if one does."""
    begin = re.match(rb"([A-Z]+) [^ ]+ HTTP/1\.1\r\n", piece)
    return begin[1].decode() if begin else ""


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection so that its other end gets an error, not an end."""
    plug = writer.get_extra_info("socket")
    if plug is not None:
        with contextlib.suppress(OSError):
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
