"""How soon an idle worker starts a job, and what it costs to wait for one.

`make bench-latency`, or `python -m benchmarks.start_latency`. Linux. PostgreSQL as TEST_DATABASE_URL names it, where
a database is made and dropped, and SQLite; each with this project's broker, and in the same run with the one of
django-q2 that polls.
"""

import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import in_new_process, verdict
from benchmarks.worker_group import cpu_seconds, group, postgres_database, running_worker

ORDERS = 60
IDLE_SECONDS = 60.0
SETTLE_SECONDS = 4.0
MOST_MILLISECONDS = 20.0
MOST_PERCENT = 1.0
OURS, POLLING = "generation.tests.scripted_settings", "benchmarks.polling_settings"


@dataclass(frozen=True)
class Measured:
    """Seconds from commit and from order to start, of each job, and percent of one core while nothing is to be done."""

    from_commit: list[float]
    from_order: list[float]
    idle_percent: float


def main() -> None:
    """Measure and print."""
    print(f"{ORDERS} jobs, one at a time, into an idle worker; then {IDLE_SECONDS:.0f} s without any")
    with tempfile.TemporaryDirectory() as folder:
        with postgres_database() as url:
            _report("PostgreSQL", url, Path(folder))
        _report("SQLite", f"sqlite:///{folder}/db.sqlite3", Path(folder))


def _report(title: str, url: str, folder: Path) -> None:
    ours = in_new_process(_measure, OURS, url, folder)
    polling = in_new_process(_measure, POLLING, url, folder)
    promised = title == "PostgreSQL"
    print(title)
    for name, measured in (("announced", ours), ("polling every 0.03 s", polling)):
        print(
            f"  {name}: from commit {_milliseconds(measured.from_commit)}, from order "
            f"{_milliseconds(measured.from_order)}, idle {measured.idle_percent:.2f} % of a core"
        )
    sooner = statistics.median(polling.from_commit) / statistics.median(ours.from_commit)
    cheaper = polling.idle_percent / ours.idle_percent
    print(f"  {sooner:.1f} times sooner, idling {cheaper:.1f} times cheaper")
    if promised:
        median = statistics.median(ours.from_commit) * 1e3
        print(
            f"  start {verdict(median < MOST_MILLISECONDS, f'< {MOST_MILLISECONDS:.0f} ms')}, "
            f"idle {verdict(ours.idle_percent < MOST_PERCENT, f'< {MOST_PERCENT:.0f} %')}"
        )


def _milliseconds(times: list[float]) -> str:
    p95 = statistics.quantiles(times, n=20)[-1]
    return f"median {statistics.median(times) * 1e3:.1f} ms (p95 {p95 * 1e3:.1f})"


def _measure(settings_module: str, url: str, folder: Path) -> Measured:
    os.environ |= {"DJANGO_SETTINGS_MODULE": settings_module, "DATABASE_URL": url, "VAR_DIR": str(folder)}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    with running_worker() as worker:
        times = [_start_times() for _ in range(ORDERS)]
        time.sleep(SETTLE_SECONDS)
        before, began = cpu_seconds(group(worker.pid)), time.monotonic()
        time.sleep(IDLE_SECONDS)
        used = cpu_seconds(group(worker.pid)) - before
        percent = 100 * used / (time.monotonic() - began)
    from_commit, from_order = (list(column) for column in zip(*times, strict=True))
    return Measured(from_commit, from_order, percent)


def _start_times() -> tuple[float, float]:
    """Order a job of an idle worker; seconds from its commit and from its order until the worker claimed it."""
    from django.utils import timezone
    from django_q.models import OrmQ

    from accounts.models import User
    from generation import jobs
    from generation.engines.request import MusicRequest
    from generation.models import Rendition

    owner, _ = User.objects.get_or_create(email="bench@example.org")
    job = jobs.submit(owner=owner, request=MusicRequest(prompt="rain", duration=0.2, seed=1))
    committed = timezone.now()
    while not Rendition.objects.filter(track__job=job).exists():  # the last that a worker does for a job
        time.sleep(0.05)
    OrmQ.objects.all().delete()  # django-q2's broker keeps them until they are acknowledged
    time.sleep(random.uniform(0.2, 0.6))  # so that no order falls into step with a look
    job.refresh_from_db()
    if job.started_at is None:
        raise SystemExit(f"The job never started: {job}")
    return (job.started_at - committed).total_seconds(), (job.started_at - job.created_at).total_seconds()


if __name__ == "__main__":
    main()
