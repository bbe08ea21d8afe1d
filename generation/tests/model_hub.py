"""As much of Hugging Face's hub as a download asks for, on this machine."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """One repository, of which `commit` is the newest; `gated` where a licence stands before it.

    Those who bring `token` have accepted it. The repositories in `also` have the same files.
    """

    repo: str
    commit: str
    files: Mapping[str, bytes]
    gated: bool = False
    token: str = ""
    endpoint: str = ""
    asked: list[str] = field(default_factory=list)
    also: set[str] = field(default_factory=set)


@contextmanager
def model_hub(hub: Hub) -> Iterator[Hub]:
    """Serves the hub at its `endpoint`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            hub.asked.append(path)
            for repo in hub.also:
                path = path.replace(f"/{repo}/", f"/{hub.repo}/")
            wanted = path.removeprefix(f"/{hub.repo}/resolve/{hub.commit}/")
            has_accepted = hub.token and self.headers.get("Authorization") == f"Bearer {hub.token}"
            if hub.gated and not has_accepted:
                self._answer(403, b"{}", {"X-Error-Code": "GatedRepo"})
            elif path in [f"/api/models/{hub.repo}/revision/{name}" for name in ("main", hub.commit)]:
                self._answer(200, json.dumps({"id": hub.repo, "sha": hub.commit, "siblings": []}).encode())
            elif path == f"/api/models/{hub.repo}/tree/{hub.commit}":
                self._answer(200, json.dumps([self._entry(name) for name in hub.files]).encode())
            elif wanted in hub.files:
                self._answer(200, hub.files[wanted], {"ETag": str(self._entry(wanted)["oid"])})
            else:
                self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

        def _entry(self, name: str) -> dict[str, object]:
            content = hub.files[name]
            oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            return {"type": "file", "path": name, "size": len(content), "oid": oid}

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"X-Repo-Commit": hub.commit, **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """What is asked is kept in `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
