"""Deploys while people go on ordering: groups are replaced one after the other, and no job fails."""

import time

import pytest

from generation.models.job_states import Status
from generation.tests.torture.calls import Window, assert_started_once
from generation.tests.torture.figures import fates, tell
from generation.tests.torture.keeping import assert_stored_once
from generation.tests.torture.orders import Orders
from generation.tests.torture.scale import DEPLOYS, GRACE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]
PAUSE_SECONDS = 1.2
# Of every so many orders one outlives the grace.
SLOW_EVERY = 5


def order_one(orders: Orders) -> None:
    """The composer and the remote engine in turn, and now and then what takes longer than a deploy waits."""
    number = len(orders.placed)
    if number % SLOW_EVERY == 0:
        orders.order("slow", 1.3 * GRACE_SECONDS)
    elif number % 2:
        orders.order("remote", 1.0)
    else:
        orders.order("composer", 5.0)


def test_no_job_fails_however_often_is_deployed(service, orders, new_host):
    # The worker hands back what it cannot end in time a little before the platform loses its patience.
    with new_host({"WORKER_GRACE_SECONDS": str(max(1, round(0.8 * GRACE_SECONDS)))}) as host:
        began = time.monotonic()
        deploying = host.deploy(DEPLOYS, GRACE_SECONDS)
        while deploying.is_alive():
            order_one(orders)
            deploying.join(PAUSE_SECONDS)
        deployed = time.monotonic() - began
        assert len(host.ended_in_time) == DEPLOYS
        after = orders.wait_until_ended()
        jobs = orders.jobs()
        assert {job.status for job in jobs} == {Status.COMPLETED}
        assert_stored_once(jobs, len(host.killed_at))
        count = assert_started_once(service, jobs, [Window.before(kill) for kill in host.killed_at])
        host.drain()
    tell(
        f"{len(jobs)} jobs, {DEPLOYS} deploys with {GRACE_SECONDS:.0f} s of grace, {deployed + after:.0f} s",
        *fates(jobs),
        f"remote calls: {count}",
        f"old groups that ended within the grace: {sum(host.ended_in_time)} of {DEPLOYS}; "
        f"the last job ended {after:.1f} s after the last deploy",
    )
