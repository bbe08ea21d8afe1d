"""Which jobs a query gives, with a row beside each one that is meant."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from accounts.models import User
from generation.models import Job, Track
from generation.models.job_queries import CLEANUP_GRACE, FOLLOWER_GRACE, NEVER, WAKE_GRACE, Turn
from generation.models.job_states import CallState, Status
from generation.tests.api_calls import stored_track

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
NOW = timezone.now()
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(minutes=1)
INPUT = {"prompt": "rain", "duration": 1, "seed": 1}
ENDED = {"status": Status.FAILED, "error_code": "internal", "finished_at": PAST}
FOLLOWED = {"call_state": CallState.FOLLOWED, "call_id": "call"}
TIMED = {"attempt": 1, "started_at": PAST, "claimed_at": PAST, "generate_seconds": 2, "store_seconds": 1}


@pytest.fixture(autouse=True)
def engine(scripted) -> None:
    """The site has an engine, and none that is remote."""


def made(owner: User, **fields: Any) -> Job:
    """A job that waits, due and in time."""
    defaults = {"run_after": PAST, "deadline_at": FUTURE, "woken_at": PAST}
    return Job.objects.create(owner=owner, engine="scripted", input=INPUT, **defaults | fields)


def at_work(owner: User, until: datetime = FUTURE, **fields: Any) -> Job:
    """A job in somebody's hands."""
    count = Job.objects.count()
    lease = {"lease_owner": f"worker {count}", "lease_until": until}
    return made(owner, status=Status.PROCESSING, **lease | fields)


def test_claimable_is_what_is_due_or_was_left_by_a_dead_worker(alice, settings):
    settings.JOB_MAX_LOST_WORKERS = 2
    due, left = made(alice), at_work(alice, until=PAST)
    collectable = at_work(alice, until=PAST, call_state=CallState.ENDED, call_id="call", lost_workers=2)
    made(alice, run_after=FUTURE)
    made(alice, cancel_requested_at=PAST)
    made(alice, deadline_at=PAST)
    made(alice, **ENDED)
    at_work(alice)
    at_work(alice, until=PAST, **FOLLOWED)
    at_work(alice, until=PAST, lost_workers=2)
    assert set(Job.objects.claimable(NOW)) == {due, left, collectable}


def test_adoptable_is_what_nobody_follows(alice):
    adoptable = at_work(alice, until=PAST, **FOLLOWED)
    at_work(alice, until=PAST)
    at_work(alice, until=PAST, call_state=CallState.ENDED, call_id="call")
    at_work(alice, **FOLLOWED)
    at_work(alice, until=PAST, cancel_requested_at=PAST, **FOLLOWED)
    at_work(alice, until=PAST, deadline_at=PAST, **FOLLOWED)
    assert list(Job.objects.adoptable(NOW)) == [adoptable]
    assert not Job.objects.unfollowed(NOW).exists()
    assert list(Job.objects.unfollowed(NOW + FOLLOWER_GRACE)) == []  # past its deadline by then
    Job.objects.filter(pk=adoptable.pk).update(lease_until=PAST - FOLLOWER_GRACE)
    assert list(Job.objects.unfollowed(NOW)) == [adoptable]


def test_a_follower_renews_its_own_leases_alone(alice, settings):
    mine = at_work(alice, lease_owner="host:1:a", **FOLLOWED)
    other = at_work(alice, lease_owner="host:2:a", **FOLLOWED)
    late = at_work(alice, lease_owner="host:1:b", deadline_at=PAST, **FOLLOWED)
    at_work(alice, lease_owner="host:1:c")
    assert set(Job.objects.followed_by("host:1:")) == {mine, late}
    assert Job.objects.renew_leases("host:1:", NOW) == 1
    assert Job.objects.get(pk=mine.pk).lease_until == NOW + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    assert {Job.objects.get(pk=job.pk).lease_until for job in (other, late)} == {FUTURE}


def test_progress_is_noted_by_lease_and_renews_it(alice, settings):
    one = at_work(alice, lease_owner="one", **FOLLOWED)
    two = at_work(alice, lease_owner="two", **FOLLOWED)
    at_work(alice, lease_owner="three")
    at_work(alice, lease_owner="four", deadline_at=PAST, **FOLLOWED)
    parts = {"one": 0.25, "two": 0.5, "three": 0.75, "four": 0.75, "nobody": 0.75}
    assert Job.objects.report_progress(NOW, parts) == 2
    assert Job.objects.report_progress(NOW, {}) == 0
    noted = Job.objects.exclude(progress=None)
    assert dict(noted.values_list("pk", "progress")) == {one.pk: 0.25, two.pk: 0.5}
    until = NOW + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    assert set(Job.objects.filter(lease_until=until)) == set(noted)


def test_without_worker_is_what_waits_for_a_call_or_for_its_result(alice):
    waiting = at_work(alice, **FOLLOWED)
    ended = at_work(alice, call_state=CallState.ENDED, call_id="call")
    at_work(alice)
    made(alice)
    assert set(Job.objects.without_worker()) == {waiting, ended}


def test_expired_is_what_nobody_works_on_and_nobody_may_take(alice, settings):
    settings.JOB_MAX_LOST_WORKERS = 2
    expired = {
        made(alice, deadline_at=PAST),
        made(alice, cancel_requested_at=PAST),
        at_work(alice, until=PAST, deadline_at=PAST),
        at_work(alice, until=PAST, lost_workers=2),
        at_work(alice, until=PAST, cancel_requested_at=PAST, **FOLLOWED),
    }
    made(alice)
    at_work(alice, deadline_at=PAST)
    at_work(alice, lost_workers=2)
    at_work(alice, cancel_requested_at=PAST)
    at_work(alice, until=PAST, lost_workers=2, **FOLLOWED)
    made(alice, deadline_at=PAST, **ENDED)
    assert set(Job.objects.expired(NOW)) == expired


def test_without_message_is_what_waits_for_long_the_longest_first(alice):
    long_ago = NOW - WAKE_GRACE
    second = made(alice, woken_at=long_ago - timedelta(seconds=1))
    first = made(alice, woken_at=long_ago - timedelta(seconds=2))
    made(alice, woken_at=long_ago)
    at_work(alice, woken_at=long_ago - timedelta(seconds=3))
    assert list(Job.objects.without_message(NOW)) == [first, second]


def test_with_leftovers_is_what_ended_a_while_ago_and_was_not_cleared(alice):
    long_ago = NOW - CLEANUP_GRACE - timedelta(seconds=1)
    old = {"finished_at": long_ago, "woken_at": long_ago}
    left = made(alice, **ENDED | old, leftovers=True)
    made(alice, **ENDED | old)
    made(alice, **ENDED | {"woken_at": long_ago}, leftovers=True)
    made(alice, **ENDED | {"finished_at": long_ago}, leftovers=True)
    at_work(alice, woken_at=long_ago, leftovers=True)
    assert list(Job.objects.with_leftovers(NOW)) == [left]


def test_shown_leaves_out_what_was_deleted_and_what_was_tried_again(alice):
    waiting, kept, deleted = made(alice), completed(alice), completed(alice)
    deleted.tracks.update(deleted_at=PAST)
    tried_again = made(alice, **ENDED)
    again = made(alice, retry_of=tried_again)
    half = completed(alice, tracks=2)
    half.tracks.filter(index=0).update(deleted_at=PAST)
    assert set(Job.objects.all().shown()) == {waiting, kept, again, half}


def completed(owner: User, tracks: int = 1, **fields: Any) -> Job:
    """A job that was completed in its first attempt and timed."""
    job = at_work(owner)
    first, *_ = [stored_track(job) for _ in range(tracks)]
    ended = {"status": Status.COMPLETED, "finished_at": NOW, "lease_owner": None, "lease_until": None}
    Job.objects.filter(pk=job.pk).update(first_track=first, **TIMED | ended | fields)
    job.refresh_from_db()
    return job


def test_measured_is_what_one_attempt_made_from_the_beginning(alice):
    measured = completed(alice)
    completed(alice, attempt=2)
    completed(alice, claimed_at=NOW)
    completed(alice, generate_seconds=None)
    completed(alice, store_seconds=None)
    completed(alice, engine="other")
    made(alice, **ENDED | TIMED)
    assert list(Job.objects.measured("scripted")) == [measured]


def test_turns_count_the_jobs_and_know_when_one_was_last_taken(alice, bob):
    first = made(alice, created_at=PAST - timedelta(minutes=2))
    made(alice, created_at=PAST)
    completed(alice, claimed_at=PAST - timedelta(minutes=1))
    completed(alice, claimed_at=PAST)
    theirs = made(bob, created_at=PAST)
    assert Job.objects.queued().turns() == [
        Turn(NEVER, theirs.created_at, bob.pk, 1),
        Turn(PAST, first.created_at, alice.pk, 2),
    ]


def test_tracks_come_without_their_peaks(alice, django_assert_num_queries):
    completed(alice), completed(alice)
    with django_assert_num_queries(2):
        jobs = list(Job.objects.all().with_tracks())
        assert [len(job.kept_tracks) for job in jobs] == [1, 1]
    assert "peaks" in jobs[0].kept_tracks[0].get_deferred_fields()


def test_rows_become_what_django_itself_makes_of_them(alice, django_assert_num_queries):
    """Jobs and tracks are made without looking at each field of the model."""
    completed(alice)
    for model in (Job, Track):
        row = model.objects.defer("created_at").get()
        names = [name for name in vars(row) if name != "_state"]
        plain = models.Model.from_db.__func__(model, "default", names, [vars(row)[name] for name in names])
        assert {name: vars(row)[name] for name in names} == {name: vars(plain)[name] for name in names}
        assert (row._state.adding, row._state.db) == (plain._state.adding, plain._state.db)
        assert row == plain
        with django_assert_num_queries(1):
            assert row.created_at is not None


def test_tracks_that_were_loaded_are_read_anew_with_their_job(alice):
    completed(alice)
    [job] = Job.objects.all().with_tracks()
    [track] = job.kept_tracks
    Track.objects.filter(pk=track.pk).update(deleted_at=timezone.now())
    job.refresh_from_db()
    assert job.kept_tracks == []


def test_bob_and_whoever_is_not_logged_in_see_nothing_of_alice(alice, bob):
    made(alice)
    assert not Job.objects.visible_to(bob).exists()
    assert not Job.objects.visible_to(AnonymousUser()).exists()
    assert Job.objects.visible_to(alice).count() == 1
