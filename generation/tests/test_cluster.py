"""The cluster under attack: whichever of its processes is killed or hangs, jobs are made and nobody stays behind."""

import os
import signal
import subprocess
import time

import pytest

from generation.models.job_states import Status
from generation.tests.test_worker_process import LONG_LEASE, members, start_worker, status
from generation.tests.working import wait_until

__all__ = ["start_worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
# How processes follow each other is no matter of the database, and test_serve_killed.py shows it on SQLite, too.
ON_POSTGRESQL = pytest.mark.postgresql_is_enough


def children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[1]) for line in listed.splitlines() if line.split()[0] == str(parent)]


def sentinel_of(process) -> int:
    return children(process.pid)[0]


def names_of(process) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pgid=,comm="], capture_output=True, text=True, check=True).stdout
    return sorted(line.split()[1] for line in listed.splitlines() if line.split()[0] == str(process.pid))


@ON_POSTGRESQL
def test_each_process_is_listed_under_its_role(start_worker):
    process = start_worker(GENERATION_WORKERS="1")
    others = ["music-main", "music-monitor", "music-pusher", "music-sender", "music-sentinel"]
    wait_until(lambda: names_of(process) == [*others, "music-worker"], 60)


def pids_of(process, role: str) -> list[int]:
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,pid=,comm="], capture_output=True, text=True, check=True
    ).stdout
    found = [line.split() for line in listed.splitlines() if line.endswith(f"music-{role}")]
    return [int(pid) for group, pid, _ in found if group == str(process.pid)]


@pytest.mark.parametrize(
    "role",
    [*(pytest.param(role, marks=ON_POSTGRESQL) for role in ("sentinel", "pusher", "monitor")), "worker"],
)
@pytest.mark.parametrize(
    "blow",
    [
        pytest.param(signal.SIGKILL, id="killed"),
        pytest.param(signal.SIGSTOP, id="stopped", marks=ON_POSTGRESQL),
    ],
)
def test_whichever_idle_process_is_lost_a_job_ordered_then_is_made(scripted, order, start_worker, role, blow):
    process = start_worker()
    time.sleep(0.5)  # all wait for work
    victims = pids_of(process, role)
    for victim in victims:
        os.kill(victim, blow)
    job = order()
    if role == "monitor" and blow == signal.SIGSTOP:
        wait_until(lambda: status(job) == Status.COMPLETED, 60)  # nobody waits for it
    wait_until(lambda: not set(victims) & set(pids_of(process, role)), 60)
    wait_until(lambda: status(job) == Status.COMPLETED, 60)


def test_the_job_of_a_killed_worker_is_taken_up_at_once(scripted, order, start_worker):
    """Not only when its lease runs out."""
    start_worker(**LONG_LEASE)
    job = order("[slow] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    os.kill(int(job.lease_owner.split(":")[1]), signal.SIGKILL)
    wait_until(lambda: status(job) == Status.PROCESSING and job.attempt == 2, 60)
    wait_until(lambda: status(job) == Status.COMPLETED, 60)
    assert (job.attempt, job.lost_workers) == (2, 1)


@ON_POSTGRESQL
def test_a_killed_sentinel_is_replaced_and_its_children_end(scripted, order, start_worker):
    process = start_worker()
    sentinel = sentinel_of(process)
    orphans = children(sentinel)
    os.kill(sentinel, signal.SIGKILL)
    wait_until(lambda: children(process.pid) not in ([], [sentinel]), 60)
    wait_until(
        lambda: not {str(orphan) for orphan in orphans} & {line.split()[1] for line in members(process)}, 60
    )
    job = order()
    wait_until(lambda: status(job) == Status.COMPLETED, 60)


@ON_POSTGRESQL
def test_another_main_process_goes_on_for_one_that_was_killed(scripted, order, start_worker):
    process = start_worker()
    process.kill()
    start_worker()
    job = order()
    wait_until(lambda: status(job) == Status.COMPLETED, 60)


@ON_POSTGRESQL
def test_a_killed_main_process_leaves_nobody_behind(scripted, order, start_worker):
    process = start_worker()
    job = order("[slow] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    process.kill()
    process.wait(60)
    wait_until(lambda: members(process) == [], 60)
    assert status(job) == Status.COMPLETED


@ON_POSTGRESQL
def test_ctrl_c_on_the_terminal_drains(scripted, order, start_worker):
    process = start_worker()
    job = order("[slow] rain")
    wait_until(lambda: status(job) == Status.PROCESSING, 60)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    assert (status(job), members(process)) == (Status.COMPLETED, [])
