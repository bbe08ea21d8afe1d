"""Jobs under every order of what owners, workers, followers and the reaper may do: each move is the one that must be.

`STATES_EXAMPLES=2000` makes the run longer.
"""

import os
import sys
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django_q.models import OrmQ
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from generation import job_cleanup, jobs
from generation.engines.base import Music, Stopped
from generation.engines.request import MusicRequest
from generation.models import Job, Lease
from generation.queue import messages
from generation.tests.api_calls import unsaved_track
from generation.tests.audio_signals import silence
from generation.tests.interleaving import in_the_midst_of
from generation.tests.job_moves import CLEAR, OWNER, REAPER, RUN, is_claimable, next_in_turn, takeable
from generation.tests.job_world import MOMENT, World, subject_of, task_of
from generation.worker import reaper
from generation.worker.attempt import Attempt
from generation.worker.followed_calls import Call, Following
from generation.worker.outcomes import Done, Failure, Outcome, Postponed, Waiting
from generation.worker.remote_call import RemoteCall
from generation.worker.variation import Variation

EFFORT = settings(
    max_examples=int(os.environ.get("STATES_EXAMPLES", "30")),
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
AGAIN = Failure("engine_unavailable", "The engine is away.", True)
BROKEN = Failure("content_rejected", "The engine will not make this.", False)
DRAINED = Postponed(0, "The worker is to leave.")
OUT_OF_REACH = Postponed(30, "The engine cannot be asked.")
MUSIC = Music(silence(1.0))
some = st.integers(0, 1000)
outcomes = st.sampled_from([AGAIN, AGAIN, DRAINED, OUT_OF_REACH, BROKEN, Waiting()])
deeds = st.lists(
    st.sampled_from(["looks", "ends", "looks", "renews", "reports", "dies"]), min_size=2, max_size=4
)
with_attempts = precondition(lambda self: self.attempts)


class Jobs(World):
    @initialize(first=st.integers(1, 2), second=st.integers(1, 2))
    def both_owners_order(self, first: int, second: int) -> None:
        self.order(0, first)
        self.now += MOMENT
        self.order(1, second)

    # What owners do

    @precondition(lambda self: len(self.active()) < 4)
    @rule(owner=st.integers(0, 1), variations=st.integers(1, 2))
    def order(self, owner: int, variations: int) -> None:
        request = MusicRequest(prompt="rain", duration=1.0, seed=1, variations=variations)
        self.meet(jobs.submit(owner=self.owners[owner], request=request))

    @rule(which=some, anew=st.booleans())
    def cancel(self, which: int, anew: bool) -> None:
        job = self.job(which, self.active())
        self.cancels(job, self.reading(job, anew))

    @with_attempts
    @rule(which=some, outcome=outcomes)
    def cancel_just_when_its_worker_stops(self, which: int, outcome: Outcome) -> None:
        attempt = self.attempt(which)
        if not self.holds(attempt):
            return  # what it does then, it may as well do before or after
        reading = self.reading(self.job_of(attempt), anew=True)
        with in_the_midst_of(reading, lambda: self.stops(attempt, outcome)):
            self.cancels(self.job_of(attempt), reading)

    def cancels(self, job: Job, reading: Job) -> None:
        assert jobs.cancel(job=reading) == job.is_active
        self.tries(job, "canceled", "cancel_asked", "left_behind", by=OWNER)

    @precondition(lambda self: any(job.is_retryable for job in self.jobs.values()))
    @rule(which=some)
    def order_again(self, which: int) -> None:
        retryable = [job for job in self.jobs.values() if job.is_retryable]
        self.meet(jobs.retry(job=self.reading(retryable[which % len(retryable)], anew=True)))

    # What workers do: also those that lost their job, with what they knew of it

    @rule()
    def take_whose_turn_it_is(self) -> None:
        reading = Job.objects.all().next_in_turn(self.now)
        expected = next_in_turn(self.jobs.values(), self.now)
        assert (reading and reading.pk) == (expected and expected.pk)
        if reading:
            self.claim(reading)

    @rule(which=some, anew=st.booleans())
    def claim_any(self, which: int, anew: bool) -> None:
        self.claim(self.reading(self.job(which, self.active()), anew))

    @with_attempts
    @rule(
        which=some, stage=st.sampled_from(["starting", "generating"]), progress=st.sampled_from([None, 0.5])
    )
    def beat(self, which: int, stage: str, progress: float | None) -> None:
        attempt = self.attempt(which)
        move = "stage" if stage != attempt.job.stage else "lease_renewed"  # what the worker thinks to be new
        kept = attempt.lease.beat(stage=stage, progress=progress)
        attempt.heartbeat.lost = not kept
        by = attempt.lease.owner
        assert kept == bool(self.tries(self.job_of(attempt), move, by=by, stage=stage, progress=progress))

    @with_attempts
    @rule(which=some)
    def call(self, which: int) -> None:
        """Start a remote call, or learn that the one that was started has ended badly."""
        attempt = self.attempt(which)
        if call_id := attempt.job.call_id:
            forgotten = self.tries(self.job_of(attempt), "call_forgotten", by=attempt.lease.owner)
            assert attempt.lease.forget_call() == bool(forgotten)
            self.ended_calls |= {call_id} if forgotten else set()
        elif self.lacks_tracks(attempt):
            self.start_call(attempt)

    @with_attempts
    @rule(which=some, parks=st.booleans())
    def go_on(self, which: int, parks: bool) -> None:
        self.goes_on(self.attempt(which), parks)

    @rule(steps=st.integers(1, 4), parks=st.booleans())
    def work(self, steps: int, parks: bool = False) -> None:
        """The worker that came last goes about its work; where it has none, another one comes."""
        for _ in range(steps):
            if self.attempts and self.holds(self.attempts[-1]):
                self.goes_on(self.attempts[-1], parks and not self.attempts[-1].job.call_id)
            else:
                self.take_whose_turn_it_is()
            self.all_is_as_it_must_be()

    @with_attempts
    @rule(which=some, outcome=outcomes)
    def stop(self, which: int, outcome: Outcome) -> None:
        self.stops(self.attempt(which), outcome)

    def goes_on(self, attempt: Attempt, parks: bool) -> None:
        """Save the next track, or leave the job to whoever follows its call; finish it after the last track."""
        if not self.lacks_tracks(attempt):
            self.stops(attempt, Done())
        elif parks:
            if not self.job_of(attempt).call_id:
                self.start_call(attempt)
            self.stops(attempt, Waiting())
        else:
            self.save(attempt)

    def start_call(self, attempt: Attempt) -> None:
        call_id = f"call-{len(self.engine.started)}"
        call = RemoteCall(attempt.lease, attempt.heartbeat, self.engine)
        started = {"call_id": call_id, "call_indexes": attempt.job.lacking()}
        if self.tries(self.job_of(attempt), "call", by=attempt.lease.owner, **started):
            assert call._start() == call_id
        else:
            with pytest.raises(Stopped):
                call._start()
            assert call_id in self.engine.canceled

    def save(self, attempt: Attempt) -> None:
        job, variation, track = self.job_of(attempt), self.variation(attempt), unsaved_track(attempt.job)
        call_id, is_last = job.call_id, len(attempt.job.lacking()) == 1
        forgotten: dict[str, Any] = (
            {"call_id": "", "call_indexes": [], "lease_until": job.lease_until} if is_last else {}
        )
        if self.tries(job, "stored", by=attempt.lease.owner, **forgotten):
            variation._save(track, MUSIC, forget_call=is_last)
            self.ended_calls |= {call_id} if is_last else set()
        else:
            with pytest.raises(Stopped):
                variation._save(track, MUSIC, forget_call=is_last)

    def stops(self, attempt: Attempt, outcome: Outcome) -> None:
        """A worker ends its attempt, also one that was taken from it."""
        job, by = self.job_of(attempt), attempt.lease.owner
        attempt.end(outcome)
        if attempt.heartbeat.lost:
            self.tries(job, "left_behind", by=by)
            return
        match outcome:
            case Done():
                self.tries(job, "completed", by=by)
            case Waiting():
                self.tries(job, "followed", by=by)
            case Postponed(delay=delay):
                due = self.now + timedelta(seconds=delay)
                self.tries(job, "handed_back", by=by, run_after=due, woken_at=due)
            case Failure(code=code, retryable=retryable):
                due = attempt.job.run_after
                if retryable and self.tries(job, "retried", by=by, run_after=due, woken_at=due):
                    pause = (due - self.now).total_seconds()
                    assert 0.5 <= pause / 4 ** (job.attempts_used - 1) <= 1.5
                self.tries(job, "failed", by=by, error_code=code, error_retryable=retryable)
        self.tries(job, "canceled", by=by)  # what is not so only because its owner asked
        self.leaves_its_place(job)

    def lacks_tracks(self, attempt: Attempt) -> bool:
        return self.tracks(self.job_of(attempt)) < attempt.job.request.variations

    def variation(self, attempt: Attempt) -> Variation:
        return Variation(attempt.lease, attempt.heartbeat, self.tracks(self.job_of(attempt)))

    # What followers do: also those that are thought dead

    @precondition(lambda self: any(job.call_state for job in self.jobs.values()))
    @rule(follower=st.sampled_from(["host:1:", "host:2:"]), deeds=deeds)
    def follow(self, follower: str, deeds: list[str]) -> None:
        following = Following()
        following.name = follower
        for deed in deeds:
            self.follower_does(following, deed, {f"{follower}{pk.hex}": job for pk, job in self.jobs.items()})
            self.all_is_as_it_must_be()

    def follower_does(self, following: Following, deed: str, leases: dict[str, Job]) -> None:
        """`leases` are those under which the follower would hold the jobs: it tries what only a holder may do."""
        match deed:
            case "looks":
                following.look()
                asked = {by: job for by, job in leases.items() if job.call_state and job.cancel_requested_at}
                for by, job in sorted(asked.items(), key=lambda item: str(item[1].cancel_requested_at)):
                    if self.tries(job, "canceled", by=by) or self.tries(job, "canceled", by=REAPER):
                        self.leaves_its_place(job)
                self.all_try("adopted", leases)
            case "ends":
                following.end(Call(job.call_id, Lease(copy(job), by)) for by, job in leases.items())
                self.all_try("call_ended", leases)
            case "renews":
                assert following.renew() == self.all_try("lease_renewed", leases)
            case "reports":
                following.report_progress(dict.fromkeys(leases, 0.7))
                self.all_try("lease_renewed", leases, progress=0.7)
            case "dies":
                assert following.release() == self.all_try("lease_ended", leases)

    def all_try(self, move: str, leases: dict[str, Job], **columns: Any) -> int:
        return sum(self.tries(job, move, by=by, **columns) != "" for by, job in leases.items())

    # What happens by itself

    @rule(seconds=st.sampled_from([0.1, 3.0, 9.9, 40.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.active())
    @rule(which=some, deadline=st.sampled_from([False] * 7 + [True]), past=st.booleans())
    def time_passes_until_something_is_due(self, which: int, deadline: bool, past: bool) -> None:
        """The next step is at that very moment, or just past it."""
        columns = ["deadline_at"] if deadline else ["lease_until", "run_after"]
        moments = [getattr(job, column) for job in self.active() for column in columns]
        ahead = [moment for moment in moments if moment and moment > self.now]
        if ahead:
            self.now = ahead[which % len(ahead)] - (0 if past else 1) * MOMENT

    @rule()
    def messages_are_lost(self) -> None:
        OrmQ.objects.all().delete()

    @rule(which=some)
    def wake_with_old_knowledge(self, which: int) -> None:
        """Another reaper, a little slower, wakes what this one may just have woken."""
        job = self.job(which, [job for job in self.jobs.values() if is_claimable(job, self.now)])
        reading = self.reading(job, anew=False)
        expected = is_claimable(job, self.now) and reading.woken_at == job.woken_at
        assert reading.note_wake(self.now) == expected
        if expected:
            messages.wake_for_job(job.pk)
            self.tries(job, "woken", by=REAPER)

    @rule()
    def reap(self) -> None:
        waiting = messages.orders_waiting()
        reaper.reap()
        for job in self.jobs.values():
            self.tries(job, "canceled", "failed", by=REAPER)
        to_take = takeable(self.jobs.values(), self.now)
        self.wakes(to_take, max(0, len(to_take) - waiting))
        for job in self.jobs.values():
            self.tries(job, "call_ended", "left_behind", by=REAPER)

    @precondition(lambda self: any(job.leftovers for job in self.jobs.values()))
    @rule(which=some)
    def clear_leftovers(self, which: int) -> None:
        self.clear(self.job(which, [job for job in self.jobs.values() if job.leftovers and job.finished_at]))

    def clear(self, job: Job) -> None:
        job_cleanup.clear(job.pk)
        self.tries(job, "cleared_up", by=REAPER)

    # What must come true at the end

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # else that is what went wrong
                self.everything_ends_though_all_workers_die()
        finally:
            super().teardown()

    def everything_ends_though_all_workers_die(self) -> None:
        """And soon: in one round those that were begun, in another those that waited, then what they leave behind."""
        self.attempts.clear()
        for _ in range(3):
            self.messages_are_lost()
            self.now += timedelta(seconds=100)
            self.reap()
            self.all_is_as_it_must_be()
            for message in OrmQ.objects.filter(lock__lte=self.now):
                self.deliver(message)
        assert not Job.objects.active().exists()
        assert not Job.objects.filter(leftovers=True).exists()
        assert set(self.engine.started) - self.ended_calls <= set(self.engine.canceled)

    def deliver(self, message: OrmQ) -> None:
        """Have a worker do what the message asks for."""
        task = task_of(message)
        message.delete()
        if task == CLEAR:
            self.clear(self.jobs[subject_of(message)])
        if task == RUN:
            self.work(4)
        self.all_is_as_it_must_be()


@pytest.mark.django_db
@pytest.mark.long
@pytest.mark.postgresql_is_enough
def test_each_move_of_a_job_is_the_one_that_must_be(scripted_remote, audio_root, settings):
    settings.JOB_MAX_LOST_WORKERS = 3
    settings.JOB_DEADLINE_SECONDS = 600
    Jobs.steps = 0
    Jobs.kinds.clear()
    run_state_machine_as_test(Jobs, settings=EFFORT)
    print(f"{EFFORT.max_examples} examples, {Jobs.steps} steps; {dict(Jobs.kinds.most_common())}")
