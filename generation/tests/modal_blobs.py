"""Where a test server of Modal keeps what is too large for a message: over HTTP, as the real one does."""

import asyncio
import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from aiohttp import web

MOST_BYTES = 64 << 20


class Blobs:
    """Blobs by their id. Also tells the server's figures, and takes changes of its script, for other processes."""

    def __init__(
        self, figures: Callable[[], dict[str, Any]], change: Callable[[dict[str, Any]], None]
    ) -> None:
        self._blobs: dict[str, bytes] = {}
        self._kept: dict[int, str] = {}
        self.bytes_sent = 0
        self.seconds_to_send = 0.0
        self._numbers = itertools.count(1)
        self._figures = figures
        self._change = change
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=MOST_BYTES)
        app.add_routes(
            [
                web.get("/blobs/{id}", self._send),
                web.put("/blobs/{id}", self._take),
                web.get("/figures", self._tell),
                web.post("/script", self._change_script),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def keep(self, data: bytes) -> str:
        """The id of this object, kept once however often it is asked for."""
        if id(data) not in self._kept:
            self._kept[id(data)] = self.new_id()
        self._blobs[self._kept[id(data)]] = data
        return self._kept[id(data)]

    def new_id(self) -> str:
        return f"bl-{next(self._numbers):08d}"

    def read(self, blob_id: str) -> bytes | None:
        return self._blobs.get(blob_id)

    def url_of(self, blob_id: str) -> str:
        return f"{self.url}/blobs/{blob_id}"

    async def _send(self, request: web.Request) -> web.Response:
        data = self._blobs.get(request.match_info["id"])
        if data is None:
            return web.Response(status=404)
        await asyncio.sleep(self.seconds_to_send)
        self.bytes_sent += len(data)
        return web.Response(body=data)

    async def _take(self, request: web.Request) -> web.Response:
        data = await request.read()
        self._blobs[request.match_info["id"]] = data
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return web.Response(headers={"ETag": f'"{digest}"'})

    async def _tell(self, request: web.Request) -> web.Response:
        return web.json_response(self._figures())

    async def _change_script(self, request: web.Request) -> web.Response:
        self._change(await request.json())
        return web.json_response(self._figures())
