"""Jobs while processes of every role are killed at random moments: all are made, once.

Also where a third of all requests to the remote engine are answered with 503.
"""

import time

import pytest

from generation.models.job_states import Status
from generation.tests.torture.calls import Window, assert_started_once
from generation.tests.torture.figures import fates, histogram, longest_pause, tell
from generation.tests.torture.keeping import assert_stored_once
from generation.tests.torture.killer import Killer
from generation.tests.torture.scale import JOBS, KILLS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(0.0, id="engine answers", marks=[pytest.mark.sqlite_is_enough, pytest.mark.thorough]),
        pytest.param(1 / 3, id="engine refuses a third", marks=pytest.mark.postgresql_is_enough),
    ],
)
def test_every_job_is_made_once_however_many_processes_are_killed(service, orders, new_host, chance, refused):
    service.refused = refused
    orders.order_mixed(JOBS)
    with new_host() as host:
        began = time.monotonic()
        killer = Killer(host, chance)
        killer.kill_between(orders.completed, 0, JOBS - 2, KILLS)
        orders.wait_until_ended()
        seconds = time.monotonic() - began
        jobs = orders.jobs()
        assert {(job.status, job.attempts_used) for job in jobs} == {(Status.COMPLETED, 1)}
        assert_stored_once(jobs, KILLS)
        count = assert_started_once(service, jobs, [Window.before(kill.at) for kill in killer.kills])
        host.drain()
    tell(
        f"{JOBS} jobs, {KILLS} kills, {seconds:.0f} s",
        f"kills: {histogram(kill.role for kill in killer.kills)}",
        *fates(jobs),
        f"remote calls: {count}; {service.refusals} of {service.requests} requests answered with 503",
        f"longest from a kill to the next completion: {longest_pause(killer.kills, jobs):.1f} s",
    )
