"""Fifty users for five minutes, while every process of the site is replaced once: no error, no lost job, flat memory.

`make load`, or `python -m benchmarks.load [--users N] [--seconds N] [--think SECONDS]`; `ARGS="--users 5 --seconds 30"`
tries it. Linux, Caddy, and PostgreSQL as TEST_DATABASE_URL names it, where a database is made and dropped.

Two web processes (each a gunicorn of its own) and two `qcluster` stand behind deploy/Caddyfile with TLS, as on a
server; audio lies on the disk. Users (`load_users.py`) come from addresses of their own, over connections that stay
open, and pause between two things. After a tenth of the time each process is ended by SIGTERM and started again, one
after the other, so that for seconds only one of its kind works; who asks the other meanwhile waits for it.

Everything runs on this machine, users, proxy and database too. A core makes 5 to 10 seconds of music in about half a
second, with mastering and MP3, so two cores that also answer make about one order a second at most, and fifty users who
pause 3 seconds on average place about that. With less to pause the queue grows, and times are those of waiting. Users
come in during the first tenth of the time, for hashing a password takes most of a second.

The verdict is met where no request failed in a way that its user would see and no line of an error stands in a log;
each order that was taken has ended completed with one track, and no other job is there; and memory stays within bounds:
no process grew by more than MOST_GROWTH MiB a minute once it had lived for two fifths of the time. Only those that make
music do grow, for they keep tones and filters for the next piece, and are replaced after 200 tasks (`recycle` in
settings.py): each may hold MOST_OF_WORKER MiB. Exit status 1 where one is missed.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load_memory import Life, MemoryWatch
from benchmarks.load_records import Records, quantiles
from benchmarks.load_site import LoadedSite, environment, loaded_site
from benchmarks.load_users import LOGS_IN_WITH, Pace, User, email_of
from benchmarks.measuring import verdict
from benchmarks.worker_group import postgres_database

USERS, SECONDS, THINK_SECONDS = 50, 300.0, 3.0
RESTART_AFTER = 1 / 10
SETTLES_IN = 2 / 5
MOST_GROWTH, MOST_OF_WORKER = 1.0, 350.0
SHOWN_TROUBLES = 20
# What is still in line when the last user has gone.
LEFT_SECONDS = 120.0


@dataclass(frozen=True)
class Options:
    users: int
    seconds: float
    think: float


def main() -> int:
    """Measure, print, and return the exit status."""
    options = _options()
    with tempfile.TemporaryDirectory() as name, postgres_database() as url:
        folder = Path(name)
        os.environ |= environment(folder, url)
        _prepare(options.users)
        print(f"{options.users} users for {options.seconds:.0f} s, pausing {options.think:g} s on average")
        with loaded_site(folder) as site:
            records, lives = _loaded(site, options)
            lost = _lost(records)
        errors = site.errors()
    return _report(records, lives, lost, errors, options)


def _options() -> Options:
    parser = argparse.ArgumentParser(description="Put load on a whole site, and see that it bears it.")
    parser.add_argument("--users", type=int, default=USERS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for how long they use it")
    parser.add_argument("--think", type=float, default=THINK_SECONDS, help="seconds between two requests")
    given = parser.parse_args()
    return Options(given.users, given.seconds, given.think)


def _prepare(users: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    from accounts.models import User as Account

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    password = make_password(LOGS_IN_WITH)
    Account.objects.bulk_create(
        Account(email=email_of(number), password=password) for number in range(0, users, 2)
    )


def _loaded(site: LoadedSite, options: Options) -> tuple[Records, list[Life]]:
    """Have all users use the site, and every program be replaced meanwhile."""
    records = Records()
    pace = Pace(time.monotonic() + options.seconds, options.think, options.seconds * RESTART_AFTER)
    users = [User(number, site.port, site.certificate, records, pace) for number in range(options.users)]
    threads = [threading.Thread(target=user.visit) for user in users]
    with MemoryWatch(site.programs) as watch:
        for thread in threads:
            thread.start()
        time.sleep(options.seconds * RESTART_AFTER)
        began = time.monotonic()
        with records.replacing():
            site.replace_all()
        print(f"all processes were replaced within {time.monotonic() - began:.0f} s")
        time.sleep(max(0.0, pace.until - time.monotonic()))
    for thread in threads:
        thread.join()
    return records, watch.lives


def _lost(records: Records) -> list[str]:
    """What is wrong with the jobs once none is left to be made, a sentence each."""
    from generation.models import Job, Track

    end = time.monotonic() + LEFT_SECONDS
    while Job.objects.active().exists() and time.monotonic() < end:
        time.sleep(0.5)
    statuses = {str(pk): status for pk, status in Job.objects.values_list("pk", "status")}
    # Deleted ones too: their rows stay.
    tracks = Counter(str(pk) for pk in Track.objects.values_list("job_id", flat=True))
    wrong = [
        f"job {pk} is {statuses.get(pk, 'gone')} and has {tracks[pk]} tracks"
        for pk in records.orders
        if statuses.get(pk) != "completed" or tracks[pk] != 1
    ]
    return wrong + [f"job {pk} was ordered by nobody" for pk in statuses.keys() - set(records.orders)]


def _report(
    records: Records, lives: Sequence[Life], lost: Sequence[str], errors: Counter[str], options: Options
) -> int:
    print(*records.table(), sep="\n")
    print(f"{records.asked / options.seconds:.1f} requests a second")
    if records.ended_after:
        p50, p95, p99 = quantiles(records.ended_after)
        heard = f"heard of their end after p50 {p50:.1f} s, p95 {p95:.1f} s, p99 {p99:.1f} s"
        print(f"{len(records.orders)} orders, {len(records.orders) / options.seconds:.2f} a second, {heard}")
    grew = _report_memory(lives, options.seconds * SETTLES_IN)
    for line in (*records.common_troubles(SHOWN_TROUBLES), *lost[:SHOWN_TROUBLES]):
        print(f"! {line}")
    for message, times in errors.most_common(SHOWN_TROUBLES):
        print(f"! {times} × in the log of {message}")
    is_right = not records.troubles and not errors
    is_complete = bool(records.orders) and not lost
    print(
        f"{len(records.troubles)} requests failed, {errors.total()} errors in logs {verdict(is_right, 'none')}; "
        f"{len(lost)} jobs lost or doubled {verdict(is_complete, 'none')}; "
        f"{len(grew)} processes grew {verdict(not grew, 'none beyond its bound')}"
    )
    return 0 if is_right and is_complete and not grew else 1


def _report_memory(lives: Sequence[Life], settle_seconds: float) -> list[Life]:
    """Print what each process held, and return those that grew beyond what they may."""
    print(
        f"{'process':<24}{'lived s':>9}{'least':>8}{'most':>8}{'last':>8}  MiB of its own, and growth a minute"
    )
    grew = []
    for life in sorted(lives, key=lambda life: (life.program, life.samples[0][0])):
        held = [sample for _, sample in life.samples]
        lived = life.samples[-1][0] - life.samples[0][0]
        growth = life.growth(settle_seconds)
        growth_shown = "too short a life" if growth is None else f"{growth:+.2f}"
        name = f"{life.program} {life.role}"
        print(f"{name:<24}{lived:>9.0f}{min(held):>8.1f}{max(held):>8.1f}{held[-1]:>8.1f}  {growth_shown}")
        grows = growth is not None and growth > MOST_GROWTH
        is_much = max(held) > MOST_OF_WORKER if life.role == "worker" else grows
        if is_much:
            grew.append(life)
    return grew


if __name__ == "__main__":
    sys.exit(main())
