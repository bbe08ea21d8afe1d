"""What each process of the site holds: idle, with a job of 30, 180 and 300 seconds, and while audio is converted.

`make bench-memory`, or `python -m benchmarks.memory`. Linux and PostgreSQL as TEST_DATABASE_URL names it, where a
database is made and dropped. PSS counts memory that several processes share once, a part for each of them, so that sums
are what a machine needs. The peak of a worker is the most that it holds of its own and shared (`VmHWM`), in a group of
one worker that has made no other music; what it holds more than before the job is what the job takes.
"""

import http.client
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.order_flood import gunicorn
from benchmarks.worker_group import Process, group, memory, postgres_database, running_worker

if TYPE_CHECKING:
    from accounts.models import User

DURATIONS = (30.0, 180.0, 300.0)
CONVERTED_TO = ("flac", "opus")
WORKERS = 2
# What a visitor opens, so that a web process has loaded what it answers with.
PAGES = ("/", "/library/", "/accounts/login/", "/accounts/signup/", "/api/v1/genres", "/api/v1/openapi.json")
ROUNDS = 10
SETTLE_SECONDS = 12.0
PATIENCE_SECONDS = 300.0
MEBIBYTE = 1 << 20


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "musicgen.settings", "DATABASE_URL": url, "VAR_DIR": folder}
        import django

        django.setup()
        from django.core.management import call_command

        from accounts.models import User

        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        owner = User.objects.create_user(email="bench@example.org")
        _report_web(Path(folder))
        _report_idle()
        for duration in DURATIONS:
            _report_job(owner, duration)


def _report_web(folder: Path) -> None:
    """gunicorn with two processes of eight threads, after pages and calls."""
    with gunicorn(folder) as (port, pid):
        for path in PAGES * ROUNDS:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
        time.sleep(SETTLE_SECONDS)
        processes = group(pid)
        print("web: gunicorn with two processes")
        _print_each([Process(each.pid, "main" if each.pid == pid else "web") for each in processes])


def _report_idle() -> None:
    """A `qcluster` that has nothing to do."""
    with running_worker(GENERATION_WORKERS=str(WORKERS)) as worker:
        time.sleep(SETTLE_SECONDS)
        print(f"qcluster, idle, GENERATION_WORKERS={WORKERS}")
        _print_each(group(worker.pid))


def _print_each(processes: Sequence[Process]) -> None:
    for process in sorted(processes, key=lambda process: process.pid):
        held = memory([process])
        print(f"  {process.role:<10}{held.pss / MEBIBYTE:>7.1f} MiB (RSS {held.rss / MEBIBYTE:.0f})")
    whole = memory(processes)
    print(f"  {'together':<10}{whole.pss / MEBIBYTE:>7.1f} MiB (RSS {whole.rss / MEBIBYTE:.0f})")


def _report_job(owner: "User", duration: float) -> None:
    from generation import jobs
    from generation.engines.request import MusicRequest
    from generation.models import Rendition
    from generation.tracks import delivery

    with running_worker(GENERATION_WORKERS="1") as worker:
        [process] = [process for process in group(worker.pid) if process.role == "worker"]
        before = _forget_peak(process)
        job = jobs.submit(owner=owner, request=MusicRequest("rainy night lo-fi", duration, seed=7))
        made = Rendition.objects.kept().filter(track__job=job)
        _wait_until(lambda: made.filter(format="mp3").exists())
        _print_peak(f"a job of {duration:.0f} s, with its MP3", process, before)
        [track] = job.tracks.kept()
        for name in CONVERTED_TO:
            before = _forget_peak(process)
            _wait_until(partial(delivery.deliver, track, name))
            _print_peak(f"{duration:.0f} s into {name}", process, before)


def _forget_peak(process: Process) -> float:
    """Let the peak of a process be what it holds now, and return that, in MiB."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    return memory([process]).rss / MEBIBYTE


def _print_peak(what: str, process: Process, before: float) -> None:
    status = Path(f"/proc/{process.pid}/status").read_text()
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    print(f"{what}: the worker held {before:.0f} MiB before, {int(peak) / 1024:.0f} at most")


def _wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("It did not come so far in time.")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
