"""The worker as a real process group on this test's own database: it works, drains, and what it leaves is taken up."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from generation.models import Job, Worker
from generation.models.job_states import Status
from generation.tests.working import wait_until
from generation.worker.process import WorkerProcess, keep_what_is_warm

pytestmark = pytest.mark.django_db(transaction=True)
# Longer than a test waits: what is taken up meanwhile was not left until the lease ran out.
LONG_LEASE = {"SCRIPTED_LEASE_SECONDS": "600"}
Start = Callable[..., "subprocess.Popen[bytes]"]


def database_url() -> str:
    """Where this test's database is, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return (
        f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        f"/{database['NAME']}"
    )


@pytest.fixture
def start_worker(tmp_path) -> Iterator[Start]:
    """Start `qcluster` in a process group of its own, with variables; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=django_settings.BASE_DIR,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
                "DATABASE_URL": database_url(),
                "VAR_DIR": str(tmp_path),
                "SECRET_KEY": django_settings.SECRET_KEY,
                **variables,
            },
            start_new_session=True,
        )
        started.append(process)
        wait_until(lambda: Worker.objects.filter(pid=process.pid).exists(), 60)
        return process

    yield start
    for process in started:
        if members(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def members(process: "subprocess.Popen[bytes]") -> list[str]:
    """The processes that run in the group of this one."""
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,pid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    return [
        line
        for line in listed.splitlines()
        if line.split()[0] == str(process.pid) and "Z" not in line.split()[2]
    ]


def status(job: Job) -> str:
    job.refresh_from_db()
    return job.status


def test_a_worker_takes_a_job_and_shows_that_it_lives(scripted, order, start_worker):
    process = start_worker(GENERATION_WORKERS="1")
    assert Worker.objects.alive().get().slots == 1
    job = order()
    wait_until(lambda: status(job) == Status.COMPLETED, 60)
    wait_until(lambda: job.kept_tracks[0].renditions.filter(format="listen").exists(), 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert not Worker.objects.exists()


@pytest.mark.postgresql_is_enough
def test_sigterm_to_the_whole_group_lets_the_job_in_hand_end(scripted, order, start_worker):
    process = start_worker()
    job = order("[slow] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    assert (status(job), job.attempt) == (Status.COMPLETED, 1)
    assert members(process) == []


@pytest.mark.postgresql_is_enough
def test_no_new_job_is_taken_while_one_in_hand_ends(scripted, order, start_worker):
    process = start_worker(GENERATION_WORKERS="1")
    in_hand = order("[slow] rain")
    wait_until(lambda: status(in_hand) == Status.PROCESSING, 60)
    process.send_signal(signal.SIGTERM)
    late = order()
    assert process.wait(60) == 0
    assert (status(in_hand), status(late)) == (Status.COMPLETED, Status.QUEUED)
    start_worker()
    wait_until(lambda: status(late) == Status.COMPLETED, 60)


@pytest.mark.postgresql_is_enough
def test_what_does_not_end_within_the_grace_is_handed_back(scripted, order, start_worker):
    process = start_worker(WORKER_GRACE_SECONDS="1")
    job = order("[hang] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    assert (status(job), job.attempt, job.lost_workers) == (Status.QUEUED, 0, 0)
    assert members(process) == []


@pytest.mark.postgresql_is_enough
def test_another_worker_takes_at_once_what_is_handed_back(scripted, order, start_worker):
    first = start_worker(WORKER_GRACE_SECONDS="0", **LONG_LEASE)
    job = order("[hang] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    had_it = job.lease_owner
    second = start_worker(WORKER_GRACE_SECONDS="0", **LONG_LEASE)
    first.send_signal(signal.SIGTERM)
    wait_until(lambda: status(job) == Status.PROCESSING and job.lease_owner != had_it, 60)
    assert (job.attempt, job.lost_workers) == (1, 0)
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0


@pytest.mark.postgresql_is_enough
def test_work_that_does_not_obey_is_killed_after_the_grace(scripted, order, start_worker):
    process = start_worker(WORKER_GRACE_SECONDS="1")
    job = order("[deaf] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert (status(job), job.attempt) == (Status.QUEUED, 0)
    assert members(process) == []


def test_what_a_killed_worker_left_is_taken_up_by_the_next(scripted, order, start_worker):
    process = start_worker()
    job = order("[slow] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    assert status(job) == Status.PROCESSING
    start_worker()
    wait_until(lambda: status(job) == Status.COMPLETED, 60)
    assert (job.attempt, job.lost_workers, job.tracks.count()) == (2, 1, 1)


def test_a_job_that_kills_its_worker_holds_up_nobody_else(scripted, order, start_worker):
    start_worker()
    deadly = order("[die] rain")
    harmless = order()
    wait_until(lambda: status(harmless) == Status.COMPLETED, 60)
    wait_until(lambda: status(deadly) == Status.PROCESSING, 60)
    deadly.refresh_from_db()
    assert deadly.cancel()


def test_a_round_of_the_main_process_shows_that_it_lives_removes_stale_rows_and_reaps(scripted, order):
    long_ago = timezone.now() - timedelta(hours=1)
    Worker.objects.create(host="dead", pid=1, slots=1, seen_at=long_ago)
    late = order()
    Job.objects.filter(pk=late.pk).update(deadline_at=long_ago)
    process = WorkerProcess()
    process._tick()
    first = Worker.objects.get().seen_at
    process._tick()
    assert Worker.objects.get(pid=os.getpid()).seen_at > first
    assert status(late) == Status.FAILED
    process._leave()
    assert not Worker.objects.exists()


def test_what_is_warm_is_no_longer_looked_at_for_garbage():
    warm: list[object] = [[]]

    def is_looked_at() -> bool:
        return any(each is warm for each in gc.get_objects())

    assert is_looked_at()
    keep_what_is_warm()
    assert not is_looked_at()
