"""A site whose songs are made at Modal, while Modal is away for twenty seconds."""

import time

import pytest

from generation.models.job_states import Status
from generation.tests.test_modal_killed import PATIENCE, is_followed, start_site
from generation.tests.test_worker_process import start_worker, status
from generation.tests.working import wait_until

__all__ = ["start_site", "start_worker"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("modal_engine"),
    pytest.mark.long,
    pytest.mark.postgresql_is_enough,
]
AWAY_SECONDS = 20


def test_songs_outlive_an_outage_and_none_is_begun_twice(start_site, modal_at, order):
    modal_at.script.seconds = 3600.0
    begun = [order(duration=10.0) for _ in range(3)]
    start_site()
    wait_until(lambda: all(is_followed(job) for job in begun), PATIENCE)
    modal_at.script.trouble = "unavailable"
    modal_at.let_end()
    late = order(duration=10.0)
    time.sleep(AWAY_SECONDS)
    assert {status(job) for job in begun} == {Status.PROCESSING}
    modal_at.script.seconds = 0.0
    modal_at.script.trouble = ""
    jobs = [*begun, late]
    wait_until(lambda: {status(job) for job in jobs} == {Status.COMPLETED}, PATIENCE)
    assert {job.attempt for job in jobs} == {1}
    assert modal_at.figures()["spawned"] == len(jobs)
