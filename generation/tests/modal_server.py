"""A server of Modal for tests: real gRPC on a port of this machine, and the unmodified client talks to it.

In a test: `with modal_server() as server`. As a process of its own: `python -m generation.tests.modal_server --port
50051 --seconds 20`; it prints the environment that its clients need, answers `GET /figures` and takes changes of its
script at `POST /script`, both at the address in its second line.
"""

import argparse
import asyncio
import json
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from grpclib.server import Server

from generation.tests.modal_blobs import Blobs
from generation.tests.modal_calls import TROUBLES, Calls, Script
from generation.tests.modal_service import TOKEN_ID, TOKEN_SECRET, ModalService

START_SECONDS = 30
Answer = TypeVar("Answer")


class ModalServer:
    """The server, its script, and what it has been asked."""

    def __init__(self, script: Script | None = None, port: int = 0) -> None:
        self.script = script or Script()
        self.port = port
        self.calls = Calls(self.script)
        self.blobs = Blobs(self.figures, self.change)
        self.service = ModalService(self.script, self.calls, self.blobs)  # type: ignore[abstract]  # see there

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a client's process must have in its environment."""
        return {
            "MODAL_SERVER_URL": self.url,
            "MODAL_TOKEN_ID": TOKEN_ID,
            "MODAL_TOKEN_SECRET": TOKEN_SECRET,
            "MODAL_CONFIG_PATH": "/nonexistent/modal.toml",
        }

    def figures(self) -> dict[str, Any]:
        """What goes on (`running`, `waiting`), and how often each thing was asked for.

        That is `spawned`, `asked`, `canceled`, `blobs`, and each RPC by its name.
        """
        return {"running": self.calls.running(), "waiting": self.calls.waiting, **self.calls.counts}

    def change(self, changes: dict[str, Any]) -> None:
        """Change the script. `trouble_seconds` says when a `trouble` is to be over. Raises ValueError."""
        changes = dict(changes)
        seconds = changes.pop("trouble_seconds", None)
        if changes.get("trouble", "") not in TROUBLES:
            raise ValueError(
                f"There is no trouble {changes['trouble']!r}. Choose one of {', '.join(TROUBLES)}."
            )
        for name, value in changes.items():
            kept = getattr(self.script, name)
            setattr(self.script, name, value if kept is None else type(kept)(value))
        if seconds is not None:
            self.script.trouble_for(float(seconds), self.script.trouble)

    def let_end(self) -> None:
        """Let the calls that go on end now. For any thread."""
        self._loop.call_soon_threadsafe(self.calls.let_end)

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.blobs.start()
        self._server = Server([self.service])
        await self._server.start("127.0.0.1", self.port)
        if not self.port:
            listening = self._server._server
            assert isinstance(listening, asyncio.Server)
            self.port = listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.calls.stop()
        self._server.close()
        await self._server.wait_closed()
        await self.blobs.stop()


@contextmanager
def modal_server(script: Script | None = None) -> Iterator[ModalServer]:
    """Run a server in a thread until the block ends."""
    server = ModalServer(script)
    with running(server):
        yield server


@contextmanager
def running(server: ModalServer) -> Iterator[None]:
    """Have this server answer from a thread until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="modal server", daemon=True)
    thread.start()
    do: Callable[[Coroutine[Any, Any, None]], None] = lambda work: asyncio.run_coroutine_threadsafe(  # noqa: E731
        work, loop
    ).result(START_SECONDS)
    do(server.start())
    try:
        yield
    finally:
        do(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_SECONDS)
        loop.close()


async def _serve(server: ModalServer) -> None:
    await server.start()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    print(json.dumps(server.environment), server.blobs.url, sep="\n", flush=True)
    await ended.wait()
    await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A server of Modal for tests and benchmarks.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long a song takes")
    parser.add_argument("--sample-rate", type=int, default=48_000, help="of the songs, in Hz")
    given = parser.parse_args()
    script = Script(seconds=given.seconds)
    script.gpu.sample_rate = given.sample_rate
    asyncio.run(_serve(ModalServer(script, given.port)))


if __name__ == "__main__":
    main()
