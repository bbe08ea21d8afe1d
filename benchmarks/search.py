"""How long the database takes to find the first page of a library of 100,000 tracks, on SQLite and on PostgreSQL.

`make bench-search`, or `python -m benchmarks.search`. Beside each search the former one is measured in turns with it:
`icontains` in title and prompt. PostgreSQL as TEST_DATABASE_URL names it, where a database is made and dropped.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from benchmarks.measuring import alternating, in_new_process, ratio, verdict
from benchmarks.prompt_words import MOODS, RARE, SOUNDS, THINGS
from benchmarks.worker_group import postgres_database

if TYPE_CHECKING:
    from accounts.models import User
    from generation.models import Job, Track
    from generation.models.track_queries import TrackQuerySet

TRACKS, OF_A_JOB = 100_000, 1000
ROUNDS, PAGE = 7, 24
MOST_MS = 50.0
JAPANESE = ("夜のドライブ", "雨の街", "静かな海", "朝の光", "冬の列車")
GENRES = ("lofi", "jazz", "house", "ambient", "drum and bass", "techno", "classical")
# What is looked for, by what is special about it.
QUERIES = {
    "a common word": "night",
    "a rare word": RARE,
    "no match": "xylophonist",
    "a common and a rare word": f"night {RARE}",
    "three common words": "rainy night lofi",
    "a tempo": "82 bpm",
    "a key": "A minor",
    "a short word": "dj",
    "two characters": "海辺",
    "two common characters": "夜の",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    if options.only != "postgresql":
        in_new_process(measure, "SQLite", "", options.tracks)
    if options.only != "sqlite":
        with postgres_database() as url:
            in_new_process(measure, "PostgreSQL", url, options.tracks)


def measure(title: str, url: str, count: int) -> None:
    """Fill a database and print how long each search takes there."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "musicgen.settings", "VAR_DIR": folder, "DATABASE_URL": url}
        if not url:
            del os.environ["DATABASE_URL"]
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        began = time.monotonic()
        owner = _filled(count)
        print(f"{title}, {count:,} tracks of one owner ({time.monotonic() - began:.0f} s to make)")
        for name, query in QUERIES.items():
            _compare(owner, name, query)
        _migrate_again(count)


def _compare(owner: "User", name: str, query: str) -> None:
    from generation.models import Track

    ways: dict[str, Callable[[TrackQuerySet, str], TrackQuerySet]] = {
        "now": lambda tracks, words: tracks.matching(words),
        "before": _formerly_matching,
    }
    took: dict[str, list[float]] = {way: [] for way in ways}
    found: dict[str, int] = {}
    for way in [*ways, *alternating(list(ways), ROUNDS)]:
        tracks = ways[way](Track.objects.visible_to(owner), query).order_by("-created_at", "-id")
        page = tracks.with_job("engine").defer("peaks", "search_text")[: PAGE + 1]
        milliseconds, rows = _timed(page)
        took[way].append(milliseconds)
        found[way] = min(len(rows), PAGE)
    now, before = (took[way][1:] for way in ways)  # the first of each has warmed up what it reads
    median = statistics.median(now)
    print(
        f"  {name:26} {median:6.1f} ms {verdict(median <= MOST_MS, f'<= {MOST_MS:g} ms')}  finds {found['now']:2}  "
        f"icontains {statistics.median(before):7.1f} ms, finds {found['before']:2}; "
        f"{ratio(now, before):6.1f} times as quick",
        flush=True,
    )


def _formerly_matching(tracks: "TrackQuerySet", words: str) -> "TrackQuerySet":
    from django.db.models import Q

    for word in words.split():
        tracks = tracks.filter(Q(title__icontains=word) | Q(prompt__icontains=word))
    return tracks


def _timed(page: "Iterable[Track]") -> tuple[float, "list[Track]"]:
    """The milliseconds that the database took for a page, and its rows.

    SQLite works in this process, while its rows are asked for: there it is all the CPU time.
    """
    from django.db import connection

    spent = 0.0

    def timing(execute: Callable[..., Any], *args: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        answer = execute(*args)
        spent += time.perf_counter() - began
        return answer

    began = time.thread_time()
    with connection.execute_wrapper(timing):
        rows = list(page)
    if connection.vendor == "sqlite":
        spent = time.thread_time() - began
    return spent * 1e3, rows


def _filled(count: int) -> "User":
    from django.db import connection

    from accounts.models import User
    from generation.models import Job, Track

    owner = User.objects.create_user(email="owner@example.org")
    order = {"prompt": "rainy night", "duration": 30.0, "seed": 7}
    jobs = [Job(owner=owner, engine="composer", input=order) for _ in range(0, count, OF_A_JOB)]
    Job.objects.bulk_create(jobs)
    tracks = _tracks(owner, jobs, random.Random(1))
    while batch := list(islice(tracks, OF_A_JOB)):
        Track.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return owner


def _tracks(owner: "User", jobs: "list[Job]", draw: random.Random) -> "Iterator[Track]":
    from datetime import timedelta

    from django.utils import timezone

    from generation.models import Track

    now = timezone.now()
    for number in range(len(jobs) * OF_A_JOB):
        mood, thing = draw.choice(MOODS), draw.choice(THINGS)
        title = f"{draw.choice(JAPANESE)} {number}" if number % 20 == 0 else f"{mood} {thing} {number}"
        sounds = " and ".join(draw.sample(SOUNDS, 2))
        rare = f", {RARE}" if number in (500, 50_000) else ""
        yield Track(
            id=uuid4(),
            job=jobs[number // OF_A_JOB],
            owner=owner,
            index=number % OF_A_JOB,
            title=title.capitalize(),
            prompt=f"{mood} {thing} with {sounds}, for a {draw.choice(MOODS)} {draw.choice(THINGS)}{rare}",
            genre=draw.choice(GENRES),
            tags=[draw.choice(("calm", "work", "dj", "2026"))] if number % 10 == 0 else [],
            seed=number,
            duration=30.0,
            sample_rate=48_000,
            channels=2,
            peaks=draw.randbytes(1600),
            samples_per_pixel=1800,
            bpm=float(draw.randint(60, 180)),
            key=f"{draw.choice('ABCDEFG')} {draw.choice(('minor', 'major'))}",
            audio=f"tracks/{number}/audio.wav",
            storage_type="s3",
            size=5_760_044,
            checksum="0" * 64,
            created_at=now - timedelta(minutes=number),
        )


def _migrate_again(count: int) -> None:
    """How long it takes to write down the words of tracks that were there before."""
    from django.core.management import call_command

    from generation.models import Track

    call_command("migrate", "generation", "0021", verbosity=0, interactive=False)
    began = time.monotonic()
    call_command("migrate", "generation", verbosity=0, interactive=False)
    spent = time.monotonic() - began
    left = Track.objects.filter(search_text="").count()
    print(f"  migrating what was there: {spent:.0f} s for {count:,} tracks, {left} left out", flush=True)


if __name__ == "__main__":
    main()
