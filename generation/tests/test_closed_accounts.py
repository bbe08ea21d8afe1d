"""Deleted users: what is cleared out is theirs alone, and their rows stay while anything of them is left."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from generation import closed_accounts
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.tests.api_calls import stored_track

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
PAST = timezone.now() - timedelta(seconds=1)
FAILED = {"status": Status.FAILED, "error_code": "internal", "finished_at": PAST}
GONE = {"deleted_at": PAST, "purge_after": PAST, "purged_at": PAST}


def made(owner: User, **fields: Any) -> Job:
    return Job.objects.create(
        owner=owner, engine="scripted", input={"prompt": "rain", "duration": 1, "seed": 1}, **fields
    )


def test_jobs_are_canceled_and_tracks_deleted_of_deleted_users_alone(alice, bob):
    mine, theirs = made(alice), made(bob)
    kept, gone = stored_track(made(bob, **FAILED)), stored_track(made(alice, **FAILED))
    alice.close()
    closed_accounts.clear_out()
    statuses = {job.pk: job.status for job in Job.objects.filter(pk__in=[mine.pk, theirs.pk])}
    assert statuses == {mine.pk: Status.CANCELED, theirs.pk: Status.QUEUED}
    assert list(Track.objects.kept()) == [kept]
    assert list(Track.objects.unpurged()) == [gone]


def test_a_job_at_work_is_asked_to_stop_once(alice):
    job = made(alice)
    job.claim("worker")
    alice.close()
    closed_accounts.clear_out()
    closed_accounts.clear_out()
    assert [event.kind for event in job.events.all()] == ["claimed", "cancel_asked"]


def test_rows_go_when_nothing_is_left(alice, bob):
    stored_track(made(alice, **FAILED), **GONE)
    theirs = stored_track(made(bob, **FAILED), **GONE)
    alice.close()
    assert closed_accounts.remove_rows() == 1
    assert closed_accounts.remove_rows() == 0
    assert list(User.objects.all()) == [bob]
    assert list(Job.objects.all()) == [theirs.job]


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(lambda alice, bob: stored_track(made(alice, **FAILED)), id="a stored track"),
        pytest.param(
            lambda alice, bob: stored_track(made(bob, **FAILED), owner=alice), id="of another's job"
        ),
        pytest.param(
            lambda alice, bob: stored_track(made(alice, **FAILED), owner=bob), id="their job's track"
        ),
        pytest.param(lambda alice, bob: made(alice, **FAILED, leftovers=True), id="leftovers"),
        pytest.param(lambda alice, bob: made(alice).claim("worker"), id="a job at work"),
        pytest.param(lambda alice, bob: made(alice), id="a job in the queue"),
    ],
)
def test_rows_stay_while_something_is_left(alice, bob, left):
    left(alice, bob)
    alice.close()
    assert closed_accounts.remove_rows() == 0
    assert User.objects.closed().get() == alice
