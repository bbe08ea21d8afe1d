"""The HTTP API and the pages under load, with 100,000 tracks and 1,000,000 jobs of 1,000 owners.

`make bench-api`, or `python -m benchmarks.api`. Linux, wrk, and PostgreSQL as TEST_DATABASE_URL names it, where a
database is made and dropped. The redirect to a signed URL is measured beside a minimal one of FastAPI, SQLAlchemy and
boto3 (`api_reference`) in the same run, taking turns.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import alternating, ratio, verdict
from benchmarks.site_command import GUNICORN
from benchmarks.worker_group import cpu_seconds, group, postgres_database
from generation.tests.running_site import free_port

if TYPE_CHECKING:
    from accounts.models import User

OWNERS, JOBS, TRACKS = 1_000, 1_000_000, 100_000
QUEUED = 100_000
CALLERS = 200
SECONDS, CONNECTIONS, ROUNDS = 6, 16, 5
START_SECONDS = 30.0
REFERENCE = (
    "uvicorn",
    "benchmarks.api_reference:app",
    "--workers",
    "2",
    "--no-access-log",
    "--log-level",
    "warning",
)
STORAGE = {
    "STORAGE_ENDPOINT_URL": "https://storage.example.org",
    "STORAGE_ACCESS_KEY_ID": "key",
    "STORAGE_SECRET_ACCESS_KEY": "secret",
    "STORAGE_BUCKET_NAME": "music",
}
REDIRECT_RATIO = 1.5
# Milliseconds of CPU of a request.
MOST = {"tracks (50)": 9.0, "jobs (50)": 12.0, "library": 15.0, "a job among 100,000 queued": 10.0}
ORDER = '{"prompt": "rainy night lo-fi", "genre": "lofi", "duration": 30}'
# Tables that are large: none of them may be read from end to end.
LARGE = ("generation_job", "generation_track", "generation_rendition", "generation_jobevent", "accounts_user")


@dataclass(frozen=True)
class Server:
    """A running server and its process."""

    url: str
    process: "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Load:
    """What a few seconds of load came to: `cpu_ms` of the server's processes for each request, times in ms."""

    per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    failed: int

    def __str__(self) -> str:
        said = f"{self.per_second:7.0f}/s  {self.cpu_ms:6.2f} ms CPU  p50 {self.p50_ms:6.1f}  p99 {self.p99_ms:6.1f} ms"
        return f"{said}  {self.failed} FAILED" if self.failed else said


@dataclass(frozen=True)
class Caller:
    """A user with a token and a session, and how many jobs and tracks each has."""

    user: "User"
    token: str
    session: str

    @property
    def bearer(self) -> str:
        return f"Authorization\tBearer {self.token}"

    @property
    def cookie(self) -> str:
        return f"Cookie\tsessionid={self.session}"


def main() -> None:
    """Measure and print."""
    options = _options()
    if shutil.which("wrk") is None:
        raise SystemExit("This needs wrk. On Debian and Ubuntu: apt install wrk")
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "musicgen.settings", "DATABASE_URL": url, "VAR_DIR": folder}
        os.environ |= {**STORAGE, "API_RATE": "1000000/s", "GENERATION_ENGINE": "composer"}
        import django

        django.setup()
        with contextlib.chdir(Path(__file__).parent.parent):
            _measure(Path(folder), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--part", type=int, default=1, help="fill the database with one part in so many")
    parser.add_argument("--only", nargs="*", help="measure only these routes")
    parser.add_argument("--without-reference", action="store_true", help="without FastAPI beside it")
    return parser.parse_args()


def _measure(folder: Path, options: argparse.Namespace) -> None:
    from django.core.management import call_command

    from benchmarks import api_rows

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    began = time.monotonic()
    owners = api_rows.make_owners(OWNERS // options.part)
    api_rows.fill([user for user, _ in owners], jobs_each=JOBS // OWNERS, tracks_each=TRACKS // OWNERS)
    callers = [_caller(user, token) for user, token in random.sample(owners, min(CALLERS, len(owners)))]
    print(
        f"{len(owners):,} owners, {len(owners) * JOBS // OWNERS:,} jobs, {len(owners) * TRACKS // OWNERS:,} tracks "
        f"({time.monotonic() - began:.0f} s to make); {CONNECTIONS} connections, {SECONDS} s each"
    )
    paths = _lines_by_route(callers)
    wanted = options.only or list(paths)
    with _running(GUNICORN, "/healthz") as site:
        before = _sequential_scans()
        if "redirect" in wanted:
            _redirect(folder, site, paths["redirect"], with_reference=not options.without_reference)
        for name in (name for name in paths if name in wanted and name != "redirect"):
            _report(name, _load(folder, site, paths[name]))
        print(f"  read from end to end: {_sequential_scans() - before} times [target 0]")
        if "queued" in wanted or not options.only:
            first, second = callers[:2]
            api_rows.queue(first.user, QUEUED // options.part)
            api_rows.queue(second.user, 1)
            queued = [_queued(first), _queued(second)]
            _report("a job among 100,000 queued", _load(folder, site, queued))


def _caller(user: "User", token: str) -> Caller:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return Caller(user, token, client.cookies[settings.SESSION_COOKIE_NAME].value)


def _lines_by_route(callers: Sequence[Caller]) -> dict[str, list[str]]:
    """Requests as requests.lua reads them, by the name of what they ask for."""
    from benchmarks.api_rows import job_id, track_id

    numbers = [random.randint(1, TRACKS // OWNERS) for _ in callers]
    pairs = list(zip(callers, numbers, strict=True))
    return {
        "redirect": [f"GET\t/audio/{track_id(each.user, n)}\t{each.bearer}\t" for each, n in pairs],
        "job": [f"GET\t/api/v1/jobs/{job_id(each.user, n)}\t{each.bearer}\t" for each, n in pairs],
        "tracks (50)": [f"GET\t/api/v1/tracks?page_size=50\t{each.bearer}\t" for each, _ in pairs],
        "jobs (50)": [f"GET\t/api/v1/jobs?page_size=50\t{each.bearer}\t" for each, _ in pairs],
        "library": [f"GET\t/library/\t{each.cookie}\t" for each, _ in pairs],
        "home": [f"GET\t/\t{each.cookie}\t" for each, _ in pairs],
        "order": [f"POST\t/api/v1/jobs\t{each.bearer}\t{ORDER}" for each, _ in pairs],
    }


def _queued(caller: Caller) -> str:
    from generation.models import Job

    last = Job.objects.filter(owner=caller.user).queued().order_by("-created_at")[0]
    return f"GET\t/api/v1/jobs/{last.pk}\t{caller.bearer}\t"


def _redirect(folder: Path, site: Server, lines: Sequence[str], *, with_reference: bool) -> None:
    if not with_reference:
        _report("redirect", _load(folder, site, lines))
        return
    with _running(REFERENCE, "/docs") as reference:
        servers = {"redirect": site, "redirect by FastAPI": reference}
        loads: dict[str, list[Load]] = {name: [] for name in servers}
        for name in alternating(list(servers), ROUNDS):
            loads[name].append(_load(folder, servers[name], lines))
    for name, several in loads.items():
        _report(name, sorted(several, key=lambda load: load.per_second)[len(several) // 2])
    ours, theirs = ([load.per_second for load in loads[name]] for name in servers)
    times = ratio(theirs, ours)
    print(f"  redirect {times:.2f} times as many {verdict(times >= REDIRECT_RATIO, f'>= {REDIRECT_RATIO}')}")


def _report(name: str, load: Load) -> None:
    most = MOST.get(name)
    print(f"  {name:28} {load} {verdict(load.cpu_ms <= most, f'<= {most:g} ms') if most else ''}", flush=True)


def _load(folder: Path, server: Server, lines: Sequence[str]) -> Load:
    """Load a server for a few seconds, after one in which it warms up."""
    requests = folder / "requests"
    requests.write_text("\n".join(lines) + "\n")
    command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--latency", "--timeout", "10s"]
    command += ["--script", "benchmarks/requests.lua", server.url]
    environment = os.environ | {"REQUESTS": str(requests)}
    subprocess.run([*command, "--duration", "1s"], env=environment, check=True, capture_output=True)
    before = cpu_seconds(group(server.process.pid))
    said = subprocess.run(
        [*command, "--duration", f"{SECONDS}s"], env=environment, check=True, capture_output=True, text=True
    )
    used = cpu_seconds(group(server.process.pid)) - before
    result = next(line for line in said.stdout.splitlines() if line.startswith("RESULT"))
    requests_done, microseconds, failed, p50, p99 = map(int, result.split()[1:])
    return Load(requests_done / microseconds * 1e6, used / requests_done * 1e3, p50 / 1e3, p99 / 1e3, failed)


@contextlib.contextmanager
def _running(command: Sequence[str], path: str) -> Iterator[Server]:
    """A server on a free port, once it answers there."""
    port = free_port()
    where = ("--bind", f"127.0.0.1:{port}") if command is GUNICORN else ("--port", str(port))
    process = subprocess.Popen(
        [sys.executable, "-m", *command, *where], start_new_session=True, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(url + path):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} did not start.")
            time.sleep(0.1)
        yield Server(url, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


def _sequential_scans() -> int:
    """How often one of the large tables was read from end to end so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname = ANY(%s)", [list(LARGE)])
        (scans,) = cursor.fetchone()
    return int(scans or 0)


if __name__ == "__main__":
    main()
