"""What counting costs a request, and what `/metrics` and a sample of the site cost with 1,000,000 jobs.

`make bench-metrics`, or `python -m benchmarks.metrics`. A request that does nothing goes through the middleware that
counts it, with and without its counting, taking turns. PostgreSQL as TEST_DATABASE_URL names it, where a database is
made and dropped: 1,000 owners, 1,000,000 jobs, of which 10,000 wait, 100,000 tracks and some hundred series.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from typing import Any
from unittest.mock import patch

from benchmarks.measuring import alternating, ratio, verdict
from benchmarks.worker_group import postgres_database

OWNERS, JOBS, TRACKS, QUEUED = 1_000, 1_000_000, 100_000, 10_000
REQUESTS, ROUNDS, REPEATS = 2_000, 41, 15
MOST_US, MOST_PAGE_MS, MOST_SAMPLE_MS = 20.0, 100.0, 100.0
ROUTES = [f"web:route{number}" for number in range(60)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--part", type=int, default=1, help="fill the database with one part in so many")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "musicgen.settings", "DATABASE_URL": url, "VAR_DIR": folder}
        import django

        django.setup()
        _requests()
        _fill(options.part)
        _page()
        _sample()
        _flush()


def _requests() -> None:
    """The middleware around a view that does nothing; its lines go nowhere in either case."""
    from django.http import HttpResponse
    from django.test import RequestFactory
    from django.urls import resolve

    from musicgen.metrics.pending import PENDING
    from musicgen.requests import RequestMiddleware

    logging.getLogger("musicgen.access").setLevel(logging.ERROR)
    request = RequestFactory().get("/library/")
    request.resolver_match = resolve("/library/")
    answer = RequestMiddleware(lambda _: HttpResponse())

    def microseconds() -> float:
        began = time.thread_time()  # what else the machine does is no part of it
        for _ in range(REQUESTS):
            answer(request).close()
        return (time.thread_time() - began) / REQUESTS * 1e6

    taken: dict[str, list[float]] = {"with": [], "without": []}
    for name in alternating(list(taken), ROUNDS):
        with _uncounted() if name == "without" else _as_it_is():
            taken[name].append(microseconds())
    PENDING.take()
    counted, bare = (statistics.median(taken[name]) for name in ("with", "without"))
    cost = counted - bare
    print(
        f"a request through the middleware: {counted:.1f} µs counted, {bare:.1f} µs not, "
        f"{ratio(taken['without'], taken['with']):.2f} times; counting takes {cost:.1f} µs "
        f"{verdict(cost <= MOST_US, f'<= {MOST_US:g} µs')}"
    )


@contextmanager
def _uncounted() -> Iterator[None]:
    with patch("musicgen.requests._Ended._count", lambda *_: None):
        yield


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _fill(part: int) -> None:
    from django.core.management import call_command

    from benchmarks import api_rows
    from generation.models import Metric

    began = time.monotonic()
    call_command("migrate", verbosity=0, interactive=False)
    owners = [user for user, _ in api_rows.make_owners(OWNERS // part)]
    api_rows.fill(owners, jobs_each=JOBS // OWNERS, tracks_each=TRACKS // OWNERS)
    api_rows.queue(owners[0], QUEUED // part)
    Metric.objects.add(_amounts())
    print(f"{len(owners) * JOBS // OWNERS:,} jobs ({time.monotonic() - began:.0f} s to make)")


def _amounts() -> dict[tuple[str, ...], float]:
    """Series as a site has them after a while."""
    from musicgen.metrics.names import HTTP_REQUESTS, HTTP_SECONDS

    requests = product((HTTP_REQUESTS.name,), ("GET", "POST"), ROUTES, ("2xx", "4xx"))
    seconds = product((HTTP_SECONDS.name,), ("GET", "POST"), ROUTES, (*HTTP_SECONDS.ends[:6], "sum"))
    return dict.fromkeys([*requests, *seconds], 1.0)


def _page() -> None:
    from django.utils import timezone

    from generation.monitoring.exposition import exposition

    page = _milliseconds(lambda: exposition(timezone.now(), ""))
    print(f"/metrics: {page:.1f} ms {verdict(page <= MOST_PAGE_MS, f'<= {MOST_PAGE_MS:g} ms')}")


def _sample() -> None:
    from django.utils import timezone

    from generation.models import SiteSample
    from generation.monitoring import sampling

    sampler, now = sampling.Sampler(), timezone.now()
    first = _once(partial(sampler.sample, now))
    times = [
        _once(partial(sampling._taken, now, now, SiteSample.objects.all().latest_one()))
        for _ in range(REPEATS)
    ]
    usual = statistics.median(times)
    print(
        f"a sample: {usual:.1f} ms {verdict(usual <= MOST_SAMPLE_MS, f'<= {MOST_SAMPLE_MS:g} ms')}, "
        f"once an hour {first:.0f} ms with all bytes"
    )


def _flush() -> None:
    from generation.models import Metric

    amounts = dict(list(_amounts().items())[:100])
    print(f"adding 100 series: {_milliseconds(lambda: Metric.objects.add(amounts)):.1f} ms")


def _milliseconds(act: Callable[[], Any]) -> float:
    act()
    return statistics.median(_once(act) for _ in range(REPEATS))


def _once(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    main()
