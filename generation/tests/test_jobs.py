"""The verbs that span models: what is there after them, and what is not after a refusal."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from generation import jobs
from generation.engines.registry import UnknownEngine
from generation.engines.request import MusicRequest, RequestError
from generation.models import Job, Track
from generation.models.job_queries import WAKE_GRACE
from generation.models.job_states import Status
from generation.tests.api_calls import stored_track
from generation.worker import reaper

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]


def messages() -> list[tuple[str, str]]:
    return [(message.func().rpartition(".")[2], message.task["args"][0]) for message in OrmQ.objects.all()]


def age(job: Job, **moments: timedelta) -> None:
    Job.objects.filter(pk=job.pk).update(**{name: timezone.now() - ago for name, ago in moments.items()})


def test_submit_leaves_a_job_and_its_message(scripted, order):
    job = order()
    assert messages() == [("run_job", str(job.pk))]
    assert Job.objects.get().status == Status.QUEUED


def test_the_seed_that_was_drawn_is_kept(scripted, order):
    assert isinstance(order(seed=None).input["seed"], int)


def test_job_and_message_commit_together(scripted, order):
    with transaction.atomic():
        order()
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert not OrmQ.objects.exists()


def test_a_wrong_request_leaves_nothing(scripted, order):
    with pytest.raises(RequestError):
        order(prompt="")
    assert not Job.objects.exists()
    assert not OrmQ.objects.exists()


def test_an_unknown_engine_is_reported(scripted, alice):
    with pytest.raises(UnknownEngine, match="Choose one of: scripted"):
        jobs.submit(owner=alice, request=MusicRequest(prompt="p", duration=5.0), engine="nope")


def test_retry_orders_the_same_again(scripted, order):
    job = order()
    job.cancel()
    again = jobs.retry(job=job)
    assert (again.retry_of, again.input, again.status) == (job, job.input, Status.QUEUED)
    assert ("run_job", str(again.pk)) in messages()


def test_a_job_that_has_not_ended_badly_cannot_be_retried(scripted, order):
    with pytest.raises(jobs.NotRetryable):
        jobs.retry(job=order())


def test_reap_leaves_what_a_message_will_bring(scripted, order):
    job = order()
    age(job, woken_at=2 * WAKE_GRACE, run_after=2 * WAKE_GRACE)
    assert reaper.reap() == 0


def test_reap_wakes_as_many_jobs_as_messages_were_lost(scripted, order):
    for job in (order(), order(), order()):
        age(job, woken_at=2 * WAKE_GRACE, run_after=2 * WAKE_GRACE)
    OrmQ.objects.first().delete()
    assert reaper.reap() == 1
    assert len(messages()) == 3


def test_reap_wakes_a_job_whose_message_was_lost_once(scripted, order):
    job = order()
    OrmQ.objects.all().delete()
    age(job, woken_at=2 * WAKE_GRACE, run_after=2 * WAKE_GRACE)
    assert reaper.reap() == 1
    assert messages() == [("run_job", str(job.pk))]
    assert reaper.reap() == 0


def test_reap_wakes_a_job_whose_worker_died(scripted, order):
    job = order()
    OrmQ.objects.all().delete()
    job.claim("one")
    assert reaper.reap() == 0
    age(job, woken_at=timedelta(seconds=20), lease_until=timedelta(seconds=1))
    assert reaper.reap() == 1
    assert reaper.reap() == 0
    assert messages() == [("run_job", str(job.pk))]


def test_reap_ends_what_is_past_its_deadline(scripted, order):
    job = order()
    age(job, deadline_at=timedelta(seconds=1))
    assert reaper.reap() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "deadline_exceeded")


def test_a_deleted_track_has_one_message_for_what_is_stored_of_it(scripted, order):
    track, other = stored_track(order()), stored_track(order())
    OrmQ.objects.all().delete()
    assert jobs.delete_track(track=track)
    assert not jobs.delete_track(track=track)
    assert messages() == [("purge_track", str(track.pk))]
    assert list(Track.objects.kept()) == [other]


def test_canceling_ends_that_job_alone_and_is_over_once_it_has_ended(scripted, order):
    job, other = order(), order()
    assert jobs.cancel(job=job)
    assert not jobs.cancel(job=job)
    other.refresh_from_db()
    assert (job.status, other.status) == (Status.CANCELED, Status.QUEUED)


def test_the_job_that_is_tried_again_is_named_in_the_log(scripted, order):
    job = order()
    jobs.cancel(job=job)
    again = jobs.retry(job=job)
    assert [event.text for event in again.events.all()] == [f"to try {job.pk} again"]
    assert job.events.get(kind="queued").text == ""
