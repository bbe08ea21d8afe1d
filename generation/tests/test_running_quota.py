"""QUOTA_RUNNING: no more jobs of somebody are made at once than may be; the others wait and hold up nobody."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import User
from generation.models import Job, Lease
from generation.tests.test_turns import ORDER, taken_in_turn, waiting
from generation.worker import attempt, wakeups

pytestmark = pytest.mark.django_db
ADDRESS = uuid.UUID(int=7)


@pytest.fixture(autouse=True)
def limits(settings, scripted) -> dict[str, int | None]:
    settings.QUOTA_RUNNING = {"guest": 1, "user": 2, "staff": None}
    return settings.QUOTA_RUNNING


def test_what_goes_beyond_waits_and_others_are_taken(alice, bob):
    first, second, third = waiting(alice, 3)
    (bobs,) = waiting(bob)
    assert taken_in_turn() == [first, bobs, second]
    assert Job.objects.get(pk=third.pk).status == "queued"
    assert not attempt.run_next()


def test_guests_of_one_address_run_together_and_take_one_turn(alice):
    guests = [User.objects.create_guest() for _ in range(3)]
    theirs = [waiting(guest, address_key=ADDRESS)[0] for guest in guests]
    (elsewhere,) = waiting(User.objects.create_guest(), address_key=uuid.UUID(int=8))
    (alices,) = waiting(alice)
    assert taken_in_turn() == [theirs[0], elsewhere, alices]


def test_staff_may_have_all_made_at_once(alice):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert len(waiting(alice, 5)) == len(taken_in_turn()) == 5


def test_a_job_whose_worker_died_is_taken_over_however_many_run(alice):
    first, second, _ = waiting(alice, 3)
    for number, job in enumerate((first, second)):
        job.claim(f"worker {number}")
    Job.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Job.objects.all().next_in_turn(timezone.now()) == first


def test_without_a_quota_nothing_is_counted(limits, django_assert_num_queries):
    limits.update(dict.fromkeys(limits))
    with django_assert_num_queries(0):
        assert Job.objects.at_running_quota() == []


@pytest.mark.parametrize(("at_work", "woken"), [(2, 1), (1, 0)])
def test_the_end_of_one_wakes_the_next_that_waited_for_it(alice, at_work, woken):
    """Its message came when there was no room, and is gone. Where there was room, the message will find it."""
    jobs = waiting(alice, 3, woken_at=timezone.now() - timedelta(seconds=30))
    for number, job in enumerate(jobs[:at_work]):
        job.claim(f"worker {number}")
    assert Lease(jobs[0], "worker 0").fail(code="internal", message="no", retryable=False)
    wakeups.wake_for_place(jobs[0])
    assert OrmQ.objects.count() == woken


def test_all_are_made_in_the_end(alice):
    for _ in range(5):
        Job.objects.create(owner=alice, **ORDER)
    while attempt.run_next():
        pass
    assert set(Job.objects.values_list("status", flat=True)) == {"completed"}
