"""The states of a job: who may move it, and what the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from generation.models import Job, Lease
from generation.models.job_states import Status
from generation.tests.interleaving import in_the_midst_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(alice) -> Job:
    return Job.objects.create(
        owner=alice, engine="scripted", input={"prompt": "rain", "duration": 5, "seed": 1}
    )


def lose_lease(job):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_only_one_worker_gets_a_job(job):
    rival = Job.objects.get(pk=job.pk)
    assert job.claim("one")
    assert not rival.claim("two")
    assert (rival.status, rival.lease_owner, rival.attempt) == (Status.PROCESSING, "one", 1)


def test_a_job_that_is_not_due_cannot_be_claimed(job):
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() + timedelta(seconds=5))
    assert not job.claim("one")


def test_a_job_whose_lease_ran_out_is_taken_over_and_the_first_worker_can_do_no_more(job):
    lease = job.claim("one")
    lose_lease(job)
    successor = Job.objects.get(pk=job.pk)
    assert successor.claim("two")
    assert (successor.attempt, successor.lost_workers, successor.attempts_used) == (2, 1, 1)
    assert not lease.beat(stage="generating", progress=0.5)
    assert not lease.keep_call("call")
    assert not lease.fail(code="internal", message="x", retryable=False)
    assert not lease.retry_later(delay=0)
    assert not lease.complete(generate_seconds=1, store_seconds=1)
    assert job.lease_owner == "two"


def test_a_beat_renews_the_lease_and_notes_progress(job):
    lease = job.claim("one")
    before = job.lease_until
    assert lease.beat(stage="generating", progress=0.25)
    assert job.lease_until > before
    assert (job.stage, job.progress) == ("generating", 0.25)


def test_one_of_two_that_miss_its_message_sends_another(job):
    reapers = [Job.objects.get(pk=job.pk), Job.objects.get(pk=job.pk)]
    later = timezone.now() + timedelta(seconds=1)
    assert [reaper.note_wake(later) for reaper in reapers] == [True, False]
    assert job.events.filter(kind="woken").count() == 1


def test_a_queued_job_is_canceled_at_once(job):
    assert job.cancel()
    assert job.status == Status.CANCELED
    assert job.finished_at is not None
    assert not job.claim("one")


def test_a_processing_job_is_asked_to_stop_and_cannot_complete_any_more(job):
    lease = job.claim("one")
    assert job.cancel()
    asked_at = job.cancel_requested_at
    assert job.status == Status.PROCESSING
    assert job.cancel()
    assert job.cancel_requested_at == asked_at
    assert not lease.complete(generate_seconds=1, store_seconds=1)
    assert lease.end_canceled()
    assert job.status == Status.CANCELED


def test_a_job_that_its_worker_puts_back_at_that_very_moment_is_canceled_too(job):
    job.claim("one")
    worker = Job.objects.get(pk=job.pk)
    with in_the_midst_of(job, lambda: Lease(worker, "one").hand_back()):
        assert job.cancel()
    assert (job.status, worker.status) == (Status.CANCELED, Status.QUEUED)


def test_a_job_that_is_gone_cannot_be_canceled(job):
    job.claim("one")
    Job.objects.all().delete()
    assert not job.cancel()


def test_a_worker_cannot_cancel_what_nobody_asked_to_cancel(job):
    lease = job.claim("one")
    assert not lease.end_canceled()


def test_an_ended_job_cannot_be_canceled(job):
    lease = job.claim("one")
    lease.fail(code="internal", message="It broke.", retryable=True)
    assert not job.cancel()
    assert job.status == Status.FAILED


def test_a_job_without_a_stored_track_cannot_be_completed(job):
    lease = job.claim("one")
    with pytest.raises(IntegrityError), transaction.atomic():
        lease.complete(generate_seconds=1, store_seconds=1)


def test_too_many_lost_workers_end_a_job(job, settings):
    settings.JOB_MAX_LOST_WORKERS = 2
    for worker in ("one", "two", "three"):
        assert job.claim(worker)
        lose_lease(job)
    assert not job.claim("four")
    assert job.expire()
    assert (job.status, job.error_code) == (Status.FAILED, "worker_lost")


def test_a_job_past_its_deadline_ends_but_not_under_a_workers_hands(job):
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(deadline_at=past)
    job.refresh_from_db()
    assert job.expire()
    assert job.error_code == "deadline_exceeded"
    held = Job.objects.create(owner=job.owner, engine="scripted", input=job.input)
    held.claim("one")
    Job.objects.filter(pk=held.pk).update(deadline_at=past)
    held.refresh_from_db()
    assert not held.expire()


@pytest.mark.parametrize(
    "impossible",
    [
        {"status": "lost"},
        {"progress": 1.01},
        {"progress": -0.01},
        {"status": "processing"},
        {"lease_owner": "one", "lease_until": timezone.now()},
        {"status": "completed", "finished_at": timezone.now()},
        {"status": "canceled"},
        {"finished_at": timezone.now()},
        {"status": "failed", "finished_at": timezone.now()},
        {"error_code": "internal"},
    ],
)
def test_the_database_refuses_what_must_never_be(job, impossible):
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**impossible)


def test_what_its_owner_wants_canceled_is_not_put_back_and_ends_when_its_worker_dies(job):
    lease = job.claim("one")
    job.cancel()
    assert not lease.retry_later(delay=0)
    assert not lease.hand_back()
    assert not lease.fail(code="internal", message="x", retryable=False)
    assert not job.expire()
    lose_lease(job)
    assert not job.claim("two")
    assert job.expire()
    assert (job.status, job.error_code) == (Status.CANCELED, "")


def test_one_lease_is_for_one_job(job):
    other = Job.objects.create(owner=job.owner, engine="scripted", input=job.input)
    job.claim("one")
    with pytest.raises(IntegrityError), transaction.atomic():
        other.claim("one")


def test_bob_sees_nothing_of_alice(job, bob):
    assert not Job.objects.visible_to(bob).exists()
    assert Job.objects.visible_to(job.owner).get() == job
