"""The follower as a process of the worker's group: killed, drained, canceled under, and no call is started twice."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from generation import jobs
from generation.models import Job
from generation.models.job_states import CallState, Status
from generation.tests.test_cluster import names_of, pids_of
from generation.tests.test_worker_process import Start, start_worker, status
from generation.tests.torture.engines import ENGINES, URL_VARIABLE
from generation.tests.torture.service import CountingService, counting_service
from generation.tests.working import wait_until

__all__ = ["start_worker"]
pytestmark = pytest.mark.django_db(transaction=True)
TIMEOUT_SECONDS = 90


@pytest.fixture
def service(settings) -> Iterator[CountingService]:
    """The service of this site's engine: its calls take a minute, unless a test says something else."""
    settings.ENGINES = ENGINES
    settings.GENERATION_ENGINE = "remote"
    with counting_service(seed=1) as service:
        service.seconds = (60.0, 60.0)
        yield service


@pytest.fixture
def start_group(start_worker, service) -> Start:
    """Start a worker that knows the service."""

    def start(**variables: str):
        settings = {"DJANGO_SETTINGS_MODULE": "generation.tests.torture.settings", URL_VARIABLE: service.url}
        return start_worker(**settings, **variables)

    return start


@pytest.fixture
def several(order) -> Callable[[], list[Job]]:
    return lambda: [order() for _ in range(6)]


def all_followed(parked: list[Job], by: str = "") -> bool:
    """Whether all of them are held by a follower, of this process if one is named."""
    held = Job.objects.followed_by("").exclude(lease_owner__startswith="parked")
    return held.filter(pk__in=[job.pk for job in parked], lease_owner__contains=f":{by}").count() == len(
        parked
    )


def let_them_end(service: CountingService) -> None:
    for call in list(service.calls.values()):
        call.seconds = 0.0


def all_completed(parked: list[Job]) -> bool:
    return all(status(job) == Status.COMPLETED for job in parked)


@pytest.mark.postgresql_is_enough
def test_more_calls_are_in_flight_than_there_are_workers(service, start_group, several):
    process = start_group(GENERATION_WORKERS="1")
    parked = several()
    wait_until(lambda: all_followed(parked), TIMEOUT_SECONDS)
    assert "music-follower" in names_of(process)
    let_them_end(service)
    wait_until(lambda: all_completed(parked), TIMEOUT_SECONDS)
    assert {(job.attempt, job.lost_workers) for job in parked} == {(1, 0)}
    assert len(service.calls) == len(parked)


def test_a_killed_follower_has_a_successor_and_no_call_is_started_twice(service, start_group, several):
    process = start_group()
    parked = several()
    wait_until(lambda: all_followed(parked), TIMEOUT_SECONDS)
    (follower,) = pids_of(process, "follower")
    os.kill(follower, signal.SIGKILL)
    wait_until(lambda: pids_of(process, "follower") not in ([], [follower]), TIMEOUT_SECONDS)
    (successor,) = pids_of(process, "follower")
    adopted = wait_until(lambda: all_followed(parked, by=f"{successor}:"), TIMEOUT_SECONDS)
    let_them_end(service)
    wait_until(lambda: all_completed(parked), TIMEOUT_SECONDS)
    assert {(job.attempt, job.lost_workers) for job in parked} == {(1, 0)}
    assert len(service.calls) == len(parked)
    assert adopted < 8, "they waited until their leases ran out"


@pytest.mark.postgresql_is_enough
def test_in_a_drain_the_calls_go_on_with_the_follower_of_another_group(service, start_group, several):
    first = start_group()
    parked = several()
    wait_until(lambda: all_followed(parked), TIMEOUT_SECONDS)
    second = start_group()
    wait_until(lambda: pids_of(second, "follower"), TIMEOUT_SECONDS)
    (follower,) = pids_of(second, "follower")
    os.killpg(first.pid, signal.SIGTERM)
    assert first.wait(TIMEOUT_SECONDS) == 0
    wait_until(lambda: all_followed(parked, by=f"{follower}:"), TIMEOUT_SECONDS)
    let_them_end(service)
    wait_until(lambda: all_completed(parked), TIMEOUT_SECONDS)
    assert {(job.attempt, job.lost_workers) for job in parked} == {(1, 0)}
    assert len(service.calls) == len(parked)


def test_a_job_that_is_canceled_while_it_is_followed_ends_and_so_does_its_call(service, start_group, order):
    start_group()
    job = order()
    wait_until(lambda: all_followed([job]), TIMEOUT_SECONDS)
    assert jobs.cancel(job=job)
    wait_until(lambda: status(job) == Status.CANCELED, TIMEOUT_SECONDS)
    (call,) = service.calls_of(job.pk)
    wait_until(lambda: call.canceled, TIMEOUT_SECONDS)


@pytest.mark.postgresql_is_enough
def test_calls_that_cannot_be_asked_for_are_followed_on(service, start_group, several):
    start_group()
    parked = several()
    wait_until(lambda: all_followed(parked), TIMEOUT_SECONDS)
    service.refused = 1.0
    let_them_end(service)
    refusals = service.refusals
    wait_until(lambda: service.refusals > refusals + 2 * len(parked), TIMEOUT_SECONDS)
    assert {status(job) for job in parked} == {Status.PROCESSING}
    assert {job.call_state for job in parked} == {CallState.FOLLOWED}
    service.refused = 0.0
    wait_until(lambda: all_completed(parked), 60)
    assert {job.attempt for job in parked} == {1}
    assert len(service.calls) == len(parked)
