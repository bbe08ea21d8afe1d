"""What a user has used: counted by day and engine, in as many queries for much as for little, by indexes."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from generation.models import Job, Rendition, Track
from generation.models.job_states import Status
from generation.models.usage import EngineUsage, Usage
from generation.tests.api_calls import API, client_of, stored_track, unsaved_track

pytestmark = pytest.mark.on_both

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 31, tzinfo=UTC)
FIRST_DAY = datetime(2026, 1, 2, tzinfo=UTC)
STATES: dict[Status, dict[str, Any]] = {
    Status.COMPLETED: {"finished_at": NOW},
    Status.FAILED: {"finished_at": NOW, "error_code": "internal"},
    Status.CANCELED: {"finished_at": NOW},
    Status.PROCESSING: {"lease_until": NOW},
    Status.QUEUED: {},
}


def ordered(user: User, status: Status, at: datetime = NOW, *durations: float, **fields: Any) -> Job:
    """A job in this state with tracks of these durations."""
    job = Job.objects.create(owner=user, created_at=at, **{"engine": "composer", "input": {}} | fields)
    tracks = [stored_track(job, duration=duration, size=1000) for duration in durations]
    state = STATES[status] | ({"lease_owner": str(job.pk)} if status == Status.PROCESSING else {})
    if status == Status.COMPLETED:
        state["first_track"] = tracks[0]
    Job.objects.filter(pk=job.pk).update(status=status, **state)
    return job


def test_nothing_was_used_yet(alice):
    usage = Usage.of(alice, NOW)
    assert (usage.today.since, usage.last_days.since) == (MIDNIGHT, FIRST_DAY)
    assert (usage.today.engines, usage.last_days.engines) == ((), ())
    assert (usage.today.jobs, usage.today.seconds, usage.today.cost_usd) == (0, 0, None)
    assert (usage.queued, usage.running, usage.tracks, usage.stored_bytes) == (0, 0, 0, 0)


def test_days_begin_at_midnight_utc(alice):
    before = timedelta(microseconds=1)
    ordered(alice, Status.COMPLETED, MIDNIGHT, 10)
    ordered(alice, Status.COMPLETED, MIDNIGHT - before, 20)
    ordered(alice, Status.COMPLETED, FIRST_DAY, 40)
    ordered(alice, Status.COMPLETED, FIRST_DAY - before, 80)
    usage = Usage.of(alice, NOW)
    assert usage.today.engines == (EngineUsage("composer", 1, 10, None),)
    assert usage.last_days.engines == (EngineUsage("composer", 3, 70, None),)
    assert usage.tracks == 4


def test_engines_are_told_apart_and_their_known_cost_added(alice):
    ordered(alice, Status.COMPLETED, NOW, 30, 30)
    for _ in range(2):
        ordered(alice, Status.COMPLETED, NOW, 120, engine="modal", cost_usd=Decimal("0.0101"))
    usage = Usage.of(alice, NOW)
    modal, composer = usage.today.engines
    assert modal == EngineUsage("modal", 2, 240, Decimal("0.0202"))
    assert composer == EngineUsage("composer", 1, 60, None)
    assert (usage.today.jobs, usage.today.seconds, usage.today.cost_usd) == (3, 300, Decimal("0.0202"))


def test_what_failed_or_was_canceled_does_not_count_but_what_it_cost_does(alice):
    ordered(alice, Status.FAILED, NOW, 30, engine="modal", cost_usd=Decimal("0.01"))
    ordered(alice, Status.CANCELED)
    usage = Usage.of(alice, NOW)
    assert usage.today.engines == (
        EngineUsage("modal", 0, 30, Decimal("0.01")),
        EngineUsage("composer", 0, 0, None),
    )


def test_what_waits_and_what_is_being_made(alice):
    for status in (Status.QUEUED, Status.QUEUED, Status.PROCESSING):
        ordered(alice, status, FIRST_DAY - timedelta(days=9))
    usage = Usage.of(alice, NOW)
    assert (usage.queued, usage.running, usage.last_days.jobs) == (2, 1, 0)


def test_what_is_stored_is_less_after_a_deletion_what_was_used_is_not(alice):
    job = ordered(alice, Status.COMPLETED, NOW, 30, 30)
    first, second = job.tracks.order_by("index")
    for track in (first, second):
        Rendition.objects.create(
            track=track, format="mp3", audio=f"{track.pk}.mp3", storage_type="local", size=10
        )
    assert (Usage.of(alice, NOW).tracks, Usage.of(alice, NOW).stored_bytes) == (2, 2020)
    Track.objects.filter(pk=first.pk).discard(NOW)
    usage = Usage.of(alice, NOW)
    assert (usage.tracks, usage.stored_bytes, usage.today.seconds) == (1, 1010, 60)


def test_another_users_jobs_and_tracks_do_not_count(alice, bob):
    ordered(bob, Status.COMPLETED, NOW, 30)
    ordered(bob, Status.QUEUED)
    assert Usage.of(alice, NOW) == Usage.of(User(), NOW)


def test_the_api_tells_it(alice):
    ordered(alice, Status.COMPLETED, datetime.now(UTC), 30.00001, cost_usd=Decimal("0.02"))
    ordered(alice, Status.QUEUED)
    response = client_of(alice, "read").get(f"{API}/usage")
    body = response.json()
    used = {"jobs": 1, "seconds": 30.0, "cost_usd": 0.02}
    engines = [{"engine": "composer", **used}]
    assert response["Cache-Control"] == "private, no-cache"
    assert {key: value for key, value in body["today"].items() if key != "since"} == {
        **used,
        "engines": engines,
    }
    assert body["last_30_days"]["engines"] == engines
    assert (body["queued"], body["running"], body["stored"]) == (1, 0, {"tracks": 1, "bytes": 1000})
    assert client_of(alice, "write").get(f"{API}/usage").status_code == 403


def test_the_page_shows_it(alices, alice):
    ordered(alice, Status.COMPLETED, datetime.now(UTC), 90)
    ordered(alice, Status.COMPLETED, datetime.now(UTC), 30, engine="gone", cost_usd=Decimal("0.0012"))
    text = " ".join(alices.get("/accounts/").content.decode().split())
    for words in (
        "<dd>2:00</dd>",
        "<dd>$0.0012</dd>",
        "Built-in composer: 1 job, 1:30",
        "gone: 1 job, 0:30, $0.0012",
    ):
        assert words in text


def test_much_takes_no_more_queries_than_little(alice, django_assert_num_queries):
    for engine in ("composer", "modal", "gone"):
        for status in STATES:
            ordered(alice, status, NOW, 1, 2, engine=engine)
    with django_assert_num_queries(5):
        Usage.of(alice, NOW)


def test_no_table_is_read_as_a_whole(alice, bob):
    """PostgreSQL plans by what the tables hold, so they hold much of another's."""
    is_postgresql = connection.vendor == "postgresql"
    many = {"owner": bob, "engine": "composer", "input": {}, "status": Status.CANCELED, "finished_at": NOW}
    jobs = Job.objects.bulk_create(Job(created_at=NOW, **many) for _ in range(5_000 if is_postgresql else 20))
    pattern = unsaved_track(jobs[0])
    same = {field.attname: getattr(pattern, field.attname) for field in Track._meta.concrete_fields}
    tracks = Track.objects.bulk_create(Track(**same | {"id": uuid.uuid4(), "job_id": job.pk}) for job in jobs)
    mp3 = {"format": "mp3", "audio": "x.mp3", "storage_type": "local", "size": 10}
    Rendition.objects.bulk_create(Rendition(track=track, **mp3) for track in tracks)
    ordered(alice, Status.COMPLETED, NOW, 30)
    ordered(alice, Status.QUEUED)
    if is_postgresql:  # SQLite plans by what it knows without: two owners are too few to tell it anything
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as captured:
        Usage.of(alice, NOW)
    explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"{explain} {query['sql']}")
            plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
        assert "generation_" in plan
        assert not re.search(r"Seq Scan on generation_|SCAN generation_", plan), plan
