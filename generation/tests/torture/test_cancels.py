"""Jobs canceled at random moments: each ends at once, nothing of it stays, and no remote call goes on for nobody."""

import time
from dataclasses import dataclass

import pytest

from generation.models import Job
from generation.models.job_states import Status
from generation.storage import audio_storage
from generation.tests.audio_places import bucket_settings, bucket_variables, emptied
from generation.tests.torture.figures import histogram, spread, tell
from generation.tests.torture.keeping import assert_stored_once
from generation.tests.torture.orders import Orders
from generation.tests.torture.scale import CANCEL_SECONDS, CANCELS, PATIENCE_SECONDS
from generation.tests.working import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
KINDS = (("composer", 60.0), ("remote", 1.0), ("composer", 60.0), ("composer", 5.0))
AT_ONCE = 3
LOOK_SECONDS = 0.02


@dataclass
class Doomed:
    """A job and the moment at which it is canceled."""

    job: Job
    due: float
    stage: str = ""

    def cancel_when_due(self) -> bool:
        if time.monotonic() < self.due:
            return False
        self.job.refresh_from_db()
        self.stage = self.job.stage or self.job.status
        if not self.job.cancel():
            self.stage = "too late"
        return True


def test_canceled_jobs_end_at_once_and_leave_nothing(settings, place, service, orders, new_host, chance):
    with new_host(place) as host:
        usual = {kind: usual_seconds(orders, *kind) for kind in dict.fromkeys(KINDS)}
        done = cancel_all(orders, usual)
        orders.wait_until_ended()
        jobs = orders.jobs()
        assert {job.status for job in jobs} == {Status.COMPLETED, Status.CANCELED}
        canceled = [job for job in jobs if job.status == Status.CANCELED]
        seconds = [(job.finished_at - job.cancel_requested_at).total_seconds() for job in canceled]
        assert all(job.cancel_requested_at is None for job in jobs if job.status == Status.COMPLETED)
        assert_stored_once(jobs)
        calls = [call for job in canceled for call in service.calls_of(job.pk)]
        wait_until(lambda: all(call.canceled or call.collected for call in calls), PATIENCE_SECONDS)
        host.drain()
    tell(
        f"{CANCELS} jobs canceled at random moments, on {settings.STORAGES['audio']['BACKEND'].rpartition('.')[2]}",
        f"canceled while: {histogram(doomed.stage for doomed in done)}",
        f"from the request to the end: {spread(seconds)}",
        f"remote calls of canceled jobs: {len(calls)}, of which canceled {sum(call.canceled for call in calls)}",
    )
    assert max(seconds) < CANCEL_SECONDS


@pytest.fixture(
    params=[
        pytest.param("local", marks=[pytest.mark.sqlite_is_enough, pytest.mark.thorough]),
        pytest.param("s3", marks=pytest.mark.postgresql_is_enough),
    ]
)
def place(request, settings) -> dict[str, str]:
    """Where new audio goes, here and, by these variables, for the workers."""
    if request.param == "local":
        return {}
    server = request.getfixturevalue("s3_server")
    settings.STORAGES = settings.STORAGES | dict.fromkeys(("s3", "audio"), bucket_settings(server))
    emptied(audio_storage())
    return bucket_variables(server)


def usual_seconds(orders: Orders, engine: str, duration: float) -> float:
    """How long such a job takes from order to completion when nobody cancels it."""
    job = orders.order(engine, duration)
    wait_until(
        lambda: Job.objects.get(pk=job.pk).status == Status.COMPLETED, PATIENCE_SECONDS, every=LOOK_SECONDS
    )
    job.refresh_from_db()
    return job.elapsed_seconds


def cancel_all(orders: Orders, usual: dict[tuple[str, float], float]) -> list[Doomed]:
    """Order so many jobs, a few at once, and cancel each somewhere between its order and its likely completion."""
    living: list[Doomed] = []
    done: list[Doomed] = []
    while len(done) < CANCELS:
        while len(living) < AT_ONCE and len(living) + len(done) < CANCELS:
            kind = KINDS[(len(living) + len(done)) % len(KINDS)]
            due = time.monotonic() + orders.chance.uniform(0, 1.2 * usual[kind])
            living.append(Doomed(orders.order(*kind), due))
        for doomed in living[:]:
            if doomed.cancel_when_due():
                living.remove(doomed)
                done.append(doomed)
        time.sleep(LOOK_SECONDS)
    return done
