"""What 500 open event streams cost the site, and how soon a change is heard.

`make bench-streams`, or `python -m benchmarks.event_streams`. Linux, wrk, and PostgreSQL as TEST_DATABASE_URL names it,
where a database is made and dropped. Two web processes of eight threads; half of the streams are of one job, half of
all jobs of a user. The ordinary route is asked in turns with and without the streams, while jobs change either way.
"""

import contextlib
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import verdict
from benchmarks.site_command import site_command
from benchmarks.stream_clients import Change, Mover, StreamClients
from benchmarks.worker_group import cpu_seconds, group, memory, postgres_database

if TYPE_CHECKING:
    from generation.models import Job

STREAMS = int(os.environ.get("BENCH_STREAMS", "500"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
USERS = 50
WRK_SECONDS = 6
WRK_CONNECTIONS = 32
IDLE_SECONDS = 15.0
HEARD_SECONDS = 30.0
LEAST_RATIO = 0.9
MOST_SECONDS = 0.5
KIBIBYTE = 1024


@dataclass(frozen=True)
class Asked:
    """What an ordinary route did: requests a second, and milliseconds of CPU of the web processes for each."""

    rate: float
    milliseconds: float

    def __str__(self) -> str:
        return f"{self.rate:.0f} requests/s ({self.milliseconds:.2f} ms of CPU each)"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "musicgen.settings",
            "DATABASE_URL": url,
            "VAR_DIR": folder,
            "API_RATE": "1000000/sec",
            "SECRET_KEY": "only-for-this-benchmark-0123456789-abcdefghijklmnopq",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from generation.tests.running_site import free_port

        call_command("migrate", verbosity=0, interactive=False)
        jobs, tokens = _jobs_and_tokens()
        (Path(folder) / "static").mkdir()
        port = free_port()
        with (Path(folder) / "web.log").open("wb") as log:
            web = subprocess.Popen(
                site_command(port),
                start_new_session=True,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                _measure(web.pid, port, jobs, tokens)
            finally:
                web.terminate()
                web.wait(60)


def _measure(pid: int, port: int, jobs: "Sequence[Job]", tokens: Sequence[str]) -> None:
    def asked() -> Asked:
        before = cpu_seconds(group(pid))
        count, rate = _wrk(f"http://127.0.0.1:{port}/api/v1/jobs/{jobs[0].pk}", tokens[0])
        return Asked(rate, 1000 * (cpu_seconds(group(pid)) - before) / count)

    def opened() -> StreamClients:
        return StreamClients(port, _paths(jobs, tokens))

    _wait_until_it_answers(port)
    asked()  # to warm up
    print(f"{STREAMS} streams, 2 web processes × 8 threads, {os.cpu_count()} cores for all, clients included")

    idle_before, held_before = _cpu_percent(pid, IDLE_SECONDS), memory(group(pid)).pss
    connections_before = _connections()
    with opened() as clients:
        clients.wait_until_heard()
        idle = _cpu_percent(pid, IDLE_SECONDS)
        held, connections = memory(group(pid)).pss, _connections()
        quiet = _delays(clients, jobs)
    print(f"idle: {idle:.2f} % of a core, {idle_before:.2f} % without streams")
    print(f"memory: {(held - held_before) / STREAMS / KIBIBYTE:.1f} KiB a stream (PSS of all web processes)")
    print(f"connections to the database: {connections}, {connections_before} without streams")
    _report("a change is heard", quiet)

    kept, dearer, loaded = list[float](), list[float](), list[Change]()
    with Mover(jobs) as mover:
        for number in range(ROUNDS):
            answers: dict[bool, Asked] = {}
            for with_streams in ((False, True), (True, False))[number % 2]:
                if with_streams:
                    with opened() as clients:
                        clients.wait_until_heard()
                        mover.forget()
                        answers[True] = asked()
                        loaded += clients.heard(mover.made())
                else:
                    answers[False] = asked()
                time.sleep(1)
            kept.append(answers[True].rate / answers[False].rate)
            dearer.append(answers[True].milliseconds / answers[False].milliseconds)
            print(f"  without {answers[False]}, with {answers[True]}: {kept[-1]:.3f}")
    ratio, cost = statistics.median(kept), statistics.median(dearer)
    print(
        f"requests kept: {ratio:.3f} {verdict(ratio >= LEAST_RATIO, f'≥ {LEAST_RATIO}')}, CPU a request: × {cost:.3f}"
    )
    _report("a change is heard under that load", loaded)


def _jobs_and_tokens() -> "tuple[list[Job], list[str]]":
    """A job of each user's that is being worked on, and a token of each; and one more job each that waits."""
    from accounts.models import ApiToken, User
    from generation import jobs
    from generation.engines.request import MusicRequest
    from generation.models import Job
    from generation.models.job_states import Stage

    working, tokens = list["Job"](), list[str]()
    for number in range(USERS):
        user = User.objects.create_user(email=f"user{number}@example.org")
        tokens.append(ApiToken.objects.issue(user, "bench", ["read"])[1])
        for _ in range(2):
            job = jobs.submit(owner=user, request=MusicRequest(prompt="rain", duration=30.0, seed=1))
        first = Job.objects.filter(owner=user).order_by("created_at")[0]
        lease = first.claim(f"bench {number}")
        if lease is None or not lease.beat(stage=Stage.GENERATING, progress=0.0):
            raise SystemExit(f"The job cannot be claimed: {job}")
        working.append(first)
    return working, tokens


def _paths(jobs: "Sequence[Job]", tokens: Sequence[str]) -> list[tuple[str, str]]:
    """The address and the token of each stream: of a job and of all jobs of its owner in turn."""
    paths = []
    for number in range(STREAMS):
        job, token = jobs[number // 2 % USERS], tokens[number // 2 % USERS]
        paths.append((f"/api/v1/jobs/{job.pk}/events" if number % 2 else "/api/v1/events", token))
    return paths


def _delays(clients: StreamClients, jobs: "Sequence[Job]") -> list[Change]:
    with Mover(jobs) as mover:
        time.sleep(HEARD_SECONDS)
    time.sleep(1)
    return clients.heard(mover.made())


def _report(what: str, changes: Sequence[Change]) -> None:
    delays = sorted(delay for change in changes for delay in change.delays)
    lost = sum(change.missing for change in changes)
    p95 = statistics.quantiles(delays, n=20)[-1]
    spread = f"p95 {p95 * 1e3:.0f}, longest {delays[-1] * 1e3:.0f}"
    met = verdict(p95 < MOST_SECONDS and not lost, f"p95 < {MOST_SECONDS} s, none lost")
    print(
        f"{what} after {statistics.median(delays) * 1e3:.0f} ms ({spread}), {len(delays)} times, {lost} lost {met}"
    )


def _wrk(url: str, token: str) -> tuple[int, float]:
    """How many requests were answered, and how many a second. Raises ValueError where one was not, with 2xx."""
    said = subprocess.run(
        [
            *("wrk", "-t1", f"-c{WRK_CONNECTIONS}", f"-d{WRK_SECONDS}s"),
            *("-H", f"Authorization: Bearer {token}", url),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = re.search(r"(\d+) requests in.*Requests/sec:\s+([\d.]+)", said, re.DOTALL)
    if found is None or "Non-2xx" in said or found[1] == "0":
        raise ValueError(said)
    return int(found[1]), float(found[2])


def _wait_until_it_answers(port: int) -> None:
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
            return
        time.sleep(0.1)


def _cpu_percent(pid: int, seconds: float, sleep: Callable[[float], None] = time.sleep) -> float:
    before, began = cpu_seconds(group(pid)), time.monotonic()
    sleep(seconds)
    return 100 * (cpu_seconds(group(pid)) - before) / (time.monotonic() - began)


def _connections() -> int:
    """Connections to this database, but for this process's own."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
