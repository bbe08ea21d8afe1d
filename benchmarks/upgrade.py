"""An upgrade and a rollback under use: the code of an older commit and this one on one database, side by side.

`make drill-upgrade FROM=COMMIT`, or `python -m benchmarks.upgrade COMMIT`. PostgreSQL as TEST_DATABASE_URL names it,
where a database is made and dropped. Both codes run in this virtual environment, by the lines of their own Procfile.
Three people use the site without a pause in every way that writes a row, each request at any web process that there
is. Whatever is refused, any job that fails and any track that cannot be heard is printed, and ends the drill with 1:

1. the old web and worker
2. the new migrations run meanwhile, and the old ones go on
3. the new web and worker beside them
4. without the old worker: the new one makes what was ordered at the old web, too
5. without the new worker, with an old one again
6. rolled back: the old alone, on the new schema
7. the migrations backwards as far as the old code knows them, meanwhile
8. upgraded once more: every track that there is can be heard
"""

import http.client
import http.server
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.worker_group import postgres_database
from generation.tests.running_site import free_port

NEW = Path(__file__).resolve().parent.parent
PEOPLE = 3
ROUNDS = 4
PAUSE_SECONDS = 0.1
LEFT_SECONDS = 120.0
CSRF = "a" * 32
GOOD = (200, 201, 202, 204, 302)


@dataclass
class Code:
    """A checkout with its web and its worker, as its Procfile starts them."""

    name: str
    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, process: str) -> None:
        """Start `web` or `worker`, and wait until it is ready."""
        line = self._procfile()[process].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - it is taken out
        ready_before = self._said_ready()
        with self.log.open("ab") as log:
            self._running[process] = subprocess.Popen(
                ["sh", "-c", line],
                cwd=self.folder,
                env=self.environment | {"PORT": str(self.port)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        is_ready = self._answers if process == "web" else lambda: self._said_ready() > ready_before
        _wait_until(is_ready, f"the {self.name} {process} to start")

    def stop(self, process: str) -> None:
        """End it as a platform does, and wait until it has gone."""
        running = self._running.pop(process)
        running.send_signal(signal.SIGTERM)
        running.wait(LEFT_SECONDS)

    def stop_all(self) -> None:
        for process in list(self._running):
            self.stop(process)

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed. Raises SystemExit."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(
                f"{self.name}: {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
            )
        return done.stdout

    @property
    def log(self) -> Path:
        return Path(self.environment["VAR_DIR"]) / f"{self.name}.log"

    def _procfile(self) -> dict[str, str]:
        lines = (self.folder / "Procfile").read_text().splitlines()
        return dict(re.split(r":\s*", line, maxsplit=1) for line in lines)

    def _answers(self) -> bool:
        try:
            return _ask(self.port, "GET", "/healthz")[0] == 200
        except OSError:
            return False

    def _said_ready(self) -> int:
        return self.log.read_bytes().count(b"Worker ready") if self.log.exists() else 0


@dataclass
class Use:
    """What people do at the web processes in `ports`, and all that went wrong."""

    ports: list[int]
    wrong: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    tracks: list[tuple[str, str]] = field(default_factory=list)  # whose token, and the track
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask one of the web processes through the API; what it answered, None where that was wrong."""
        sent = {"Authorization": f"Bearer {token}", **headers}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        status, found, _ = self._at_any(method, f"/api/v1/{path}", data, sent)
        return json.loads(found) if status in GOOD and found.startswith(b"{") else None

    def form(self, path: str, cookies: dict[str, str], **fields: str) -> str:
        """Send a form of a page, and keep the cookies; where it leads."""
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in {"csrftoken": CSRF, **cookies}.items()),
            "X-Forwarded-For": f"10.{random.randrange(256)}.{random.randrange(256)}.1",
        }
        data = urlencode({"csrfmiddlewaretoken": CSRF, **fields}).encode()
        _, _, answered = self._at_any("POST", path, data, sent)
        for name, value in answered:
            if name == "Set-Cookie" and value.startswith("sessionid="):
                cookies["sessionid"] = value.partition("=")[2].partition(";")[0]
        return dict(answered).get("Location", "")

    def page(self, path: str, cookies: dict[str, str]) -> bytes:
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return self._at_any("GET", path, None, sent)[1]

    def heard(self, token: str, track: str, form: str, port: int | None = None) -> bool:
        """Whether the track's audio comes, waiting for the format where it must be made first."""
        end = time.monotonic() + LEFT_SECONDS
        path = f"tracks/{track}/audio-url?format={form}"
        while time.monotonic() < end:
            found = self.ask(token, "GET", path) if port is None else _json(port, token, path)
            if found and "url" in found:
                address = urlsplit(found["url"])
                status, audio, _ = _ask(port or address.port or 0, "GET", f"{address.path}?{address.query}")
                return status == 200 and len(audio) > 10_000
            time.sleep(PAUSE_SECONDS)
        return False

    def _at_any(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, list[tuple[str, str]]]:
        port = random.choice(self.ports)
        self.asked[method] += 1
        try:
            status, found, answered = _ask(port, method, path, data, headers)
        except OSError as error:
            self.wrong.append(f"{method} {path} at {port}: {error}")
            return 0, b"", []
        if status not in GOOD:
            self.wrong.append(f"{method} {path} at {port}: {status} {found[:300]!r}")
        return status, found, answered


def main() -> None:
    """Drill and print."""
    if len(sys.argv) != 2:
        raise SystemExit("Name the commit to upgrade from: python -m benchmarks.upgrade COMMIT")
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url, _receiver() as (port, messages):
        old, new = _codes(sys.argv[1], Path(folder), url)
        try:
            wrong = _drill(old, new, port, messages)
        finally:
            old.stop_all()
            new.stop_all()
        for code in (old, new):
            wrong += [f"{code.name}: {line}" for line in _tracebacks(code)]
    print("\n".join(f"WRONG {line}" for line in dict.fromkeys(wrong)) or "nothing went wrong")
    sys.exit(bool(wrong))


def _drill(old: Code, new: Code, port: int, messages: Counter[str]) -> list[str]:
    old.manage("migrate", "--verbosity=0")
    known = old.manage("showmigrations", "--plan")
    old.start("web")
    old.start("worker")
    use = Use([old.port])
    tokens = [
        old.manage("create_token", f"person{number}@example.org", "--create-user").strip()
        for number in range(PEOPLE)
    ]
    people = [threading.Thread(target=_live, args=(use, token, port)) for token in tokens]
    for person in people:
        person.start()
    try:
        _phase(use, "old web and worker")
        _migrate(new, "the new migrations")
        _phase(use, "old web and worker on the new schema")
        new.start("web")
        new.start("worker")
        use.ports = [old.port, new.port]
        _phase(use, "both webs, both workers")
        old.stop("worker")
        _phase(use, "both webs, new worker")
        old.start("worker")
        new.stop("worker")
        _phase(use, "both webs, old worker")
        use.ports = [old.port]
        time.sleep(1)
        new.stop("web")
        _phase(use, "rolled back: old web and worker on the new schema")
        for app, name in _newest(known).items():
            _migrate(new, f"backwards to {app} {name}", app, name)
        _phase(use, "old web and worker on the old schema")
    finally:
        use.ended.set()
        for person in people:
            person.join()
    _migrate(new, "the new migrations once more")
    new.start("web")
    new.start("worker")
    old.stop_all()
    unheard = [track for token, track in use.tracks if not use.heard(token, track, "mp3", new.port)]
    _wait_until(lambda: messages["job.completed"] >= len(use.tracks), "all messages to the webhook")
    print(f"{len(use.tracks)} tracks, {sum(use.asked.values())} requests, messages: {dict(messages)}")
    return use.wrong + [f"track {track} cannot be heard" for track in unheard]


def _codes(commit: str, folder: Path, url: str) -> Iterator[Code]:
    """The old code in a folder of its own, and this one."""
    (folder / "old").mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=NEW, check=True, capture_output=True).stdout
    subprocess.run(["tar", "x", "-C", str(folder / "old")], input=archive, check=True)
    (folder / "var").mkdir()
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    for name, code in (("old", folder / "old"), ("new", NEW)):
        yield Code(
            name,
            code,
            kept
            | {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "DATABASE_URL": url,
                "VAR_DIR": str(folder / "var"),
                "STATIC_ROOT": str(folder / f"static-{name}"),
                "SECRET_KEY": "only-for-this-drill-0123456789-abcdefghijklmnopqrstuvwxyz",
                "TRUSTED_PROXIES": "1",  # for people from as many addresses as they like
                "GUEST_RATE": "none",
                "ORDER_RATE": "none",
                "QUOTA_JOBS_PER_DAY": "none",
                "QUOTA_SECONDS_PER_DAY": "none",
                "QUOTA_ARCHIVES_PER_DAY": "none",
                "QUOTA_ARCHIVES_AT_ONCE": "none",
                "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            },
        )


def _live(use: Use, token: str, receiver: int) -> None:
    """One person, until the drill has ended."""
    use.ask(token, "POST", "webhooks", {"url": f"http://127.0.0.1:{receiver}/", "description": "drill"})
    while not use.ended.is_set():
        try:
            _round(use, token)
        except Exception as error:
            use.wrong.append(f"a round ended with {type(error).__name__}: {error}")
        use.rounds += 1


def _round(use: Use, token: str) -> None:
    """Order by the API and as a guest, and change, share, list, zip, hear and delete what comes of it."""
    cookies: dict[str, str] = {}
    use.form("/", cookies, prompt="slow strings", duration="5", variations="1")
    key = {"Idempotency-Key": str(random.random())}
    order = {"prompt": "rainy night lo-fi", "duration": 5}
    job = use.ask(token, "POST", "jobs", order, **key)
    again = use.ask(token, "POST", "jobs", order, **key)
    if not job or not again or job["id"] != again["id"]:
        use.wrong.append(f"an order sent twice is {job} and {again}")
        return
    end = time.monotonic() + LEFT_SECONDS
    while job and job["status"] in ("queued", "processing") and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
        job = use.ask(token, "GET", f"jobs/{job['id']}")
    if not job or job["status"] != "completed":
        use.wrong.append(f"a job has not been completed: {job}")
        return
    track = job["tracks"][0]["id"]
    use.tracks.append((token, track))
    for form in ("wav", "mp3"):
        if not use.heard(token, track, form):
            use.wrong.append(f"track {track} cannot be heard as {form}")
    use.ask(
        token, "PATCH", f"tracks/{track}", {"title": "Drilled", "favorite": True, "visibility": "unlisted"}
    )
    playlist = use.ask(token, "POST", "playlists", {"title": "Drill"})
    use.ask(token, "POST", f"playlists/{playlist['id']}/tracks", {"track_ids": [track]})
    archive = use.ask(token, "POST", "archives", {"track_ids": [track]})
    while archive and archive["status"] not in ("ready", "failed") and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
        archive = use.ask(token, "GET", f"archives/{archive['id']}")
    if not archive or archive["status"] != "ready":
        use.wrong.append(f"a zip has not been made: {archive}")
    other = use.ask(token, "POST", "jobs", {"prompt": "piano", "duration": 300})
    use.ask(token, "POST", f"jobs/{other['id']}/cancel")
    use.ask(token, "GET", "usage")
    while b"slow strings" not in use.page("/library/", cookies).lower() and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
    address = f"{random.random()}@example.org"
    use.form("/accounts/signup/", cookies, email=address, password1="correct horse battery")
    use.page("/accounts/", cookies)


def _phase(use: Use, title: str) -> None:
    """Let people use the site for some rounds that began in it, and print what went wrong in it."""
    began, before, rounds = time.monotonic(), len(use.wrong), use.rounds
    while use.rounds < rounds + PEOPLE + ROUNDS:
        time.sleep(PAUSE_SECONDS)
    found = len(use.wrong) - before
    print(
        f"{title}: {use.rounds - rounds} rounds in {time.monotonic() - began:.0f} s, {found} wrong",
        flush=True,
    )
    for line in use.wrong[before : before + 5]:
        print(f"    {line}", flush=True)


def _migrate(code: Code, title: str, *to: str) -> None:
    began = time.monotonic()
    code.manage("migrate", "--noinput", *to)
    print(f"{title}: {time.monotonic() - began:.1f} s", flush=True)


def _newest(plan: str) -> dict[str, str]:
    """The last migration of each of this project's apps in what `showmigrations --plan` prints."""
    names = re.findall(r"\[X\]\s+(generation|accounts)\.(\w+)", plan)
    return dict(names)


def _tracebacks(code: Code) -> Iterable[str]:
    lines = code.log.read_text().splitlines()
    return [line for line in lines if re.search(r"\b(ERROR|CRITICAL)\b|^\w+(\.\w+)*(Error|Exception):", line)]


def _json(port: int, token: str, path: str) -> Any:
    status, found, _ = _ask(port, "GET", f"/api/v1/{path}", None, {"Authorization": f"Bearer {token}"})
    return json.loads(found) if status in GOOD else None


def _ask(
    port: int, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes, list[tuple[str, str]]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, data, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheaders()
    finally:
        connection.close()


@contextmanager
def _receiver() -> "Iterator[tuple[int, Counter[str]]]":
    """Where messages of webhooks are sent: its port, and how many of each type came."""
    messages: Counter[str] = Counter()
    seen: set[str] = set()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["webhook-id"] not in seen:
                seen.add(self.headers["webhook-id"])
                messages[body["type"]] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass  # what came is counted

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, messages
    finally:
        server.shutdown()
        thread.join()


def _wait_until(is_so: Any, what: str) -> None:
    end = time.monotonic() + LEFT_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"Waited {LEFT_SECONDS:.0f} s for {what}.")
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
