"""What the reaper sends, ends and clears away, and that it says how much that was."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation import jobs
from generation.models import Job, JobEvent, Track
from generation.models.job_event import EventKind
from generation.models.job_states import CallState, Status
from generation.tests.api_calls import stored_track
from generation.worker import reaper

pytestmark = pytest.mark.django_db(transaction=True)


def tasks_sent() -> list[tuple[str, Any]]:
    """Task and subject of each message that waits."""
    sent = [message.task for message in OrmQ.objects.order_by("id")]
    return [(task["func"].rpartition(".")[2], task["args"][0]) for task in sent]


@pytest.fixture
def due(scripted, order) -> Track:
    """A track that should have been made into what listeners are served by now, and no message about it."""
    tracks = [stored_track(order()) for _ in range(3)]
    tracks[1].discard()
    past, coming = timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    Job.objects.update(status=Status.COMPLETED, first_track=tracks[0], finished_at=past)
    Track.objects.update(rendition_due_at=past, purged_at=None, purge_after=coming)
    Track.objects.filter(pk=tracks[2].pk).update(rendition_due_at=coming)
    OrmQ.objects.all().delete()
    return Track.objects.get(pk=tracks[0].pk)


def test_what_listeners_lack_is_asked_for_once(due):
    assert reaper.reap() == 1
    assert tasks_sent() == [("make_rendition", str(due.pk))]
    OrmQ.objects.all().delete()
    assert reaper.reap() == 0
    assert tasks_sent() == []


def test_what_was_asked_for_just_now_is_given_a_grace(due, settings):
    before = timezone.now()
    reaper.reap()
    due.refresh_from_db()
    assert due.rendition_due_at >= before + timedelta(seconds=settings.RENDITION_GRACE_SECONDS)


def test_of_two_reapers_one_asks_for_it(due):
    slower = Track.objects.get(pk=due.pk)
    assert due.postpone_rendition(timedelta(minutes=1))
    assert not slower.postpone_rendition(timedelta(minutes=1))
    assert reaper.reap() == 0
    assert tasks_sent() == []


def test_no_more_is_asked_for_while_messages_wait(due, order):
    order()
    waiting = tasks_sent()
    assert reaper.reap() == 0
    assert tasks_sent() == waiting


def test_jobs_past_their_deadline_end_are_cleared_and_counted(scripted, order):
    late, begun, alive = order(), order(), order()
    past = timezone.now() - timedelta(seconds=1)
    assert begun.claim("worker")
    Job.objects.filter(pk__in=(late.pk, begun.pk)).update(deadline_at=past)
    Job.objects.filter(pk=begun.pk).update(lease_until=past)
    OrmQ.objects.all().delete()
    assert reaper.reap() == 2
    assert list(Job.objects.exclude(status=Status.FAILED)) == [alive]
    assert ("clear_leftovers", str(begun.pk)) in tasks_sent()
    assert reaper.reap() == 0


def test_a_call_that_nobody_follows_is_looked_after(scripted, order):
    calls = [order() for _ in range(2)]
    for job, minutes in zip(calls, (60, 0), strict=True):
        lease = job.claim(f"worker {job.pk}")
        assert lease
        assert lease.keep_call(f"call of {job.pk}")
        assert lease.follow(store_seconds=0.0)
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(minutes=minutes))
    OrmQ.objects.all().delete()
    assert reaper.reap() == 1
    assert tasks_sent() == [("run_job", str(calls[0].pk))]
    assert list(Job.objects.filter(call_state=CallState.FOLLOWED)) == [calls[1]]


def test_what_a_worker_adds_to_a_deleted_user_goes_too(scripted, order, bob):
    job, track = order(), stored_track(order())
    jobs.delete_owner(owner=bob)
    Job.objects.filter(pk=job.pk).update(owner=bob)
    Track.objects.filter(pk=track.pk).update(owner=bob)
    reaper.reap()
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    assert not Track.objects.kept().exists()


def test_what_is_to_do_of_each_kind_adds_up(scripted, order, alice, bob):
    lost, deleted = order(), stored_track(order())
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=deleted.job_id).update(
        status=Status.COMPLETED, first_track=deleted, finished_at=long_ago
    )
    deleted.discard()
    Track.objects.update(purge_after=long_ago, purge_woken_at=None)
    Job.objects.filter(pk=lost.pk).update(woken_at=long_ago, run_after=long_ago)
    jobs.delete_owner(owner=bob)
    OrmQ.objects.all().delete()
    assert reaper.reap() == 3  # a message for the job, one for the track, and bob's row
    assert sorted(tasks_sent()) == [("purge_track", str(deleted.pk)), ("run_job", str(lost.pk))]
    assert not type(bob).objects.filter(pk=bob.pk).exists()


def test_old_lines_of_the_log_go(scripted, order):
    job = order()
    job.note(EventKind.STORED, "of today")
    JobEvent.objects.filter(kind=EventKind.QUEUED).update(at=timezone.now() - timedelta(days=31))
    reaper.reap()
    assert [event.text for event in JobEvent.objects.filter(job=job)] == ["of today"]
