"""Whose job is next: what a worker takes, and that everybody's place in the queue tells it beforehand."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from generation.models import Job
from generation.models.job_states import Status
from generation.scheduling import turns
from generation.scheduling.turns import positions
from generation.worker import attempt

pytestmark = pytest.mark.on_both

ORDER = {"engine": "scripted", "input": {"prompt": "rain", "duration": 1, "seed": 1}}


def waiting(owner: User, count: int = 1, **fields) -> list[Job]:
    return [Job.objects.create(owner=owner, **ORDER, **fields) for _ in range(count)]


def taken_in_turn() -> list[Job]:
    """Take every job, one after the other, as workers do."""
    taken: list[Job] = []
    while (job := Job.objects.all().next_in_turn(timezone.now())) is not None:
        assert job.claim(f"worker {len(taken)}")
        taken.append(job)
    return taken


@pytest.mark.django_db
def test_a_hundred_jobs_of_one_owner_do_not_hold_up_the_first_of_another(alice, bob):
    alices = waiting(alice, 100)
    assert Job.objects.all().next_in_turn(timezone.now()) == alices[0]
    alices[0].claim("one")
    (bobs,) = waiting(bob)
    assert positions([bobs, alices[1]]) == {bobs.pk: 1, alices[1].pk: 2}
    assert taken_in_turn()[:2] == [bobs, alices[1]]


@pytest.mark.django_db
def test_only_queued_jobs_have_a_place(alice):
    first, second = waiting(alice, 2)
    assert positions([first, second]) == {first.pk: 1, second.pk: 2}
    first.claim("one")
    assert positions([first, second]) == {second.pk: 1}
    assert positions([first]) == {}


@pytest.mark.django_db
def test_owners_take_turns_and_each_is_served_in_the_order_of_the_orders(alice, bob):
    first, second, third = waiting(alice, 3)
    early, late = waiting(bob, 2)
    assert taken_in_turn() == [first, early, second, late, third]


@pytest.mark.django_db
def test_a_job_whose_worker_died_comes_before_all_turns(alice, bob):
    (orphan,) = waiting(alice)
    orphan.claim("one")
    waiting(bob)
    Job.objects.filter(pk=orphan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Job.objects.all().next_in_turn(timezone.now()) == orphan


@pytest.mark.django_db
def test_what_is_not_due_is_nobodys_turn(alice):
    waiting(alice, run_after=timezone.now() + timedelta(minutes=1))
    assert Job.objects.all().next_in_turn(timezone.now()) is None
    assert not attempt.run_next()


@pytest.mark.django_db
def test_a_worker_works_on_whose_turn_it_is(scripted, order, bob):
    first, second = order(), order()
    first.claim("one")
    bobs = Job.objects.create(owner=bob, engine="scripted", input=second.input)
    assert attempt.run_next()
    assert [Job.objects.get(pk=job.pk).status for job in (second, bobs)] == [Status.QUEUED, Status.COMPLETED]


@pytest.mark.django_db
def test_many_positions_cost_three_queries(alice, bob, django_assert_num_queries):
    jobs = waiting(alice, 5) + waiting(bob, 5)
    with django_assert_num_queries(3):
        assert list(positions(jobs).values()) == [1, 3, 5, 7, 9, 2, 4, 6, 8, 10]


@pytest.mark.django_db
def test_what_was_ordered_since_the_look_comes_after_what_its_owner_had_ordered(alice, bob, settings):
    settings.QUEUE_LOOK_SECONDS = 600.0
    first, second = waiting(alice, 2)
    assert positions([second]) == {second.pk: 2}
    third, fourth = waiting(alice, 2)
    [bobs] = waiting(bob)
    assert positions([fourth, third, bobs]) == {third.pk: 3, fourth.pk: 4, bobs.pk: 2}
    first.claim("one")  # which the look still has in the queue
    assert positions([second]) == {second.pk: 2}


@pytest.mark.django_db
def test_each_order_of_a_burst_is_told_its_own_place(alice, settings):
    settings.QUEUE_LOOK_SECONDS = 600.0
    positions(waiting(alice))
    places = [positions([job])[job.pk] for job in (waiting(alice)[0] for _ in range(5))]
    assert places == [2, 3, 4, 5, 6]


@pytest.mark.django_db
def test_in_a_long_line_the_jobs_before_are_counted(alice, bob, monkeypatch):
    monkeypatch.setattr(turns, "LONG_LINE", 3)
    at_once = timezone.now()
    alices = sorted(waiting(alice, 6, created_at=at_once), key=lambda job: job.pk) + waiting(alice, 4)
    bobs = waiting(bob, 2)
    read_whole = positions(alices + bobs)
    assert list(read_whole.values()) == [1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 2, 4]
    assert [positions([job])[job.pk] for job in alices] == [read_whole[job.pk] for job in alices]


@pytest.mark.django_db
def test_many_who_ask_cost_one_look(alice, settings, django_assert_num_queries):
    settings.QUEUE_LOOK_SECONDS = 600.0
    jobs = waiting(alice, 5)
    with django_assert_num_queries(3):
        positions(jobs)
    with django_assert_num_queries(0):
        assert [positions([job])[job.pk] for job in jobs] == [1, 2, 3, 4, 5]


@pytest.mark.postgresql_is_enough
class TestPositions(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(
        orders=st.lists(st.integers(0, 3), min_size=1, max_size=14),
        served=st.lists(st.integers(0, 3), max_size=4),
    )
    def test_positions_are_the_order_in_which_workers_take_the_jobs(self, orders, served):
        owners = [User.objects.create_user(email=f"owner{n}@example.org", password="") for n in range(4)]
        for number, owner in enumerate(served):
            for job in waiting(owners[owner]):
                assert job.claim(f"earlier {number}")
        jobs = [job for owner in orders for job in waiting(owners[owner])]
        assert positions(jobs) == {job.pk: place for place, job in enumerate(taken_in_turn(), start=1)}


@pytest.mark.django_db
def test_guests_of_one_address_take_one_turn_together(alice, bob, settings):
    """However many there are, a user waits for one job of them, and shares with them as with any other."""
    settings.QUOTA_RUNNING = dict.fromkeys(("guest", "user", "staff"))
    address = uuid.UUID(int=7)
    crowd = [waiting(User.objects.create_guest(), address_key=address)[0] for _ in range(30)]
    first, second = waiting(alice, 2)
    (bobs,) = waiting(bob)
    assert positions([first, second, bobs, crowd[1]]) == {
        first.pk: 2,
        bobs.pk: 3,
        crowd[1].pk: 4,
        second.pk: 5,
    }
    assert taken_in_turn()[:5] == [crowd[0], first, bobs, crowd[1], second]


@pytest.mark.django_db
def test_a_guest_who_becomes_a_user_has_turns_of_their_own_from_then_on():
    guest = User.objects.create_guest()
    (before,) = waiting(guest, address_key=uuid.UUID(int=7))
    guest.become_account("dana@example.org", "a long enough secret")
    (after,) = waiting(guest)
    assert (before.turn_id, after.turn_id) == (uuid.UUID(int=7), guest.pk)
