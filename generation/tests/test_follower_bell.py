"""Parking: which jobs a worker leaves to a follower, and what becomes of the time that they took."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation.engines.base import Unreachable
from generation.models import Job, Lease
from generation.models.job_queries import FOLLOWER_GRACE
from generation.models.job_states import CallState, Status
from generation.tests.followers import park
from generation.tests.working import run
from generation.worker import attempt, follower_bell, reaper
from generation.worker.follower_bell import Bell

pytestmark = pytest.mark.django_db(transaction=True)
FOR_EVER = 1_000_000


@pytest.fixture
def bell(monkeypatch) -> Bell:
    bell = Bell()
    monkeypatch.setattr(follower_bell, "_bell", bell)
    return bell


def with_call(job: Job, call_id: str) -> Job:
    """A job whose worker had to go after it had started a call."""
    assert job.claim("a worker that must go")
    assert Lease(job, "a worker that must go").keep_call(call_id)
    assert Lease(job, "a worker that must go").hand_back()
    return job


def ended(job: Job) -> Job:
    """A job whose call has ended."""
    assert job.adopt("follower")
    assert Lease(job, "follower").call_ended()
    return job


def test_a_worker_starts_a_call_and_is_free(scripted_remote, order, bell):
    job = park(order())
    assert (job.status, job.stage, job.attempt, job.call_id) == ("processing", "generating", 1, "call-0")
    assert scripted_remote.asked == {"call-0": 0}
    assert Job.objects.adoptable(timezone.now()).get() == job
    assert not Job.objects.claimable(timezone.now()).exists()


def test_a_job_that_is_to_stop_is_not_parked(scripted_remote, order, bell):
    job = order()
    job.claim("worker")
    Lease(job, "worker").keep_call("call")
    job.cancel()
    assert not Lease(job, "worker").follow(store_seconds=0.0)


def test_only_a_job_with_a_call_is_parked(scripted_remote, order):
    job = order()
    job.claim("worker")
    assert not Lease(job, "worker").follow(store_seconds=0.0)


def test_without_a_follower_the_call_is_waited_for(scripted_remote, order):
    assert run(order()).status == Status.COMPLETED


def test_a_call_that_was_found_and_has_ended_is_collected_at_once(scripted_remote, order, bell):
    scripted_remote.rounds = 0
    job = order()
    with_call(job, scripted_remote.start([job.request], str(job.pk)))
    assert run(job).status == Status.COMPLETED
    assert len(scripted_remote.started) == 1


@pytest.mark.parametrize("out_of_reach", [False, True])
def test_a_call_that_was_found_and_goes_on_is_parked(scripted_remote, order, bell, out_of_reach):
    scripted_remote.rounds = 0 if out_of_reach else FOR_EVER
    scripted_remote.script.append(Unreachable("Away."))
    job = order()
    park(with_call(job, scripted_remote.start([job.request], str(job.pk))))
    assert len(scripted_remote.started) == 1


def test_what_a_call_has_made_cannot_be_collected_for_long(scripted_remote, order, bell, settings):
    settings.JOB_ENGINE_PATIENCE_SECONDS = -1
    scripted_remote.rounds = 0
    job = ended(park(order()))
    scripted_remote.script.append(Unreachable("Away."))
    assert run(job).status == Status.QUEUED
    assert (job.attempt, job.call_id) == (0, "call-0")


def test_a_call_that_goes_on_after_all_is_parked_again(scripted_remote, order, bell):
    scripted_remote.rounds = FOR_EVER
    job = park(ended(park(order())))
    assert (job.attempt, job.lost_workers) == (1, 0)


def test_collecting_goes_on_with_the_attempt_and_the_turn(scripted_remote, order, bell):
    job = ended(park(order()))
    began = job.claimed_at
    assert job.claim("worker")
    assert (job.attempt, job.lost_workers, job.claimed_at, job.call_state) == (1, 0, began, "")


def test_collecting_comes_before_all_else(scripted_remote, order, bell):
    dead, job = order(), order()
    dead.claim("a worker that died")
    Job.objects.filter(pk=dead.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    ended(park(job))
    order()
    assert Job.objects.all().next_in_turn(timezone.now()) == job


def test_a_worker_that_dies_while_it_collects_is_lost_like_any_other(scripted_remote, order, bell):
    job = ended(park(order()))
    job.claim("worker")
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert job.claim("another")
    assert (job.attempt, job.lost_workers, job.call_id) == (2, 1, "call-0")


def test_a_job_that_has_lost_all_its_workers_may_still_be_followed(scripted_remote, order, bell, settings):
    settings.JOB_MAX_LOST_WORKERS = 1
    scripted_remote.rounds = 0
    job = order()
    job.claim("a worker that died")
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert park(job).lost_workers == 1
    reaper.reap()
    assert run(ended(job)).status == Status.COMPLETED


def test_the_wait_counts_as_making_the_music(scripted_remote, order, bell):
    job = park(order())
    began = timezone.now() - timedelta(seconds=60)
    Job.objects.filter(pk=job.pk).update(claimed_at=began, started_at=began, store_seconds=20.0)
    scripted_remote.rounds = 0
    job.refresh_from_db()
    assert run(ended(job)).status == Status.COMPLETED
    assert job.store_seconds is not None
    assert job.generate_seconds is not None
    assert 20 < job.store_seconds < 30
    assert 40 < job.generate_seconds < 50
    assert Job.objects.measured("remote").get() == job


def test_a_call_that_nobody_follows_is_looked_after_by_a_worker(scripted_remote, order, bell):
    scripted_remote.rounds = FOR_EVER
    job = park(order())
    OrmQ.objects.all().delete()
    reaper.reap()
    assert not OrmQ.objects.exists()
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - FOLLOWER_GRACE)
    reaper.reap()
    job.refresh_from_db()
    assert (job.call_state, OrmQ.objects.count()) == (CallState.ENDED, 1)
    attempt.run_next()
    job.refresh_from_db()
    assert (job.call_state, job.attempt, len(scripted_remote.started)) == (CallState.FOLLOWED, 1, 1)


def test_a_call_of_an_engine_that_was_taken_away_fails_its_job_in_the_end(
    scripted_remote, order, bell, settings
):
    job = park(order())
    settings.ENGINES = {}
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - FOLLOWER_GRACE)
    reaper.reap()
    attempt.run_next()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "engine_unavailable")


def test_a_bell_that_nobody_hears_keeps_nobody_waiting():
    bell = Bell()
    for _ in range(5000):
        bell.ring()
    bell.clear()
