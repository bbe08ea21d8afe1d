"""A proxy before a real S3 server, which does to the traffic what networks, clocks and services do on bad days."""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Message:
    """A request on its way there (`method` and `path` say which), or its answer on the way back."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0


def s3_error(status: int, code: str, more: str = "", **headers: str) -> Callable[[Message], Message]:
    """Answer as a service that refuses with this code."""
    body = f"<Error><Code>{code}</Code><Message>No.</Message>{more}</Error>".encode()

    def answer(request: Message) -> Message:
        sent = {"Content-Type": "application/xml"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return Message(request.method, request.path, sent, body, status)

    return answer


@dataclass
class Proxy:
    """What to do: answer a request instead of the server, or change what the server answered."""

    upstream: str
    endpoint: str = ""
    answer: Callable[[Message], Message | None] = lambda request: None
    change: Callable[[Message], None] = lambda response: None
    seen: list[Message] = field(default_factory=list)

    def forward(self, request: Message) -> Message:
        self.seen.append(request)
        response = self.answer(request)
        if response is None:
            response = self._asked(request)
            self.change(response)
        return response

    def _asked(self, request: Message) -> Message:
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=30)
        try:
            connection.request(request.method, request.path, request.body, request.headers)
            response = connection.getresponse()
            headers = dict(response.getheaders())
            return Message(request.method, request.path, headers, response.read(), response.status)
        finally:
            connection.close()


@contextmanager
def proxy_before(upstream: str, certificate: tuple[Path, Path] | None = None) -> Iterator[Proxy]:
    """Run a proxy on 127.0.0.1 until the block ends, on https where a certificate and its key (files) are given."""
    proxy = Proxy(upstream)
    server = _Server(("127.0.0.1", 0), _handler(proxy))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    proxy.endpoint = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that break off are what some tests are about."""


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            response = proxy.forward(Message(self.command, self.path, dict(self.headers.items()), body))
            self.send_response_only(response.status)
            length = response.headers.get("Content-Length") if self.command == "HEAD" else None
            left_out = {"content-length", "transfer-encoding", "connection"}
            for name, value in response.headers.items():
                if name.lower() not in left_out:
                    self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = handle_any

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
