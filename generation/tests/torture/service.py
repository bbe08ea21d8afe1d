"""A remote engine's service that counts: it remembers every call that it started, and makes trouble on demand."""

import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

START_SECONDS = (0.0, 0.2)
CALL_SECONDS = (0.3, 2.0)
LOOK_SECONDS = 0.02


@dataclass
class Call:
    """One call: for which job, when it was asked for, and what became of it."""

    job_id: str
    requests: list[dict[str, Any]]
    seconds: float
    fails: bool
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: float = field(default_factory=time.time)
    canceled: bool = False
    collected: bool = False

    @property
    def ends_at(self) -> float:
        return self.started_at + self.seconds

    def answer(self) -> dict[str, Any]:
        """How the call stands now."""
        if self.canceled:
            return {"state": "canceled"}
        if time.time() < self.ends_at:
            return {"state": "pending", "progress": 1 - (self.ends_at - time.time()) / self.seconds}
        self.collected = True
        return {"state": "failed"} if self.fails else {"state": "done", "requests": self.requests}


class CountingService:
    """Answers `/start`, `/collect` and `/cancel`.

    `refused` is the part of all requests that are answered with 503, `failing` the part of the calls that end badly,
    `seconds` between which two they last.
    """

    def __init__(self, chance: random.Random) -> None:
        self.seconds = CALL_SECONDS
        self.refused = 0.0
        self.failing = 0.0
        self.requests = 0
        self.refusals = 0
        self.calls: dict[str, Call] = {}
        self._chance = chance
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def calls_of(self, job_id: object) -> list[Call]:
        return [call for call in list(self.calls.values()) if call.job_id == str(job_id)]

    def respond(self, path: str, question: dict[str, Any]) -> dict[str, Any] | None:
        """Answer a request; None: not now."""
        with self._lock:
            self.requests += 1
            if self._chance.random() < self.refused:
                self.refusals += 1
                return None
        if path == "/start":
            return self._start(question)
        call = self.calls.get(question["call_id"])
        if call is None:
            return {"state": "unknown"}
        if path == "/cancel":
            call.canceled = not call.collected
        end = time.monotonic() + question.get("timeout", 0)
        while (answer := call.answer())["state"] == "pending" and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
        return answer

    def _start(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            pause = self._chance.uniform(*START_SECONDS)
            fails = self._chance.random() < self.failing
            seconds = self._chance.uniform(*self.seconds)
            call = Call(question["job_id"], question["requests"], seconds, fails)
            self.calls[call.id] = call
        time.sleep(pause)  # a caller that is killed now has paid for a call without knowing its id
        return {"call_id": call.id}

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def counting_service(seed: int) -> Iterator[CountingService]:
    """Run a service until the block ends."""
    service = CountingService(random.Random(seed))
    thread = threading.Thread(target=service.serve, name="counting service", daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers are killed while they wait."""


def _handler(service: CountingService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = service.respond(self.path, question)
            body = json.dumps(answer).encode()
            self.send_response_only(503 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
