"""One beat: the lease is renewed, and what is canceled, taken away or to be handed back is left in time."""

import pytest
from django_q.models import OrmQ

from generation.models import Job, JobEvent, Lease
from generation.models.job_states import Status
from generation.worker import drain
from generation.worker.heartbeat import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(scripted, order, monkeypatch) -> Job:
    monkeypatch.setattr(drain, "_ends_at", type(drain._ends_at)(0.0))
    job = order()
    OrmQ.objects.all().delete()
    return job


@pytest.fixture
def beating(job) -> Heartbeat:
    """The heartbeat of a worker that has claimed the job."""
    return Heartbeat(job.claim("worker"))


def messages() -> list[str]:
    return [message.func().rpartition(".")[2] for message in OrmQ.objects.all()]


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_a_beat_writes_down_what_the_work_is_at(job, beating):
    beating.at("generating")
    beating.progress = 0.5
    beating._beat()
    assert (row(job).stage, row(job).progress) == ("generating", 0.5)
    assert not beating.should_stop()
    assert job.stage == "starting", "the work goes on with a reading of its own"
    assert Heartbeat(Lease(row(job), "worker")).stage == "generating", "the attempt goes on where it was"


def test_the_work_has_a_moment_to_leave_a_canceled_job_before_the_heartbeat_ends_it(job, beating):
    row(job).cancel()
    beating._beat()
    assert (beating.canceled, beating.lost, row(job).status) == (True, False, Status.PROCESSING)
    assert beating.should_stop()
    beating._stop_by = 1.0  # long ago
    beating._beat()
    assert (beating.lost, row(job).status, messages()) == (True, Status.CANCELED, ["clear_leftovers"])


def test_a_job_that_is_not_to_be_canceled_is_handed_back_when_the_drain_is_over(job, beating):
    drain.begin(60)
    beating._beat()
    assert (beating.lost, messages()) == (False, [])
    drain._ends_at.value = 1.0
    beating._beat()
    assert (beating.lost, row(job).status, row(job).attempt) == (True, Status.QUEUED, 0)
    assert messages() == ["run_job"]
    assert "its worker was told to end" in str(JobEvent.objects.filter(job=job).last())


def test_a_canceled_job_is_not_handed_back(job, beating):
    row(job).cancel()
    drain.begin(-1)
    beating._beat()
    assert (beating.canceled, beating.lost, messages()) == (True, False, [])


def test_what_another_worker_has_is_lost_and_left_alone(job, beating):
    Job.objects.filter(pk=job.pk).update(lease_owner="another", cancel_requested_at=job.created_at)
    drain.begin(-1)
    beating._stop_by = 1.0
    beating._beat()
    assert (beating.lost, row(job).status, messages()) == (True, Status.PROCESSING, [])
