"""The follower, in a thread of this process: calls are followed until they have ended, whatever happens meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation import job_cleanup, jobs
from generation.engines.base import EngineError, Unreachable
from generation.engines.scripted import REJECTED
from generation.models import Job, Lease
from generation.models.job_states import CallState, Status
from generation.tests.followers import following, park, work_until_ended
from generation.tests.working import wait_until
from generation.worker import drain, follower, follower_bell, reaper
from generation.worker.follower_bell import Bell

pytestmark = pytest.mark.django_db(transaction=True)
FOR_EVER = 1_000_000


@pytest.fixture
def bell(monkeypatch) -> Bell:
    """This process is a worker's whose group has a follower, which hears this bell."""
    bell = Bell()
    monkeypatch.setattr(follower_bell, "_bell", bell)
    monkeypatch.setattr(drain, "_ends_at", type(drain._ends_at)(0.0))
    return bell


def adopted(job: Job) -> bool:
    return Job.objects.followed_by("").filter(pk=job.pk, lease_until__gt=timezone.now()).exists()


def log(job: Job) -> list[str]:
    return [event.kind for event in job.events.all()]


def test_a_call_is_followed_until_it_has_ended_and_then_collected(scripted_remote, order, bell):
    job = park(order())
    with following(bell):
        work_until_ended(job)
    assert (job.status, job.attempt, job.lost_workers, job.call_state) == (Status.COMPLETED, 1, 0, "")
    assert len(scripted_remote.started) == 1
    until_collected = ["queued", "claimed", "call", "followed", "adopted", "call_ended", "collecting"]
    assert [kind for kind in log(job) if kind != "stage"] == [*until_collected, "stored", "completed"]


def test_many_are_followed_at_once(scripted_remote, order, bell):
    parked = [park(order()) for _ in range(5)]
    with following(bell):
        wait_until(lambda: all(adopted(job) or job.kept_tracks for job in parked))
        for job in parked:
            work_until_ended(job)
    assert {job.status for job in parked} == {Status.COMPLETED}


def test_a_worker_is_woken_for_a_call_that_has_ended(scripted_remote, order, bell):
    job = park(order())
    OrmQ.objects.all().delete()
    with following(bell):
        wait_until(lambda: Job.objects.get(pk=job.pk).call_state == CallState.ENDED)
    assert [message.func() for message in OrmQ.objects.all()] == ["generation.worker.tasks.run_job"]


def test_it_hears_of_a_parked_job_at_once(scripted_remote, order, bell, monkeypatch):
    monkeypatch.setattr(follower, "LOOK_SECONDS", 600.0)
    scripted_remote.rounds = FOR_EVER
    with following(bell):
        first = park(order())
        wait_until(lambda: adopted(first))
        second = park(order())
        wait_until(lambda: adopted(second))


def test_all_variations_have_one_call_that_is_followed(scripted_remote, order, bell):
    job = park(order(variations=2))
    with following(bell):
        work_until_ended(job)
    assert [track.seed for track in job.kept_tracks] == [7, 8]
    assert (job.status, len(scripted_remote.started), log(job).count("followed")) == (Status.COMPLETED, 1, 1)
    assert job.store_seconds is not None
    assert job.store_seconds > 0


def test_the_lease_is_renewed_and_progress_is_reported(scripted_remote, order, bell, settings):
    settings.JOB_LEASE_SECONDS = 2.0
    scripted_remote.rounds = 30
    job = park(order(variations=2))
    with following(bell):
        wait_until(lambda: adopted(job))
        had = Job.objects.get(pk=job.pk).lease_until
        wait_until(lambda: Job.objects.get(pk=job.pk).lease_until > had + timedelta(seconds=1))
        wait_until(lambda: (Job.objects.get(pk=job.pk).progress or 0) > 0.02)
        assert not Job.objects.claimable(timezone.now()).exists()


def test_a_call_that_fails_costs_its_attempt(scripted_remote, order, bell):
    scripted_remote.rounds = 0
    scripted_remote.script.extend([EngineError("engine_unavailable", "Lost.", retryable=True)] * 2)
    job = park(order())
    with following(bell):
        wait_until(lambda: Job.objects.get(pk=job.pk).call_state == CallState.ENDED)
        work_until_ended(job)
    assert (job.status, job.attempt, len(scripted_remote.started)) == (Status.COMPLETED, 2, 2)


def test_a_call_that_was_rejected_ends_the_job(scripted_remote, order, bell):
    scripted_remote.rounds = 0
    scripted_remote.script.extend([REJECTED, REJECTED])
    job = park(order())
    with following(bell):
        work_until_ended(job)
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "content_rejected", 1)


def test_an_engine_out_of_reach_is_asked_again_and_nothing_is_lost(scripted_remote, order, bell):
    scripted_remote.rounds = 0
    scripted_remote.script.extend([Unreachable("Away.")] * 3)
    job = park(order())
    with following(bell):
        work_until_ended(job)
    assert (job.status, job.attempt, len(scripted_remote.started)) == (Status.COMPLETED, 1, 1)


def test_where_an_engine_fails_as_none_should_a_worker_looks(scripted_remote, order, bell, monkeypatch):
    monkeypatch.setattr(follower, "UNEXPECTED_ERROR_SECONDS", 0.1)
    monkeypatch.setattr(type(scripted_remote), "ended", None)
    scripted_remote.rounds = 0
    job = park(order())
    with following(bell):
        work_until_ended(job)
    assert job.status == Status.COMPLETED


def test_what_its_owner_cancels_ends_at_once_and_the_call_is_canceled(scripted_remote, order, bell):
    scripted_remote.rounds = FOR_EVER
    job = park(order())
    with following(bell):
        wait_until(lambda: adopted(job))
        assert jobs.cancel(job=job)
        assert job.status == Status.PROCESSING
        wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.CANCELED)
    job_cleanup.clear(job.pk)
    assert scripted_remote.canceled == ["call-0"]


def test_what_is_canceled_before_a_worker_collects_it_ends_too(scripted_remote, order, bell):
    job = park(order())
    with following(bell):
        wait_until(lambda: Job.objects.get(pk=job.pk).call_state == CallState.ENDED)
        jobs.cancel(job=job)
        wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.CANCELED)


def test_a_job_past_its_deadline_is_left_to_the_reaper(scripted_remote, order, bell, settings):
    settings.JOB_LEASE_SECONDS = 1.0
    scripted_remote.rounds = FOR_EVER
    job = park(order())
    with following(bell):
        wait_until(lambda: adopted(job))
        Job.objects.filter(pk=job.pk).update(deadline_at=timezone.now())
        wait_until(lambda: not adopted(job))
        wait_until(lambda: reaper.reap() and Job.objects.get(pk=job.pk).status == Status.FAILED)
    job.refresh_from_db()
    assert job.error_code == "deadline_exceeded"
    job_cleanup.clear(job.pk)
    assert scripted_remote.canceled == ["call-0"]


def test_in_a_drain_it_lets_others_have_the_calls_at_once(scripted_remote, order, bell):
    scripted_remote.rounds = FOR_EVER
    job = park(order())
    with following(bell):
        wait_until(lambda: adopted(job))
    assert not adopted(job)
    with following(Bell()):
        wait_until(lambda: adopted(job))
        scripted_remote.rounds = 0
        work_until_ended(job)
    assert (job.status, job.attempt, len(scripted_remote.started)) == (Status.COMPLETED, 1, 1)


def test_what_another_one_has_taken_is_forgotten(scripted_remote, order, bell, settings):
    settings.JOB_LEASE_SECONDS = 1.0
    scripted_remote.rounds = FOR_EVER
    job = park(order())
    with following(bell) as first:
        wait_until(lambda: adopted(job))
        until = timezone.now() + timedelta(minutes=1)
        Job.objects.filter(pk=job.pk).update(lease_owner="another", lease_until=until)
        wait_until(lambda: not first._calls)
    job.refresh_from_db()
    assert job.lease_owner == "another"


def test_what_it_has_adopted_without_hearing_of_it_is_adopted_again(scripted_remote, order, bell, settings):
    settings.JOB_LEASE_SECONDS = 1.0
    known, unheard = order(), order()
    scripted_remote.rounds = FOR_EVER
    park(known)
    with following(bell) as only:
        wait_until(lambda: adopted(known))
        lease = f"{only._following.name}{unheard.pk.hex}"
        unheard.claim("worker")
        Lease(unheard, "worker").keep_call("call-0")
        assert Lease(unheard, "worker").follow(store_seconds=0.0)
        Job.objects.filter(pk=unheard.pk).update(
            lease_owner=lease, lease_until=timezone.now() + timedelta(minutes=1)
        )
        wait_until(lambda: unheard.pk in only._calls)
