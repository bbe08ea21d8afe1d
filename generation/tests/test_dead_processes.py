"""What a dead worker process held: its successor lets others have it at once, but only once for each job."""

import os

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.models import OrmQ

from generation.models import Job, Lease
from generation.models.job_states import Status
from generation.models.lease import owner_prefix
from generation.tests.working import in_background, wait_until
from generation.worker import dead_processes
from generation.worker.attempt import run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held(scripted, order) -> Job:
    """A job that a worker process of this machine, number 7, died with."""
    job = order()
    OrmQ.objects.all().delete()
    assert job.claim(f"{owner_prefix(7)}abc")
    return job


def test_it_can_be_taken_at_once(held):
    assert dead_processes.release_jobs_of(7) == 1
    assert OrmQ.objects.count() == 1
    run(held.pk)
    held.refresh_from_db()
    assert (held.status, held.attempt, held.lost_workers) == (Status.COMPLETED, 2, 1)


def test_what_other_processes_hold_stays_theirs(held):
    assert (dead_processes.release_jobs_of(77), dead_processes.release_jobs_of(70)) == (0, 0)
    assert not Job.objects.claimable(timezone.now()).exists()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"lost_workers": 1}, id="the second time its lease must run out"),
        pytest.param({"lease_until": timezone.now()}, id="it has run out"),
    ],
)
def test_a_lease_that_is_not_to_be_ended_stays(held, changes):
    Job.objects.filter(pk=held.pk).update(**changes)
    assert dead_processes.release_jobs_of(7) == 0
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize("release", [dead_processes.release_jobs_of, dead_processes.release_calls_of])
def test_while_the_database_is_away_none_is_ended_and_nothing_is_raised(held, caplog, release):
    def fail(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        assert release(7) == 0
    assert "dead" in caplog.text
    assert not Job.objects.claimable(timezone.now()).exists()


def test_leases_are_named_as_it_expects(scripted, order):
    job = order("[hang] rain")
    work = in_background(job)
    wait_until(lambda: Job.objects.filter(pk=job.pk, status=Status.PROCESSING).exists(), 60)
    assert dead_processes.release_jobs_of(os.getpid()) == 1
    job.refresh_from_db()
    job.cancel()
    work.join(60)
    assert not work.is_alive()


def test_the_calls_that_a_dead_follower_followed_can_be_adopted_at_once(held):
    Lease(held, held.lease_owner).keep_call("call")
    assert Lease(held, held.lease_owner).follow(store_seconds=0.0)
    assert held.adopt(f"{owner_prefix(7)}abc")
    assert (dead_processes.release_calls_of(77), dead_processes.release_jobs_of(7)) == (0, 0)
    assert not Job.objects.adoptable(timezone.now()).exists()
    assert dead_processes.release_calls_of(7) == 1
    assert Job.objects.adoptable(timezone.now()).get() == held
