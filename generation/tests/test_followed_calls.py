"""The rows of one follower: it adopts, ends and releases its own calls and nobody's, never those of another one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import User
from generation.engines.scripted import ScriptedRemoteEngine
from generation.models import Job, Lease
from generation.models.job_states import CallState, Status
from generation.tests.api_calls import stored_track
from generation.worker import followed_calls
from generation.worker.followed_calls import Call, Following

pytestmark = pytest.mark.django_db
PAST, FUTURE = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(minutes=1)
CANCELED = {"cancel_requested_at": PAST}


@pytest.fixture
def mine(scripted_remote: ScriptedRemoteEngine) -> Following:
    return Following()


def parked(owner: User, **fields: Any) -> Job:
    """A job that was left to any follower."""
    count = Job.objects.count()
    defaults = {
        "status": Status.PROCESSING,
        "call_state": CallState.FOLLOWED,
        "call_id": f"call-{count}",
        "lease_owner": f"parked:{count}",
        "lease_until": PAST,
        "leftovers": True,
        "engine": "remote",
        "input": {"prompt": "rain", "duration": 1, "seed": 1},
    }
    return Job.objects.create(owner=owner, **defaults | fields)


def adopted_by(following: Following, job: Job) -> Call:
    lease = job.adopt(f"{following.name}{job.pk.hex}")
    assert lease
    return Call.of(lease)


def messages() -> list[tuple[str, str]]:
    return [(message.func().rpartition(".")[2], message.task["args"][0]) for message in OrmQ.objects.all()]


def test_it_adopts_the_oldest_first_a_few_at_once_and_says_that_there_may_be_more(alice, mine, monkeypatch):
    monkeypatch.setattr(followed_calls, "ADOPTED_AT_ONCE", 2)
    last, first, second = (parked(alice, lease_until=PAST - timedelta(seconds=ago)) for ago in (0, 2, 1))
    parked(alice, engine="taken away")
    calls, has_more = mine.look()
    assert ([call.job for call in calls], has_more) == ([first, second], True)
    calls, has_more = mine.look()
    assert ([call.job for call in calls], has_more) == ([last], False)
    assert mine.held() == {first.pk, second.pk, last.pk}


def test_it_ends_what_is_canceled_of_its_own_and_of_nobodys_alone(alice, mine):
    own, other = parked(alice), parked(alice)
    adopted_by(mine, own), adopted_by(Following(), other)
    Job.objects.update(**CANCELED)
    nobodys, wanted = parked(alice, **CANCELED), parked(alice)
    at_work = parked(alice, call_state="", lease_until=PAST, **CANCELED)
    assert mine.end_canceled() == 2
    canceled = Job.objects.filter(status=Status.CANCELED)
    assert set(canceled) == {own, nobodys}
    assert set(Job.objects.filter(status=Status.PROCESSING)) == {other, wanted, at_work}
    assert sorted(messages()) == sorted(("clear_leftovers", str(job.pk)) for job in (own, nobodys))


def test_it_ends_a_few_at_once_those_that_were_asked_for_first(alice, mine, monkeypatch):
    monkeypatch.setattr(followed_calls, "CANCELED_AT_ONCE", 1)
    parked(alice, cancel_requested_at=PAST)
    early = parked(alice, cancel_requested_at=PAST - timedelta(seconds=1))
    assert mine.look() == ([], True)
    assert Job.objects.get(status=Status.CANCELED) == early
    assert mine.look() == ([], True)
    assert Job.objects.filter(status=Status.CANCELED).count() == 2
    assert mine.look() == ([], False)


def test_a_canceled_job_leaves_its_place_to_one_that_waits_for_it(alice, mine, scripted_remote):
    scripted_remote.max_in_flight = 1
    parked(alice, **CANCELED)
    long_ago = timezone.now() - timedelta(minutes=1)
    waits = {"status": Status.QUEUED, "call_state": "", "lease_owner": None, "lease_until": None}
    waiting = parked(alice, **waits, run_after=long_ago, woken_at=long_ago)
    mine.end_canceled()
    assert ("run_job", str(waiting.pk)) in messages()


def test_a_worker_is_woken_once_for_each_call_that_has_ended(alice, mine):
    calls = [adopted_by(mine, parked(alice)) for _ in range(2)]
    adopted_by(mine, parked(alice))
    for _ in range(2):
        mine.end(calls)
        assert sorted(messages()) == sorted(("run_job", str(call.job.pk)) for call in calls)
    assert set(Job.objects.filter(call_state=CallState.ENDED)) == {call.job for call in calls}


def test_what_it_holds_is_its_own_and_in_time(alice, mine):
    held, late, other = parked(alice), parked(alice), parked(alice)
    adopted_by(mine, held), adopted_by(mine, late), adopted_by(Following(), other)
    Job.objects.filter(pk=late.pk).update(deadline_at=PAST)
    assert mine.held() == {held.pk}
    assert mine.renew() == 1


def test_it_releases_its_own_all_or_those_that_are_named(alice, mine):
    one, two, other = parked(alice), parked(alice), parked(alice)
    adopted_by(mine, one), adopted_by(mine, two), adopted_by(Following(), other)
    assert mine.release({one.pk, other.pk}) == 1
    assert list(Job.objects.adoptable(timezone.now())) == [one]
    assert mine.release() == 2
    assert set(Job.objects.adoptable(timezone.now())) == {one, two}


def test_a_call_makes_what_its_job_lacks(alice):
    job = parked(alice, input={"prompt": "rain", "duration": 1, "seed": 1, "variations": 4})
    stored_track(job)
    job.call_indexes = [1, 3]
    call = Call.of(Lease(job, "follower"))
    assert (call.id, call.stored, call.songs, call.variations) == (job.call_id, 1, 2, 4)
    assert [call.progress(part) for part in (-2.0, 0.0, 0.5, 1.0, 9.0)] == [0.0, 0.25, 0.5, 0.75, 1.0]
    only = parked(alice)
    stored_track(only)
    assert (Call.of(Lease(only, "follower")).stored, Call.of(Lease(only, "follower")).songs) == (0, 1)
