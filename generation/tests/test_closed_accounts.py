"""Deleted users: what is cleared out is theirs alone, and their rows stay while anything of them is left."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.utils import timezone

from accounts.guests import relations_to_user
from accounts.models import User
from generation import closed_accounts, jobs
from generation.models import Archive, Job, Track
from generation.models.archive import ArchiveKind
from generation.models.job_states import Status
from generation.tests.api_calls import stored_track, unsaved_track
from generation.webhooks.endpoint import WebhookEndpoint

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


def test_what_staff_did_stays_in_the_log_when_their_account_goes(alice, bob):
    LogEntry.objects.log_actions(alice.pk, [bob], CHANGE, "Suspended.", single_object=True)
    stored_track(made(alice, **FAILED), **GONE)
    WebhookEndpoint.objects.all().add(
        alice, url="https://receiver.example/", events=["job.failed"], jobs_url="https://x.example"
    )
    jobs.delete_owner(owner=alice)
    assert closed_accounts.remove_rows() == 1
    assert LogEntry.objects.get().user.email is None
    left = [
        model for model, field in relations_to_user() if model._base_manager.filter(**{field: alice}).exists()
    ]
    assert left == [LogEntry]
    assert closed_accounts.remove_rows() == 0, "and nobody is looked at again and again"


def test_whose_rows_may_go_is_found_by_indexes(alice):
    """PostgreSQL plans by what the tables hold, so they hold much of another's."""
    is_postgresql = connection.vendor == "postgresql"
    number = 5_000 if is_postgresql else 20
    guests = User.objects.bulk_create(User(is_guest=True, password="!") for _ in range(number))
    old = {"engine": "scripted", "input": {}, **FAILED}
    jobs = Job.objects.bulk_create(Job(owner=guest, **old) for guest in guests)
    pattern = unsaved_track(jobs[0])
    same = {field.attname: getattr(pattern, field.attname) for field in Track._meta.concrete_fields}
    Track.objects.bulk_create(
        Track(**same | {"id": uuid4(), "job_id": job.pk, "owner_id": job.owner_id}) for job in jobs
    )
    Archive.objects.bulk_create(
        Archive(owner=guest, kind=ArchiveKind.TRACKS, format="wav") for guest in guests
    )
    LogEntry.objects.bulk_create(LogEntry(user=guest, action_flag=CHANGE) for guest in guests)
    alice.close()
    with connection.cursor() as cursor:
        if is_postgresql:  # SQLite plans by what it knows without
            cursor.execute("ANALYZE")
        sql, values = closed_accounts.removable()[: closed_accounts.REMOVED_AT_ONCE].query.sql_with_params()
        cursor.execute(f"EXPLAIN {'' if is_postgresql else 'QUERY PLAN '}{sql}", values)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert not re.search(r"Seq Scan on|SCAN \S+(?!\S| USING)", plan), plan
    assert list(closed_accounts.removable()) == [alice]
