"""Workers of a site whose songs are made at Modal, killed while their calls go on."""

import os
import signal

import pytest

from generation.models import Job
from generation.models.job_states import CallState, Status
from generation.tests.test_cluster import pids_of
from generation.tests.test_worker_process import start_worker, status
from generation.tests.working import wait_until

__all__ = ["start_worker"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("modal_engine"),
    pytest.mark.long,
    pytest.mark.postgresql_is_enough,
]
PATIENCE = 90


@pytest.fixture
def start_site(start_worker, modal_at):
    """Start a worker of the real settings, which Modal's variables send to the server of this test."""
    return lambda: start_worker(DJANGO_SETTINGS_MODULE="musicgen.settings", **modal_at.environment)


def is_followed(job: Job) -> bool:
    job.refresh_from_db()
    return job.call_state == CallState.FOLLOWED and not str(job.lease_owner).startswith("parked")


@pytest.mark.parametrize("whole", [True, False], ids=["all of the group", "the workers and the follower"])
def test_a_song_that_was_begun_is_collected_after_its_worker_was_killed(start_site, modal_at, order, whole):
    modal_at.script.seconds = 3600.0
    job = order(duration=10.0)
    process = start_site()
    wait_until(lambda: is_followed(job), PATIENCE)
    if whole:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        start_site()
    else:
        for pid in [*pids_of(process, "worker"), *pids_of(process, "follower")]:
            os.kill(pid, signal.SIGKILL)
    modal_at.let_end()
    wait_until(lambda: status(job) == Status.COMPLETED, PATIENCE)
    assert modal_at.figures()["spawned"] == 1
    assert (job.attempt, job.kept_tracks[0].duration) == (1, 10.0)
