"""What a flood of orders leaves behind, and what retention leaves of that.

`make bench-retention`, or `python -m benchmarks.flood_gone`. Linux and PostgreSQL as TEST_DATABASE_URL names it, where
a database is made and dropped. A real gunicorn behind one proxy as far as it knows, a real worker with the composer and
a folder for audio. 3,000 orders come from one guest, which keeps its cookie, and 1,500 from another address by guests
who keep none; meanwhile a user with a token orders a piece again and again. Then the guests are made old in the
database, as if a year had passed, and the worker is left alone with them.
"""

import http.client
import itertools
import json
import os
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.measuring import verdict
from benchmarks.order_flood import gunicorn
from benchmarks.worker_group import postgres_database, running_worker

OF_ONE_GUEST, WITHOUT_COOKIES = 3000, 1500
ONE, OTHERS, PAYING = "203.0.113.7", "203.0.113.8", "192.0.2.1"
CSRF = "a" * 32
FORM = urlencode({"prompt": "noise", "duration": "10", "variations": "1", "csrfmiddlewaretoken": CSRF})
ORDER = json.dumps({"prompt": "rainy night", "duration": 10})
ALONE = 10
THREADS = 4
LEFT_SECONDS = 900.0
# Each an address, which takes turns as one owner does.
FLOODS = 2


@dataclass
class Refusals:
    """How orders were answered, and with which words the refused ones."""

    statuses: Counter[int] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "musicgen.settings",
            "DATABASE_URL": url,
            "VAR_DIR": folder,
            "TRUSTED_PROXIES": "1",
            "LOG_FORMAT": "json",
        }
        token = _prepare()
        with gunicorn(Path(folder)) as (port, _), running_worker():
            alone = [_started_after(port, token) for _ in range(ALONE)]
            print(f"a user's order alone begins after {_said(alone)}")
            beside = []
            for title, count, ask in (
                ("orders by one guest", OF_ONE_GUEST, _by_one_guest(port)),
                ("orders by guests without cookies", WITHOUT_COOKIES, _without_cookies(port)),
            ):
                refusals, took = _flood(count, ask, port, token)
                beside += took
                _report(f"{count:,} {title}", refusals)
            turn = _seconds_of_a_job()
            met = verdict(
                statistics.median(beside) <= statistics.median(alone) + FLOODS * turn,
                f"a turn of {turn:.1f} s later for each flood",
            )
            print(f"a user's order beside them begins after {_said(beside)} {met}")
            _wait_until(lambda: not _jobs_in_line(), LEFT_SECONDS)
            print(f"what they leave: {_rows()}, {_files(folder)}")
            _pass_a_year()
            began = time.monotonic()
            _wait_until(lambda: not _guests(), LEFT_SECONDS)
            print(f"after retention, in {time.monotonic() - began:.0f} s: {_rows()}, {_files(folder)}")
            left = _of_guests(folder)
            print(f"left of the guests: {left} {verdict(not any(left.values()), 'nothing')}")


# --- the site


def _prepare() -> str:
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.models import ApiToken, User

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    user = User.objects.create_user(email="paying@example.org")
    return ApiToken.objects.issue(user, "bench", ["read", "write"])[1]


def _rows() -> dict[str, int]:
    from django.contrib.sessions.models import Session

    from accounts.models import CachedValue, RateCount, User
    from generation.models import Job, JobEvent, Track

    return {
        "users": User.objects.count(),
        "sessions": Session.objects.count(),
        "jobs": Job.objects.count(),
        "tracks": Track.objects.count(),
        "lines of logs": JobEvent.objects.count(),
        "counts and cached values": RateCount.objects.count() + CachedValue.objects.count(),
    }


def _files(folder: str) -> str:
    sizes = [path.stat().st_size for path in (Path(folder) / "audio").rglob("*") if path.is_file()]
    return f"{len(sizes):,} files of {sum(sizes) / 1e6:,.1f} MB"


def _of_guests(folder: str) -> dict[str, int]:
    from accounts.models import SessionOwner
    from generation.models import Job, Track

    known = {str(pk) for pk in Job.objects.filter(owner__is_guest=False).values_list("pk", flat=True)}
    of_others = [
        path
        for path in (Path(folder) / "audio" / "tracks").rglob("*")
        if path.is_file() and not known & set(path.parts)
    ]
    return {
        "guests": _guests(),
        "jobs": Job.objects.filter(owner__is_guest=True).count(),
        "tracks": Track.objects.filter(owner__is_guest=True).count(),
        "sessions": SessionOwner.objects.count(),
        "files": len(of_others),
    }


def _guests() -> int:
    from accounts.models import User

    return User.objects.filter(is_guest=True).count()


def _jobs_in_line() -> int:
    from generation.models import Job

    return Job.objects.active().count()


def _seconds_of_a_job() -> float:
    """What a worker is busy for with a piece, beside the floods."""
    from generation.models import Job

    took = Job.objects.filter(generate_seconds__isnull=False).values_list("generate_seconds", "store_seconds")
    return statistics.median((made or 0.0) + (stored or 0.0) for made, stored in took)


def _pass_a_year() -> None:
    from django.db.models import F

    from accounts.models import User

    User.objects.filter(is_guest=True).update(last_used_at=F("last_used_at") - timedelta(days=500))


def _wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"It did not come to that within {seconds:.0f} s: {_rows()}")
        time.sleep(0.5)


# --- who asks


def _by_one_guest(port: int) -> Iterator[dict[str, str]]:
    """The cookies of a guest, from its first order on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", FORM, _headers(ONE))
    response = connection.getresponse()
    response.read()
    [session] = re.findall(r"sessionid=[^;]+", str(response.headers.get_all("Set-Cookie")))
    return itertools.repeat(_headers(ONE, session))


def _without_cookies(port: int) -> Iterator[dict[str, str]]:
    return itertools.repeat(_headers(OTHERS))


def _headers(address: str, *cookies: str) -> dict[str, str]:
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join((f"csrftoken={CSRF}", *cookies)),
        "X-Forwarded-For": address,
        "Host": "127.0.0.1",
    }


def _flood(
    count: int, headers: Iterator[dict[str, str]], port: int, token: str
) -> tuple[Refusals, list[float]]:
    """Send so many orders as fast as they are answered, and have the user order until they are all answered."""
    refusals = Refusals()

    def send(many: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(many):
            connection.request("POST", "/", FORM, next(headers))
            response = connection.getresponse()
            page = response.read().decode()
            refusals.statuses[response.status] += 1
            said = re.search(r'<div class="form-error"[^>]*>\s*<p>(.*?)</p>', page) or re.search(
                r"<h1>(.*?)</h1>", page
            )
            if response.status == 429 and said:
                refusals.words[re.sub(r"\d+ (seconds?|minutes?|h|min)", r"… \1", said[1])] += 1

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(send, count // THREADS) for _ in range(THREADS)]
        took = [_started_after(port, token)]
        while not all(each.done() for each in running):
            took.append(_started_after(port, token))
        for each in running:
            each.result()
    return refusals, took


def _started_after(port: int, token: str) -> float:
    """Order, and give the seconds until a worker has begun it."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-Forwarded-For": PAYING,
        "Host": "127.0.0.1",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/api/v1/jobs", ORDER, headers)
    job = json.load(connection.getresponse())
    while job["metrics"]["queue_seconds"] is None:
        time.sleep(0.05)
        connection.request("GET", f"/api/v1/jobs/{job['id']}", headers=headers)
        job = json.load(connection.getresponse())
    return float(job["metrics"]["queue_seconds"])


def _said(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s, {max(seconds):.2f} s at most, of {len(seconds)}"


def _report(title: str, refusals: Refusals) -> None:
    print(f"{title}: answered {dict(refusals.statuses)}")
    for words, times in refusals.words.most_common(6):
        print(f"  {times:,} times: {words}")


if __name__ == "__main__":
    main()
