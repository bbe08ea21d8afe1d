"""What only the holder of a lease may do: once, with that job alone, and not against its owner's wish."""

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from generation.models import Job, Lease
from generation.models.job_states import CallState, Status
from generation.models.lease import new_owner, owner_prefix
from generation.tests.api_calls import stored_track

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
Verb = Callable[[Lease], bool]
KEEPING: dict[str, Verb] = {
    "beat": lambda lease: lease.beat(stage="generating", progress=0.5),
    "keep_call": lambda lease: lease.keep_call("another call"),
    "release": lambda lease: lease.release(),
}
ENDING: dict[str, Verb] = {
    "follow": lambda lease: lease.follow(store_seconds=1.5),
    "complete": lambda lease: lease.complete(generate_seconds=2, store_seconds=1),
    "fail": lambda lease: lease.fail(code="internal", message="It broke.", retryable=True),
    "retry_later": lambda lease: lease.retry_later(delay=60, detail="It broke."),
    "hand_back": lambda lease: lease.hand_back(delay=60, detail="Out of reach."),
}
VERBS = KEEPING | ENDING


def held(owner: User, lease_owner: str) -> Lease:
    """A job that a worker makes with a remote call, and whose track is stored."""
    job = Job.objects.create(
        owner=owner, engine="scripted", input={"prompt": "rain", "duration": 1, "seed": 1}
    )
    lease = job.claim(lease_owner)
    assert lease
    lease.keep_call("call")
    stored_track(job)
    return lease


def followed(owner: User, follower: str) -> Lease:
    lease = held(owner, f"worker of {follower}")
    lease.follow(store_seconds=1.5)
    adopted = lease.job.adopt(follower)
    assert adopted
    return adopted


def row(job: Job) -> dict[str, Any]:
    return dict(Job.objects.filter(pk=job.pk).values().get())


@pytest.mark.parametrize("verb", VERBS)
def test_it_moves_its_own_job_and_no_other(alice, verb):
    one, two = held(alice, "one"), held(alice, "two")
    mine, other = row(one.job), row(two.job)
    assert VERBS[verb](one)
    assert row(one.job) != mine
    assert row(two.job) == other


@pytest.mark.parametrize("verb", VERBS)
def test_whoever_does_not_hold_it_moves_nothing(alice, verb):
    job = held(alice, "one").job
    before = row(job)
    assert not VERBS[verb](Lease(job, "two"))
    assert row(job) == before


@pytest.mark.parametrize("verb", ENDING)
def test_what_ends_a_lease_is_done_once(alice, verb):
    lease = held(alice, "one")
    assert ENDING[verb](lease)
    after = row(lease.job)
    assert not any(again(lease) for again in VERBS.values())
    assert row(lease.job) == after


@pytest.mark.parametrize("verb", ENDING)
def test_nothing_but_the_cancel_ends_a_job_whose_owner_wants_it_canceled(alice, verb):
    lease = held(alice, "one")
    Job.objects.get(pk=lease.job.pk).cancel()
    assert not ENDING[verb](lease)
    assert all(keeps(lease) for keeps in KEEPING.values())
    assert lease.end_canceled()
    assert not lease.end_canceled()
    assert (lease.job.status, lease.job.lease_owner, lease.job.error_code) == (Status.CANCELED, None, "")


def test_a_call_that_has_ended_is_noted_by_its_follower_alone_and_once(alice):
    lease, other = followed(alice, "follower one"), followed(alice, "follower two")
    assert not Lease(lease.job, other.owner).call_ended()
    assert lease.call_ended()
    assert not lease.call_ended()
    assert (lease.job.call_state, row(other.job)["call_state"]) == (CallState.ENDED, CallState.FOLLOWED)


def test_a_call_that_is_not_followed_does_not_end(alice):
    assert not held(alice, "one").call_ended()


def test_a_call_whose_job_is_to_be_canceled_is_not_collected(alice):
    lease = followed(alice, "follower")
    Job.objects.get(pk=lease.job.pk).cancel()
    assert not lease.call_ended()


def test_only_a_job_with_a_call_is_followed_and_not_twice(alice):
    lease = held(alice, "one")
    lease.keep_call("")
    assert not lease.follow(store_seconds=0.0)
    adopted = followed(alice, "follower")
    assert not adopted.follow(store_seconds=0.0)


def test_it_says_whether_it_was_claimed_to_collect_a_result(alice):
    lease = followed(alice, "follower")
    lease.call_ended()
    collecting = lease.job.claim("worker")
    assert collecting
    assert collecting.call_has_ended
    assert not held(alice, "another").call_has_ended


def test_a_completed_job_has_its_first_track_and_what_it_took(alice):
    lease = held(alice, "one")
    stored_track(lease.job)
    lease.complete(generate_seconds=2, store_seconds=1)
    job = Job.objects.get(pk=lease.job.pk)
    assert job.first_track == job.tracks.get(index=0)
    assert (job.generate_seconds, job.store_seconds, job.progress, job.leftovers) == (2, 1, 1.0, False)


def test_owners_are_unlike_each_other_and_show_host_and_process():
    one, two = new_owner(), new_owner()
    assert one != two
    assert one.startswith(owner_prefix(os.getpid()))
    assert one.split(":")[:2] == [socket.gethostname()[:60], str(os.getpid())]
    assert len(one) <= Job._meta.get_field("lease_owner").max_length
