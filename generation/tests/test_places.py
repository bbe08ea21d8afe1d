"""Places at a remote engine: no more of its jobs are worked on than it may have, and they hold up nobody else."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from generation.models import Job, Lease
from generation.scheduling.turns import positions
from generation.tests.test_turns import taken_in_turn
from generation.tests.working import run
from generation.worker import reaper, wakeups

pytestmark = pytest.mark.django_db
REQUEST = {"prompt": "rain", "duration": 1, "seed": 1}
BACKENDS = "generation.engines.scripted"
ENGINES = {
    "here": {"BACKEND": f"{BACKENDS}.ScriptedEngine"},
    "there": {"BACKEND": f"{BACKENDS}.ScriptedRemoteEngine", "OPTIONS": {"max_in_flight": 2}},
    "far": {"BACKEND": f"{BACKENDS}.ScriptedRemoteEngine", "OPTIONS": {"max_in_flight": 1}},
}


@pytest.fixture(autouse=True)
def engines(settings) -> None:
    settings.ENGINES = ENGINES
    settings.GENERATION_ENGINE = "there"


def waiting(owner: User, engine: str = "there", count: int = 1) -> list[Job]:
    return [Job.objects.create(owner=owner, engine=engine, input=REQUEST) for _ in range(count)]


def test_what_is_worked_on_or_followed_takes_a_place(alice):
    at_work, followed, _ = waiting(alice, count=3)
    assert Job.objects.places_left() == {"there": 2, "far": 1}
    at_work.claim("one")
    followed.claim("two")
    Lease(followed, "two").keep_call("call")
    Lease(followed, "two").follow(store_seconds=0.0)
    assert Job.objects.places_left() == {"there": 0, "far": 1}


def test_no_job_of_a_full_engine_is_taken_and_others_are(alice, bob):
    first, second, third = waiting(alice, count=3)
    (here,) = waiting(bob, "here")
    first.claim("one")
    second.claim("two")
    assert taken_in_turn() == [here]
    assert Lease(first, "one").retry_later(delay=60)
    assert Job.objects.all().next_in_turn(timezone.now()) == third


def test_a_job_whose_worker_died_keeps_its_place(alice):
    first, second, _ = waiting(alice, count=3)
    first.claim("one")
    second.claim("two")
    Job.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Job.objects.all().next_in_turn(timezone.now()) == first


def test_a_place_that_becomes_free_wakes_a_worker_for_who_waits_for_it(order):
    first, second, third = order(), order(), order()
    first.claim("one")
    second.claim("two")
    OrmQ.objects.all().delete()
    Job.objects.all().update(woken_at=timezone.now() - timedelta(seconds=10))
    reaper.reap()
    assert not OrmQ.objects.exists(), "a message would find no job to take"
    Lease(first, "one").hand_back()
    run(first)
    assert Job.objects.get(pk=third.pk).woken_at > timezone.now() - timedelta(seconds=5)


@pytest.mark.parametrize(("engine", "status"), [("there", "processing"), ("here", "completed")])
def test_a_job_that_leaves_no_place_at_a_remote_engine_wakes_nobody(alice, engine, status):
    job, _ = waiting(alice, engine, count=2)
    Job.objects.all().update(woken_at=timezone.now() - timedelta(minutes=1))
    job.status = status
    wakeups.wake_for_place(job)
    assert not OrmQ.objects.exists()


def test_a_site_without_remote_engines_counts_nothing(settings, django_assert_num_queries):
    settings.ENGINES = {"here": settings.ENGINES["here"]}
    with django_assert_num_queries(0):
        assert Job.objects.places_left() == {}


@pytest.mark.postgresql_is_enough
class TestPositions(TestCase):
    @hypothesis_settings(max_examples=40, deadline=None)
    @given(
        orders=st.lists(
            st.tuples(st.integers(0, 2), st.sampled_from(["here", "there", "far"])), min_size=1, max_size=12
        )
    )
    def test_positions_are_the_order_in_which_workers_take_the_jobs(self, orders):
        """Those that find no place come after them."""
        with override_settings(ENGINES=ENGINES):
            owners = [User.objects.create_user(email=f"owner{n}@example.org", password="") for n in range(3)]
            made = [job for owner, engine in orders for job in waiting(owners[owner], engine)]
            places = positions(made)
            taken = taken_in_turn()
        assert [places[job.pk] for job in taken] == list(range(1, len(taken) + 1))
        assert sorted(places.values()) == list(range(1, len(made) + 1))
