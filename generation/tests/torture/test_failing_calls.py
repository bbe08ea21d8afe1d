"""Jobs of a remote engine whose calls do not always end well: three attempts, each with a call of its own."""

import pytest

from generation.models.job_states import Status
from generation.tests.torture.figures import fates, tell
from generation.tests.torture.keeping import assert_stored_once
from generation.tests.torture.scale import DRILL_JOBS

pytestmark = [
    *(pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough),
    # `test_attempt.py` counts attempts, `test_follower.py` what a failing call costs; other drills count the calls.
    pytest.mark.thorough,
]
PART = 1 / 3


def test_what_ends_badly_is_tried_three_times(service, orders, new_host):
    service.failing = PART
    for _ in range(DRILL_JOBS):
        orders.order("remote", 1.0)
    with new_host() as host:
        seconds = orders.wait_until_ended()
        jobs = orders.jobs()
        assert_stored_once(jobs)
        host.drain()
    for job in jobs:
        failing = [call.fails for call in service.calls_of(job.pk)]
        assert failing == [True] * (len(failing) - 1) + [job.status == Status.FAILED]
        assert len(failing) == job.attempt <= 3
        if job.status == Status.FAILED:
            assert (job.attempt, job.error_code, job.error_retryable) == (3, "engine_unavailable", True)
    failed = sum(job.status == Status.FAILED for job in jobs)
    tell(
        f"{DRILL_JOBS} jobs, a third of the calls ending badly, {seconds:.0f} s",
        *fates(jobs),
        f"failed: {failed}; expected {DRILL_JOBS * PART**3:.1f} (one in 27); calls: {len(service.calls)}",
    )
