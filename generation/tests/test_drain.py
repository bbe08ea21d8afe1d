"""The drain as a process of the group sees it: no new job is taken, and one in hand is handed back after the grace."""

import signal

import pytest
from django_q.models import OrmQ

from generation.models import JobEvent
from generation.models.job_states import Status
from generation.tests.working import in_background, wait_until
from generation.worker import drain, tasks
from generation.worker.process import WorkerProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch, settings):
    monkeypatch.setattr(drain, "_ends_at", type(drain._ends_at)(0.0))
    settings.JOB_HEARTBEAT_SECONDS = 0.05


def test_only_the_first_word_counts():
    assert not drain.has_begun()
    assert not drain.is_over()
    drain.begin(60)
    drain.begin(0)
    assert drain.has_begun()
    assert not drain.is_over()
    assert 50 < drain.seconds_left() < 60


def test_who_asks_the_worker_to_end_gives_it_the_grace_of_the_setting(settings):
    settings.WORKER_GRACE_SECONDS = 600
    WorkerProcess()._on_signal(signal.SIGTERM, None)
    assert 500 < drain.seconds_left() < 600


def test_a_message_that_comes_too_late_is_passed_on(scripted, order):
    job = order()
    OrmQ.objects.all().delete()
    drain.begin(60)
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, OrmQ.objects.count()) == (Status.QUEUED, 1)


def test_a_job_in_hand_goes_on_within_the_grace_and_is_handed_back_after_it(scripted, order, monkeypatch):
    job = order("[hang] rain")
    OrmQ.objects.all().delete()
    work = in_background(job)
    drain.begin(60)
    wait_until(lambda: JobEvent.objects.filter(job=job, kind="stage").exists(), 60)
    assert work.is_alive()
    drain._ends_at.value = 1.0
    work.join(60)
    assert not work.is_alive()
    job.refresh_from_db()
    assert (job.status, job.attempt, job.lease_owner) == (Status.QUEUED, 0, None)
    assert [message.func() for message in OrmQ.objects.all()] == ["generation.worker.tasks.run_job"]


def test_a_job_that_its_owner_cancels_meanwhile_is_canceled(scripted, order):
    job = order("[hang] rain")
    work = in_background(job)
    wait_until(lambda: JobEvent.objects.filter(job=job, kind="stage").exists(), 60)
    assert job.cancel()
    drain.begin(0)
    work.join(60)
    job.refresh_from_db()
    assert job.status == Status.CANCELED
