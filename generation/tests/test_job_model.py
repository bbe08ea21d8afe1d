"""Jobs under every order of what workers, owners and the reaper may do, held against a second account of them.

`STATES_EXAMPLES=2000` makes the run longer.
"""

import os
import sys
from datetime import timedelta

import pytest
from django_q.models import OrmQ
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from generation import job_cleanup, jobs
from generation.engines.base import Stopped
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.queue import messages
from generation.tests.api_calls import unsaved_track
from generation.tests.interleaving import in_the_midst_of
from generation.tests.job_hands import Hand, adopt, call_ended
from generation.tests.job_twin import CLEAR, ENDED_BADLY, RUN, next_in_turn, takeable
from generation.tests.job_world import MOMENT, World, subject_of, task_of
from generation.worker import reaper
from generation.worker.followed_calls import Following
from generation.worker.outcomes import Done, Failure, Outcome, Postponed, Waiting

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
some = st.integers(0, 1000)
outcomes = st.sampled_from([AGAIN, AGAIN, DRAINED, OUT_OF_REACH, BROKEN, Waiting()])
followers = st.sampled_from(["host:1:", "host:2:"])
with_jobs = precondition(lambda self: self.twins)
with_hands = precondition(lambda self: self.hands)
with_holders = precondition(lambda self: any(hand.holds for hand in self.hands))
with_followed = precondition(lambda self: self.followed())


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

    @with_jobs
    @rule(which=some, anew=st.booleans())
    def cancel(self, which: int, anew: bool) -> None:
        twin = self.twin(which, self.active())
        assert jobs.cancel(job=self.job(twin, anew)) == twin.cancel(self.now)
        twin.clean_up(self.now)

    @with_holders
    @rule(which=some, outcome=outcomes)
    def cancel_just_when_its_worker_stops(self, which: int, outcome: Outcome) -> None:
        hand = self.holder(which)
        job = self.job(hand.twin, anew=True)
        with in_the_midst_of(job, lambda: self.end(hand, outcome)):
            canceled = jobs.cancel(job=job)
        assert canceled == hand.twin.cancel(self.now)
        hand.twin.clean_up(self.now)

    @with_jobs
    @rule(which=some)
    def order_again(self, which: int) -> None:
        twin = self.twin(which, [twin for twin in self.twins if twin.status in ENDED_BADLY])
        if twin.status in ENDED_BADLY:
            self.meet(jobs.retry(job=self.job(twin, anew=True)))
        else:
            with pytest.raises(jobs.NotRetryable):
                jobs.retry(job=self.job(twin, anew=True))

    # What workers do: also those that lost their job, with what they knew of it

    @rule()
    def take_whose_turn_it_is(self) -> None:
        job = Job.objects.all().next_in_turn(self.now)
        expected = next_in_turn(self.twins, self.now)
        assert (job and job.pk) == (expected and expected.pk)
        if job is not None and expected is not None:
            self.claim(expected, job)

    @with_jobs
    @rule(which=some, anew=st.booleans())
    def claim_any(self, which: int, anew: bool) -> None:
        twin = self.twin(which, self.active())
        self.claim(twin, self.job(twin, anew))

    @with_hands
    @rule(
        which=some, stage=st.sampled_from(["starting", "generating"]), progress=st.sampled_from([None, 0.5])
    )
    def beat(self, which: int, stage: str, progress: float | None) -> None:
        hand = self.hand(which)
        is_new_stage = stage != hand.job.stage
        assert hand.beat(stage, progress) == hand.twin.beat(
            hand.lease, self.now, stage, progress, is_new_stage
        )

    @with_hands
    @rule(which=some)
    def call(self, which: int) -> None:
        """Start a remote call, or learn that the one that was started has ended badly."""
        hand = self.hand(which)
        if hand.twin.tracks == hand.twin.variations:
            return  # nothing is left to be made
        if call_id := hand.job.call_id:
            kept = hand.forget_call()
            assert kept == hand.twin.keep_call(hand.lease, "")
            self.ended_calls |= {call_id} if kept else set()
        else:
            self.start_call(hand)

    def start_call(self, hand: Hand) -> None:
        if hand.twin.keep_call(hand.lease, call_id := f"call-{len(self.engine.started)}"):
            assert hand.variation()._start_call(self.engine) == call_id
        else:
            with pytest.raises(Stopped):
                hand.variation()._start_call(self.engine)
            assert call_id in self.engine.canceled

    @with_hands
    @rule(which=some)
    def go_on(self, which: int) -> None:
        self.save_or_finish(self.hand(which))

    @rule(steps=st.integers(1, 4), parks=st.booleans())
    def work(self, steps: int, parks: bool = False) -> None:
        """The worker that came last goes about its work; where it has none, another one comes."""
        for _ in range(steps):
            if not (self.hands and self.hands[-1].holds):
                self.take_whose_turn_it_is()
            elif parks and not self.hands[-1].twin.call_id:
                self.call_and_park(self.hands[-1])
            else:
                self.save_or_finish(self.hands[-1])
            self.all_is_as_it_must_be()

    def call_and_park(self, hand: Hand) -> None:
        """Start the next call and leave the job to whoever follows it; finish the job after the last."""
        if not hand.twin.call_id and hand.twin.tracks < hand.twin.variations:
            self.start_call(hand)
        self.end(hand, Waiting() if hand.twin.call_id else Done())

    def save_or_finish(self, hand: Hand) -> None:
        """Save the next track, or finish the job after the last."""
        call_id = hand.twin.call_id
        if hand.twin.tracks == hand.twin.variations:
            self.end(hand, Done())
        elif hand.twin.save_track(hand.lease):
            hand.variation()._save(unsaved_track(hand.job))
            self.ended_calls.add(call_id)
        else:
            with pytest.raises(Stopped):
                hand.variation()._save(unsaved_track(hand.job))

    @with_hands
    @rule(which=some, outcome=outcomes)
    def stop(self, which: int, outcome: Outcome) -> None:
        self.end(self.hand(which), outcome)

    # What followers do: also those that are thought dead

    @with_holders
    @rule(which=some)
    def park(self, which: int) -> None:
        """Leave a job to whoever follows its call."""
        self.call_and_park(self.holder(which))

    @with_followed
    @rule(which=some, follower=followers, anew=st.booleans())
    def adopt(self, which: int, follower: str, anew: bool) -> None:
        twin = self.twin(which, self.followed())
        lease = f"{follower}{twin.pk.hex}"
        assert adopt(self.job(twin, anew), lease) == twin.adopt(lease, self.now)

    @with_followed
    @rule(which=some, follower=followers, anew=st.booleans())
    def call_ends(self, which: int, follower: str, anew: bool) -> None:
        twin = self.twin(which, self.followed())
        lease = (which % 4 and twin.lease_owner) or f"{follower}{twin.pk.hex}"
        ended = call_ended(self.job(twin, anew), lease)
        assert ended == twin.call_ended(lease, self.now)
        if ended:
            messages.wake_for_result(twin.pk)

    @with_followed
    @rule(follower=followers)
    def follow_to_the_end(self, follower: str) -> None:
        """A follower adopts what it can, and all its calls end."""
        for twin in self.followed():
            which = 4 * self.twins.index(twin)
            for step in (self.adopt, self.call_ends):
                step(which, follower, anew=True)
                self.all_is_as_it_must_be()

    @rule(follower=followers, progress=st.sampled_from([None, 0.7]))
    def keep_following(self, follower: str, progress: float | None) -> None:
        if progress is None:
            held, changes = Job.objects.renew_leases(follower, self.now), {}
        else:
            parts = {f"{follower}{twin.pk.hex}": progress for twin in self.twins}
            held, changes = Job.objects.report_progress(self.now, parts), {"progress": progress}
        assert held == sum(twin.keep_following(follower, self.now, **changes) for twin in self.twins)

    @rule(follower=followers)
    def follower_dies_and_has_a_successor(self, follower: str) -> None:
        released = Job.objects.followed_by(follower).update(lease_until=self.now)
        assert released == sum(twin.stop_following(follower, self.now) for twin in self.twins)

    @rule(follower=followers)
    def follower_ends_what_was_canceled(self, follower: str) -> None:
        following = Following()
        following.name = follower
        following.end_canceled()
        canceled = [twin for twin in self.twins if twin.call_state and twin.cancel_requested_at]
        for twin in sorted(canceled, key=lambda twin: str(twin.cancel_requested_at)):
            if twin.end_canceled(f"{follower}{twin.pk.hex}", self.now) or twin.expire(self.now):
                twin.clean_up(self.now)
                self.place_is_free(twin)

    # What happens by itself

    @rule(seconds=st.sampled_from([0.1, 3.0, 9.9, 40.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.active())
    @rule(which=some, deadline=st.sampled_from([False] * 7 + [True]), past=st.booleans())
    def time_passes_until_something_is_due(self, which: int, deadline: bool, past: bool) -> None:
        """The next step is at that very moment, or just past it."""
        columns = ["deadline_at"] if deadline else ["lease_until", "run_after"]
        moments = [getattr(twin, column) for twin in self.active() for column in columns]
        ahead = [moment for moment in moments if moment is not None and moment > self.now]
        if ahead:
            until = ahead[which % len(ahead)]
            self.now = until if past else until - MOMENT

    @rule()
    def messages_are_lost(self) -> None:
        OrmQ.objects.all().delete()

    @with_jobs
    @rule(which=some)
    def wake_with_old_knowledge(self, which: int) -> None:
        """Another reaper, a little slower, wakes what this one may just have woken."""
        twin = self.twin(which, self.active())
        job = self.job(twin, anew=False)
        expected = twin.is_claimable(self.now) and job.woken_at == twin.woken_at
        assert job.note_wake(self.now) == expected
        if expected:
            messages.wake_for_job(job.pk)
            twin.wake(self.now)

    @rule()
    def reap(self) -> None:
        waiting = messages.messages_waiting()
        reaper.reap()
        for twin in self.twins:
            if twin.expire(self.now):
                twin.clean_up(self.now)
        waiting_for_workers = takeable(self.twins, self.now)
        self.wake_longest_waiting(waiting_for_workers, max(0, len(waiting_for_workers) - waiting))
        for twin in self.twins:
            twin.unfollow(self.now)
        for twin in self.twins:
            if twin.has_uncleared_leftovers(self.now):
                twin.clean_up(self.now)

    @precondition(lambda self: any(twin.leftovers for twin in self.twins))
    @rule(which=some)
    def clear_leftovers(self, which: int) -> None:
        twin = self.twin(which, [twin for twin in self.twins if twin.leftovers and twin.finished_at])
        job_cleanup.clear(twin.pk)
        twin.clear_leftovers()

    # What must come true at the end

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # else that is what went wrong
                self.everything_ends_though_all_workers_die()
        finally:
            super().teardown()

    def everything_ends_though_all_workers_die(self) -> None:
        """And soon: in one round those that were begun, in another those that waited, then what they leave behind."""
        self.hands.clear()
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
            job_cleanup.clear(subject_of(message))
            next(twin for twin in self.twins if twin.pk == subject_of(message)).clear_leftovers()
        if task == RUN:
            self.work(4)
        self.all_is_as_it_must_be()


@pytest.mark.django_db
@pytest.mark.long
def test_jobs_behave_as_their_second_account(scripted_remote, audio_root, settings):
    settings.JOB_MAX_LOST_WORKERS = 3
    settings.JOB_DEADLINE_SECONDS = 600
    Jobs.steps = 0
    Jobs.kinds.clear()
    run_state_machine_as_test(Jobs, settings=EFFORT)
    print(f"{EFFORT.max_examples} examples, {Jobs.steps} steps; {dict(Jobs.kinds.most_common())}")
