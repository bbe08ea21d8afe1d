"""When a job will be done: estimated from measured speeds, or not at all."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from generation.models import Job, Lease, Worker
from generation.models.worker import STALE_AFTER
from generation.scheduling.estimates import LATE, NOT_KNOWN, Estimate, estimate_of, estimates_of
from generation.scheduling.speeds import FEWEST
from generation.scheduling.turns import positions
from generation.tests.histories import at_work, completed, ordered, worker

pytestmark = pytest.mark.django_db


class Stopwatch:
    """How long a test has gone on."""

    began = time.monotonic()

    @classmethod
    def seconds(cls) -> float:
        return time.monotonic() - cls.began


@pytest.fixture(autouse=True)
def engine(scripted):
    return scripted


@pytest.fixture(autouse=True)
def stopwatch(monkeypatch) -> None:
    monkeypatch.setattr(Stopwatch, "began", time.monotonic())


@pytest.fixture
def measured(alice, bob) -> None:
    """Half a minute of music takes twenty seconds, a minute forty."""
    for owner in (alice, bob, alice):
        completed(owner, took=20, duration=30)
        completed(owner, took=40, duration=60)


def left(job: Job) -> float | None:
    """Seconds until the job will be done; None where nobody knows."""
    finish_at = estimate_of(job).finish_at
    return None if finish_at is None else (finish_at - timezone.now()).total_seconds()


def about(seconds: float) -> object:
    """A moment is given to the nearest second, and time goes on: on a loaded machine, further than one would think."""
    return pytest.approx(seconds, abs=0.55 + Stopwatch.seconds())


def test_without_progress_what_is_expected_less_what_has_passed(measured, alice):
    assert left(at_work(ordered(alice, 30), since=5)) == about(15)
    assert left(at_work(ordered(alice, 45), since=0)) == about(30)
    assert left(at_work(ordered(alice, 30, variations=2), since=0)) == about(40)


def test_the_moment_stays_the_same_while_time_passes(measured, alice):
    job = at_work(ordered(alice), since=5)
    assert {estimate_of(job).finish_at for _ in range(20)} == {estimate_of(job).finish_at}
    assert estimate_of(job).finish_at.microsecond == 0


def test_with_progress_the_rest_of_what_is_expected(measured, alice):
    assert left(at_work(ordered(alice), since=10, progress=0.5)) == about(10)


def test_a_job_that_is_slower_than_expected_is_estimated_to_take_longer(measured, alice):
    # A quarter took as long as the half should have: 5 s are lost, and the rest may lose as much again.
    seconds_left = left(at_work(ordered(alice), since=10, progress=0.25))
    assert seconds_left is not None
    assert 15 < seconds_left <= 30


def test_a_job_that_is_ahead_is_not_estimated_to_be_ready_before_the_usual_time(measured, alice):
    assert left(at_work(ordered(alice), since=2, progress=0.9)) == about(18)


def test_of_a_call_that_outlived_its_first_attempt_the_progress_counts(measured, alice):
    job = at_work(ordered(alice), since=1, progress=0.9)
    Job.objects.filter(pk=job.pk).update(call_id="call", started_at=job.claimed_at - timedelta(seconds=17))
    job.refresh_from_db()
    assert left(job) == about(2)


@pytest.mark.parametrize("progress", [None, 0.5, 0.9, 1.0])
def test_what_takes_longer_than_usual_says_so_and_no_number(measured, alice, progress):
    job = at_work(ordered(alice), since=30, progress=progress)
    assert estimate_of(job) == LATE
    assert LATE.words == "taking longer than usual"


def test_between_the_expected_time_and_an_unusual_one_nothing_is_said(measured, alice):
    assert estimate_of(at_work(ordered(alice), since=21)) == NOT_KNOWN
    assert NOT_KNOWN.words == ""


def test_where_times_vary_late_is_what_nine_of_ten_were_not(alice):
    for took in (14, 16, 18, 20, 20, 20, 20, 22, 24, 29):
        completed(alice, took=took)
    assert estimate_of(at_work(ordered(alice), since=23)) == NOT_KNOWN
    assert estimate_of(at_work(ordered(alice), since=26.5)) == LATE


def test_an_engine_that_was_never_measured_gets_no_estimate_and_is_never_late(measured, alice, settings):
    settings.ENGINES = settings.ENGINES | {"other": {"BACKEND": "generation.engines.scripted.ScriptedEngine"}}
    worker(slots=2)
    assert estimate_of(ordered(alice, engine="other")) == NOT_KNOWN
    assert estimate_of(at_work(ordered(alice, engine="other"), since=500, progress=0.5)) == NOT_KNOWN


def test_fewer_than_five_measurements_give_no_estimate(alice):
    for _ in range(FEWEST - 1):
        completed(alice, took=20)
    assert estimate_of(at_work(ordered(alice), since=5)) == NOT_KNOWN


def test_a_length_that_was_never_measured_gets_no_estimate(measured, alice):
    assert estimate_of(at_work(ordered(alice, duration=300), since=5)) == NOT_KNOWN


def test_a_job_that_is_to_stop_or_whose_worker_died_gets_no_estimate(measured, alice):
    stopping, orphan = at_work(ordered(alice), since=5), at_work(ordered(alice), since=5)
    stopping.cancel()
    Job.objects.filter(pk=orphan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    orphan.refresh_from_db()
    assert set(estimates_of([stopping, orphan], {}).values()) == {NOT_KNOWN}


def test_what_has_ended_gets_none(measured, alice):
    assert estimate_of(completed(alice, took=20)) == NOT_KNOWN
    canceled = ordered(alice)
    canceled.cancel()
    assert estimate_of(canceled) == NOT_KNOWN


def test_a_job_that_waits_for_nobody_is_done_after_its_own_work(measured, alice):
    worker(slots=1)
    assert left(ordered(alice)) == about(20)


def test_a_job_that_waits_is_done_after_those_before_it(measured, alice):
    worker(slots=1)
    at_work(ordered(alice), since=5)
    first, second = ordered(alice), ordered(alice)
    typical = 30  # the middle of what the jobs took
    assert left(first) == about(15 + 20)
    assert left(second) == about(15 + typical + 20)


def test_slots_work_beside_each_other(measured, alice):
    worker(slots=1), worker(slots=1)
    for since in (5, 15):
        at_work(ordered(alice), since=since)
    waiting = [ordered(alice) for _ in range(3)]
    assert [left(job) for job in waiting] == [about(5 + 20), about(15 + 20), about(5 + 30 + 20)]


def test_a_job_that_is_to_be_tried_again_waits_until_it_is_due(measured, alice):
    worker(slots=1)
    job = at_work(ordered(alice), since=1)
    Lease(job, job.lease_owner).retry_later(delay=10)
    assert left(job) == about(10 + 20)


@pytest.mark.parametrize("progress", [None, 0.5])
def test_who_waits_for_a_job_that_is_late_has_no_estimate(measured, alice, progress):
    worker(slots=1)
    at_work(ordered(alice), since=60, progress=progress)
    assert estimate_of(ordered(alice)) == NOT_KNOWN


def test_a_slot_whose_job_is_late_is_not_counted_on(measured, alice):
    worker(slots=2)
    at_work(ordered(alice), since=60)
    at_work(ordered(alice), since=5)
    waiting = [ordered(alice) for _ in range(2)]
    assert [left(job) for job in waiting] == [about(15 + 20), about(15 + 30 + 20)]


def test_where_most_slots_are_late_nothing_is_estimated(measured, alice):
    worker(slots=3)
    for since in (60, 60, 5):
        at_work(ordered(alice), since=since)
    assert estimate_of(ordered(alice)) == NOT_KNOWN


def test_without_a_live_worker_nothing_is_estimated(measured, alice):
    assert estimate_of(ordered(alice)) == NOT_KNOWN
    Worker.objects.create(host="here", pid=1, slots=2, seen_at=timezone.now() - STALE_AFTER)
    assert estimate_of(ordered(alice)) == NOT_KNOWN


def test_a_job_that_nobody_takes_though_a_slot_is_free_has_no_estimate(measured, alice):
    worker(slots=2)
    job = ordered(alice)
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() - timedelta(seconds=5))
    job.refresh_from_db()
    assert estimate_of(job) == NOT_KNOWN


def test_many_jobs_cost_few_queries(measured, alice, django_assert_num_queries):
    worker(slots=2)
    jobs = [at_work(ordered(alice), since=5) for _ in range(2)] + [ordered(alice) for _ in range(8)]
    places = {job.pk: place for place, job in enumerate(jobs[2:], start=1)}
    with django_assert_num_queries(3):  # the speed, the slots, what is in work
        estimates_of(jobs, places)
    with django_assert_num_queries(1):
        assert all(estimate.finish_at for estimate in estimates_of(jobs, places).values())
    with django_assert_num_queries(0):
        estimates_of(jobs[:2], {})


def followed(job: Job) -> Job:
    """A job at work, parked and adopted."""
    assert Lease(job, job.lease_owner or "").keep_call("call")
    assert Lease(job, job.lease_owner or "").follow(store_seconds=0.0)
    assert job.adopt(f"follower {job.pk}")
    return job


def test_while_its_call_is_followed_a_job_has_the_same_estimate(measured, alice):
    job = at_work(ordered(alice), since=5)
    assert left(job) == about(15)
    assert left(followed(job)) == about(15)
    assert Lease(job, job.lease_owner).call_ended()
    assert left(job) == about(15), "it waits for a worker for a moment"
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=30))
    job.refresh_from_db()
    assert estimate_of(job) == NOT_KNOWN


def test_a_job_whose_call_is_followed_takes_no_slot(measured, alice):
    worker(slots=1)
    followed(at_work(ordered(alice), since=5))
    assert left(ordered(alice)) == about(20)


@pytest.fixture
def remote(settings, alice) -> None:
    """The site has a remote engine with two places; half a minute of music takes twenty seconds."""
    settings.ENGINES = {
        "there": {
            "BACKEND": "generation.engines.scripted.ScriptedRemoteEngine",
            "OPTIONS": {"max_in_flight": 2},
        }
    }
    settings.GENERATION_ENGINE = "there"
    for _ in range(FEWEST):
        completed(alice, took=20)


def test_a_job_waits_for_a_place_at_a_full_engine_and_not_for_a_slot(remote, alice):
    worker(slots=1)
    followed(at_work(ordered(alice), since=15))
    assert left(ordered(alice)) == about(20)
    followed(at_work(Job.objects.get(status="queued"), since=5))
    first, second, third = ordered(alice), ordered(alice), ordered(alice)
    assert [left(job) for job in (first, second, third)] == [
        about(5 + 20),
        about(15 + 20),
        about(5 + 20 + 20),
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "a few seconds left"),
        (5, "about 5 s left"),
        (13, "about 15 s left"),
        (22, "about 20 s left"),
        (54, "about 50 s left"),
        (58, "about 1 min left"),
        (170, "about 3 min left"),
        (3500, "about 58 min left"),
        (7000, "about 2 h left"),
    ],
)
def test_the_time_left_is_said_as_people_say_it(seconds, said):
    assert Estimate(timezone.now() + timedelta(seconds=seconds)).words == said


@pytest.mark.postgresql_is_enough
class TestNeverNegative(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(
        took=st.lists(st.floats(0.05, 200), min_size=5, max_size=8),
        since=st.floats(0, 300),
        progress=st.none() | st.floats(0, 1),
        noted_before=st.floats(0, 9.9),
        waiting=st.integers(1, 4),
    )
    def test_no_job_is_estimated_to_be_done_in_the_past(self, took, since, progress, noted_before, waiting):

        caches["process"].clear()
        alice = User.objects.create_user(email="alice@example.org", password="")
        for seconds in took:
            completed(alice, took=seconds)
        worker(slots=2)
        job = at_work(ordered(alice), since=since, progress=progress)
        Job.objects.filter(pk=job.pk).update(lease_until=job.lease_until - timedelta(seconds=noted_before))
        queue = [ordered(alice) for _ in range(waiting)]
        before = datetime.now(UTC)
        jobs = [Job.objects.get(pk=job.pk), *queue]
        for estimate in estimates_of(jobs, positions(jobs)).values():
            assert estimate.finish_at is None or estimate.finish_at > before
            assert estimate.finish_at is None or not estimate.is_late
