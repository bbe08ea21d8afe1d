"""A server that takes what Sentry's library sends of errors, and keeps it."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli

UNPACKED_BY = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}


@dataclass
class SentryServer:
    """Where events are sent to (`dsn`), and the text of all that came."""

    dsn: str = ""
    received: list[str] = field(default_factory=list)


@contextmanager
def sentry_server() -> Iterator[SentryServer]:
    sentry = SentryServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = UNPACKED_BY[self.headers.get("Content-Encoding", "identity")]
            sentry.received.append(unpack(body).decode())
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        sentry.dsn = f"http://public@127.0.0.1:{server.server_port}/1"
        try:
            yield sentry
        finally:
            server.shutdown()
