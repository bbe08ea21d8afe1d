"""What others notice while one address places orders as fast as it can, and what that leaves behind.

`make bench-flood`, or `python -m benchmarks.order_flood`. Linux and PostgreSQL as TEST_DATABASE_URL names it, where a
database is made and dropped. A real gunicorn, behind one proxy as far as it knows (`TRUSTED_PROXIES=1`): addresses are
those of `X-Forwarded-For`, and the flood writes one more before its own, another in each order. It comes from visitors
without cookies, then from five tokens of one user, so many orders a second. Others, each at an address of their own,
read pages and their jobs and order. No worker runs, so that the line only grows.
"""

import contextlib
import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.http_load import Answered, Ask, Headers, in_threads
from benchmarks.measuring import in_new_process, verdict
from benchmarks.site_command import site_command
from benchmarks.worker_group import cpu_seconds, group, postgres_database

SECONDS = 15.0
ROUNDS = 3
ORDERS_A_SECOND = 100
OTHERS = 4
THINKING_SECONDS = 0.05
START_SECONDS = 60.0
LEAST_KEPT = 0.9
FLOODER = "203.0.113.7"
CSRF = "a" * 32
FORM = urlencode({"prompt": "noise", "duration": "300", "variations": "4", "csrfmiddlewaretoken": CSRF})
ORDER = json.dumps({"prompt": "rainy night", "duration": 30})
NOISE = json.dumps({"prompt": "noise", "duration": 300, "variations": 4})


@dataclass(frozen=True)
class People:
    """The secrets of API tokens: of the others, of the flooder, and of somebody who orders in the midst of it."""

    others: list[str]
    flooder: list[str]
    paying: str


def main() -> None:
    """Measure and print."""
    print(
        f"{OTHERS} others for {SECONDS:.0f} s, {ROUNDS} times alone and beside {ORDERS_A_SECOND} orders a second"
    )
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "musicgen.settings",
            "DATABASE_URL": url,
            "VAR_DIR": folder,
            "TRUSTED_PROXIES": "1",
            "LOG_FORMAT": "json",
        }
        people = in_new_process(_prepare)
        with gunicorn(Path(folder)) as (port, pid):
            for title, flood in (
                ("visitors without cookies", _cookieless),
                ("five tokens of one user", _by_tokens),
            ):
                _report(title, flood, port, pid, people)


def _report(title: str, flood: "Flood", port: int, pid: int, people: People) -> None:
    alone, beside, floods, used = [], [], [], []
    before = in_new_process(_rows)
    for _ in range(ROUNDS):
        alone.append(_measure(None, port, people)[0])
        began, cpu = time.monotonic(), cpu_seconds(group(pid))
        others, flooded = _measure(flood, port, people)
        used.append((cpu_seconds(group(pid)) - cpu) / (time.monotonic() - began))
        beside.append(others)
        floods.append(flooded)
    rows = in_new_process(_rows)
    place = _place(port, people.paying)
    kept = statistics.median(b.per_second / a.per_second for a, b in zip(alone, beside, strict=True))
    answered = sorted(status for each in floods for status in each.statuses)
    counts = {status: len(list(same)) for status, same in itertools.groupby(answered)}
    sent = sum(each.per_second for each in floods) / ROUNDS
    print(title)
    print(f"  the flood: {sent:.0f} orders/s, answered {counts}, median {_median(floods):.1f} ms")
    print(f"  others alone:     {_all(alone)}\n  others beside it: {_all(beside)}")
    print(f"  they keep {kept:.0%} {verdict(kept >= LEAST_KEPT, f'{LEAST_KEPT:.0%}')}")
    print(f"  the web processes used {statistics.median(used):.2f} of a core beside it")
    made = {name: count - before[name] for name, count in rows.items()}
    print(f"  rows made, those of the others' orders too: {made}")
    print(f"  jobs that the flood got in line: {rows['jobs of the flood'] - before['jobs of the flood']}")
    # One turn for each who waits, the flood being one of them.
    is_fair = place["place"] <= place["owners"] + 1
    fair = verdict(is_fair, "one turn for the flood")
    print(f"  a user who orders now is at place {place['place']}, behind {place['owners']} owners {fair}")


def _all(measured: Sequence[Answered]) -> Answered:
    return Answered(
        [status for each in measured for status in each.statuses],
        [took for each in measured for took in each.took],
        sum(each.seconds for each in measured),
    )


def _median(measured: Sequence[Answered]) -> float:
    return statistics.median(took for each in measured for took in each.took) * 1e3


# --- the site


def _prepare() -> People:
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.models import ApiToken, User

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)

    def tokens(name: str, count: int = 1) -> list[str]:
        user = User.objects.create_user(email=f"{name}@example.org")
        return [ApiToken.objects.issue(user, "bench", ["read", "write"])[1] for _ in range(count)]

    others = [tokens(f"other{number}")[0] for number in range(OTHERS)]
    return People(others, tokens("flooder", 5), tokens("paying")[0])


def _rows() -> dict[str, int]:
    import django

    django.setup()
    from django.contrib.sessions.models import Session

    from accounts.models import CachedValue, RateCount, User
    from generation.models import Job

    return {
        "users": User.objects.count(),
        "sessions": Session.objects.count(),
        "jobs": Job.objects.count(),
        "jobs of the flood": Job.objects.filter(input__prompt="noise").count(),
        "counts of rates": RateCount.objects.count() + CachedValue.objects.count(),
    }


def _place(port: int, token: str) -> dict[str, int]:
    """Where somebody stands in line who orders now, and how many owners wait with them."""
    headers = _api("192.0.2.200", token)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/api/v1/jobs", ORDER, headers)
    job = json.load(connection.getresponse())
    connection.request("POST", f"/api/v1/jobs/{job['id']}/cancel", headers=headers)
    connection.getresponse().read()
    return {"place": job["queue_position"], "owners": in_new_process(_owners_in_line)}


def _owners_in_line() -> int:
    import django

    django.setup()
    from generation.models import Job

    return len(Job.objects.queued().turns())


@contextlib.contextmanager
def gunicorn(folder: Path) -> Iterator[tuple[int, int]]:
    from generation.tests.running_site import free_port

    port = free_port()
    command = site_command(port)
    with (folder / "web.log").open("wb") as log:
        web = subprocess.Popen(command, stderr=log, start_new_session=True)
        try:
            _wait_until_it_answers(port)
            yield port, web.pid
        finally:
            web.terminate()
            web.wait(60)


def _wait_until_it_answers(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("The site did not start.")


# --- who asks


Flood = Callable[[int, int, People], tuple[str, str, Headers]]


def _cookieless(port: int, number: int, people: People) -> tuple[str, str, Headers]:
    """An order by the page, of a browser that keeps nothing."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={CSRF}"}
    return "/", FORM, headers | _from(FLOODER)


def _by_tokens(port: int, number: int, people: People) -> tuple[str, str, Headers]:
    """An order through the API, by one of the flooder's tokens."""
    return "/api/v1/jobs", NOISE, _api(FLOODER, people.flooder[number % len(people.flooder)])


def _from(address: str) -> Headers:
    made_up = f"198.51.100.{random.randrange(256)}"
    return {"X-Forwarded-For": f"{made_up}, {address}", "Host": "127.0.0.1"}


def _api(address: str, token: str) -> Headers:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | _from(address)


def _measure(flood: Flood | None, port: int, people: People) -> tuple[Answered, Answered]:
    """The answers to the others, and those to the flood; each asks from a process of its own."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        flooding = pool.submit(_flood, flood, port, people) if flood else None
        others = pool.submit(_ask_as_others, port, people)
        return others.result(), flooding.result() if flooding else Answered([], [], SECONDS)


def _ask_as_others(port: int, people: People) -> Answered:
    def ask(number: int, ask_one: Ask) -> None:
        address, token = f"192.0.2.{number + 1}", people.others[number]
        for turn in itertools.count():
            if turn % 40 == 39:
                ask_one("POST", "/api/v1/jobs", ORDER, _api(address, token))
            elif turn % 2:
                ask_one("GET", "/api/v1/jobs?page_size=10", None, _api(address, token))
            else:
                ask_one("GET", "/", None, _from(address))
            time.sleep(THINKING_SECONDS)

    return in_threads(OTHERS, port, SECONDS, ask)


def _flood(flood: Flood, port: int, people: People) -> Answered:
    began = time.monotonic()
    numbers = itertools.count()

    def ask(_: int, ask_one: Ask) -> None:
        while True:
            number = next(numbers)
            time.sleep(max(0.0, began + number / ORDERS_A_SECOND - time.monotonic()))
            ask_one("POST", *flood(port, number, people))

    return in_threads(8, port, SECONDS, ask)


if __name__ == "__main__":
    main()
