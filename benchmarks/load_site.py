"""The site under load: two web and two worker processes behind deploy/Caddyfile, started as deploy/systemd does.

Each web process is given its listening socket, which stays open while the process is replaced: whoever comes meanwhile
waits for the next one.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.worker_group import group
from generation.tests.proxies import HOST, caddy_over_https
from generation.tests.running_site import free_port

WEB, WORKERS = 2, 2
START_SECONDS = 120.0
# Longer than WORKER_GRACE_SECONDS, after which a worker hands back what it has in hand.
END_SECONDS = 60.0
LOOK_SECONDS = 0.1
BAD_LEVELS = {"ERROR", "CRITICAL"}
# What the proxy says where a client has left a stream.
EXPECTED = {"aborting with incomplete response"}


@dataclass
class Program:
    """A program of the site, whose process leads a group of its own and can be replaced."""

    name: str
    command: Sequence[str]
    log: Path
    is_ready: Callable[[int], bool]
    descriptors: Sequence[int] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Start it, and wait until it works. Raises SystemExit where it does not."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.descriptors,
            )
        end = time.monotonic() + START_SECONDS
        while not self.is_ready(self.process.pid):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{self.name} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(LOOK_SECONDS)

    def end(self) -> None:
        """End it as hosts do: SIGTERM, and SIGKILL to all of its group that is left much later."""
        if self.process is None:
            return
        ending, self.process = self.process, None
        ending.send_signal(signal.SIGTERM)
        try:
            ending.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.note_error("did not end when it was asked to, and was killed")
        while left := group(ending.pid):
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            ending.poll()

    def replace(self) -> None:
        """End it, then start it again, as `systemctl restart` does."""
        self.end()
        self.start()

    def note_error(self, what: str) -> None:
        with self.log.open("a") as log:
            log.write(json.dumps({"levelname": "ERROR", "message": f"{self.name} {what}"}) + "\n")


@dataclass(frozen=True)
class LoadedSite:
    """A running site: where its proxy answers, whom that is certified by, and what it consists of."""

    port: int
    certificate: Path
    programs: list[Program]
    proxy_log: Path

    def replace_all(self) -> None:
        """Replace each program, one after the other."""
        for program in self.programs:
            program.replace()

    def errors(self) -> Counter[str]:
        """The lines of errors in all logs, the proxy's too, and how often each is there."""
        found: Counter[str] = Counter()
        for log in (*(program.log for program in self.programs), self.proxy_log):
            for line in log.read_text(errors="replace").splitlines():
                with contextlib.suppress(json.JSONDecodeError):
                    said = json.loads(line)
                    level = said.get("levelname") or said.get("level") or ""
                    message = said.get("message") or said.get("msg")
                    if level.upper() in BAD_LEVELS and message not in EXPECTED:
                        found[f"{log.stem}: {message}"] += 1
        return found


@contextlib.contextmanager
def loaded_site(folder: Path) -> Iterator[LoadedSite]:
    """Run the site on the database of this process, with its files in `folder`."""
    from generation.models import Worker

    listeners = [socket.create_server(("127.0.0.1", 0), backlog=2048) for _ in range(WEB)]
    ports = [listener.getsockname()[1] for listener in listeners]
    programs = [
        Program(
            f"web {number}",
            _web_command(listener),
            folder / f"web-{number}.log",
            _answers_at(port),
            [listener.fileno()],
        )
        for number, (listener, port) in enumerate(zip(listeners, ports, strict=True), 1)
    ] + [
        Program(
            f"worker {number}",
            [sys.executable, "manage.py", "qcluster"],
            folder / f"worker-{number}.log",
            lambda pid: Worker.objects.filter(pid=pid).exists(),
        )
        for number in range(1, WORKERS + 1)
    ]
    port = free_port()
    try:
        for program in programs:
            program.start()
        with caddy_over_https(folder, ports[0], port, *ports[1:]) as certificate:
            yield LoadedSite(port, certificate, programs, folder / "proxy.log")
    finally:
        for program in programs:
            program.end()
        for listener in listeners:
            listener.close()


def environment(folder: Path, database_url: str) -> dict[str, str]:
    """The variables of a site that others reach, one process to each program."""
    return {
        "DJANGO_SETTINGS_MODULE": "musicgen.settings",
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "SECRET_KEY": "only-for-this-benchmark-0123456789-abcdefghijklmnopqrstuvwxyz",
        "LOG_FORMAT": "json",
        "WEB_CONCURRENCY": "1",
        "GENERATION_WORKERS": "1",
    }


def _web_command(listener: socket.socket) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "--config", "python:musicgen.gunicorn_settings"),
        *("--bind", f"fd://{listener.fileno()}"),
    ]


def _answers_at(port: int) -> Callable[[int], bool]:
    def answers(pid: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return answers
