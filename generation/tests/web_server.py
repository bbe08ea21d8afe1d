"""The web process alone, as gunicorn runs it, on this test's own database; and clients that listen to its streams."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from generation.tests.running_site import free_port
from generation.tests.test_worker_process import database_url

START_SECONDS = 60
STOP_SECONDS = 60
HEARD_SECONDS = 30


@dataclass(frozen=True)
class WebServer:
    """Where gunicorn answers, and its main process."""

    port: int
    log: Path
    process: "subprocess.Popen[bytes]"


@contextmanager
def web_server(
    folder: Path, *options: str, listener: socket.socket | None = None, **variables: str
) -> Iterator[WebServer]:
    """Run gunicorn with one web process of eight threads, or as the options say, and end it with SIGTERM.

    With a `listener` it answers there, as with systemd's socket units.
    """
    port = listener.getsockname()[1] if listener else free_port()
    bind = f"fd://{listener.fileno()}" if listener else f"127.0.0.1:{port}"
    (folder / "static").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        **variables,
    }
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:musicgen.gunicorn_settings"),
        *("--bind", bind, *options),
    ]
    log_file = folder / "web.log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[listener.fileno()] if listener else [],
        )
        try:
            _wait_until_it_answers(process, port, log_file)
            yield WebServer(port, log_file, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The web process did not start:\n{log.read_text()}")


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    name: str
    id: str
    data: dict[str, Any]


@dataclass
class Listener:
    """A client of a stream. Its `status` and `headers` are those of the response, its `lines` all that came since."""

    port: int
    path: str
    sent_headers: dict[str, str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HEARD_SECONDS)
        self._connection.request("GET", self.path, headers=self.sent_headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = self._response.headers

    def body(self) -> Any:
        """The JSON of an answer that is no stream."""
        return json.loads(self._response.read())

    def next(self) -> Event:
        """The next event. Fails where the stream ends before, or nothing is heard for HEARD_SECONDS."""
        fields: dict[str, str] = {}
        while line := self._line():
            if line == "\n" and "data" in fields:
                return Event(fields["event"], fields["id"], json.loads(fields["data"]))
            name, _, value = line.rstrip("\n").partition(": ")
            fields[name] = value
        raise AssertionError(f"The stream has ended: {self.lines}")

    def rest(self) -> list[str]:
        """The lines until the stream ends, which it must do within HEARD_SECONDS."""
        while self._line():
            pass
        return self.lines

    def close(self) -> None:
        self._response.close()
        self._connection.close()

    def _line(self) -> str:
        line = self._response.readline().decode()
        self.lines.append(line)
        return line
