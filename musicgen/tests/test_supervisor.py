"""Programs kept running: what dies is started again, what cannot start ends all, and none stays behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from generation.tests.working import wait_until
from musicgen.restarts import MOST_DEATHS_IN_A_ROW
from musicgen.tests.listed_processes import children, descendants, named, running

RUNNING = """
import logging, sys, time
from musicgen.backoff import Backoff
from musicgen.supervisor import GivenUp, Program, Supervisor

logging.basicConfig(format="%(message)s")
programs = [Program(f"Program {{number}}", command) for number, command in enumerate({commands}, 1)]
try:
    Supervisor(programs, drain_seconds={drain}, backoff=Backoff({first}, 3, 60), clock=lambda: {clock}).run()
except GivenUp as error:
    print(error, file=sys.stderr)
    sys.exit(error.status)
"""
SLEEP = ["sh", "-c", "echo >&$READY_FD; exec sleep 600"]
STUBBORN = ["sh", "-c", "trap '' TERM; echo >&$READY_FD; while true; do sleep 0.1; done"]


def killed(signum: str = "KILL") -> list[str]:
    return ["sh", "-c", f"kill -{signum} $$"]


class Running:
    """A process with a supervisor, whose lines go to a file."""

    def __init__(self, folder: Path, *commands: list[str], drain=60, first=0.01, clock="time.monotonic()"):
        code = RUNNING.format(commands=list(commands), drain=drain, first=first, clock=clock)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=django_settings.BASE_DIR,
                start_new_session=True,
                stderr=log,
            )
        self.pid = self.process.pid

    @property
    def lines(self) -> list[str]:
        return self._log.read_text().splitlines()

    def wait_for(self, count: int) -> list[int]:
        """Wait until so many programs run, and return their ids."""
        wait_until(lambda: len(children(self.pid)) == count)
        return children(self.pid)

    def wait_for_other_than(self, before: list[int]) -> list[int]:
        """Wait until as many programs run, none of which is the first of `before`."""
        wait_until(lambda: len(now := children(self.pid)) == len(before) and before[0] not in now)
        return children(self.pid)


@pytest.fixture
def start(tmp_path):
    """Start a supervisor in a process; what still runs at the end is killed."""
    started: list[Running] = []

    def start(*commands: list[str], **options: object) -> Running:
        started.append(Running(tmp_path, *commands, **options))
        return started[-1]

    yield start
    for supervisor in started:
        for pid in running(descendants(supervisor.pid)):
            os.kill(pid, signal.SIGKILL)
        supervisor.process.kill()
        supervisor.process.wait()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(start, signum):
    supervisor = start(SLEEP, SLEEP)
    pids = set(supervisor.wait_for(2))
    supervisor.process.send_signal(signum)
    assert supervisor.process.wait(30) == 0
    assert running(pids) == set()
    assert supervisor.lines == []


def test_what_does_not_obey_is_killed_with_all_it_started(start):
    supervisor = start(STUBBORN, SLEEP, drain=0.5)
    supervisor.wait_for(2)
    wait_until(lambda: len(descendants(supervisor.pid)) == 3)
    pids = descendants(supervisor.pid)
    supervisor.process.terminate()
    assert supervisor.process.wait(30) == 0
    wait_until(lambda: not running(pids))


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux notifies a process that its parent was killed"
)
def test_they_end_even_where_the_supervisor_is_killed(start):
    supervisor = start(SLEEP, SLEEP)
    pids = set(supervisor.wait_for(2))
    supervisor.process.kill()
    supervisor.process.wait()
    wait_until(lambda: not running(pids))


def test_a_program_that_is_killed_is_started_again_and_the_others_go_on(start):
    supervisor = start(SLEEP, SLEEP)
    first, second = supervisor.wait_for(2)
    os.kill(first, signal.SIGKILL)
    now = supervisor.wait_for_other_than([first, second])
    assert second in now
    [line] = supervisor.lines
    assert re.fullmatch(r"Program \d was killed by SIGKILL after \d+ s; starting it again at once", line)
    supervisor.process.terminate()
    assert supervisor.process.wait(30) == 0
    assert running(set(now)) == set()


def test_pauses_grow_from_one_death_to_the_next(start):
    supervisor = start(SLEEP)
    pids = supervisor.wait_for(1)
    for _ in range(5):
        os.kill(pids[0], signal.SIGKILL)
        pids = supervisor.wait_for_other_than(pids)
    assert supervisor.lines[0].endswith("again at once")
    pauses = [float(re.search(r"again in ([\d.]+) s$", line)[1]) for line in supervisor.lines[1:]]
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]


def test_after_a_death_in_a_pause_a_signal_ends_the_others(start):
    supervisor = start(SLEEP, SLEEP, first=600)
    pids = supervisor.wait_for(2)
    os.kill(pids[0], signal.SIGKILL)
    pids = supervisor.wait_for_other_than(pids)
    fresh = (set(pids) - {pids[0]}).pop()
    os.kill(fresh, signal.SIGKILL)
    wait_until(lambda: len(supervisor.lines) == 2)
    supervisor.process.terminate()
    assert supervisor.process.wait(30) == 0
    assert running(set(pids)) == set()


def test_what_lives_long_each_time_is_always_started_again_at_once(start):
    supervisor = start(SLEEP, first=600, clock="time.monotonic() * 1e6")
    pids = supervisor.wait_for(1)
    for _ in range(MOST_DEATHS_IN_A_ROW + 1):
        os.kill(pids[0], signal.SIGKILL)
        pids = supervisor.wait_for_other_than(pids)
    assert {line.rpartition("; ")[2] for line in supervisor.lines} == {"starting it again at once"}


def test_what_a_dead_program_has_left_is_gone_before_it_starts_again(start, tmp_path):
    """The port can be bound again, say: here only one process at a time may hold the lock."""
    lock = tmp_path / "lock"
    command = ["sh", "-c", f"exec 9>{lock}; flock -n 9 || exit 3; echo >&$READY_FD; sleep 600"]
    supervisor = start(command)
    pids = supervisor.wait_for(1)
    for _ in range(3):
        wait_until(lambda: len(descendants(supervisor.pid)) == 2)
        os.kill(pids[0], signal.SIGKILL)
        pids = supervisor.wait_for_other_than(pids)
    assert all("SIGKILL" in line for line in supervisor.lines)


def test_one_that_cannot_start_ends_all_with_its_status(start):
    supervisor = start(SLEEP, ["sh", "-c", "sleep 0.5; echo It is broken >&2; exit 3"])
    pids = set(supervisor.wait_for(2))
    assert supervisor.process.wait(30) == 3
    assert supervisor.lines == [
        "It is broken",
        "Program 2 cannot start: it ended with status 3, and what it said is above.",
    ]
    assert running(pids) == set()


def test_a_command_that_is_not_there_cannot_start(start):
    supervisor = start(["/none"])
    assert supervisor.process.wait(30) == 1
    [line] = supervisor.lines
    assert line == "Program 1 cannot start: No such file or directory."


def test_one_that_was_ready_before_is_started_again_whatever_its_status(start, tmp_path):
    once = tmp_path / "once"
    command = f"test -e {once} && exec sleep 600; touch {once}; echo >&$READY_FD; exit 3"
    supervisor = start(["sh", "-c", command])
    wait_until(lambda: supervisor.lines)
    assert re.fullmatch(r"Program 1 ended with status 3 after \d+ s; .*", supervisor.lines[0])
    assert supervisor.wait_for(1)


def test_one_that_was_ready_before_is_tried_again_where_no_process_can_be_made(start, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho >&$READY_FD\nexec sleep 600\n")
    program.chmod(0o700)
    supervisor = start([str(program)])
    [pid] = supervisor.wait_for(1)
    wait_until(lambda: named("sleep", {pid}))
    program.rename(tmp_path / "away")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(supervisor.lines) > 1)
    (tmp_path / "away").rename(program)
    assert supervisor.wait_for(1)
    assert "Program 1 could not be started (No such file or directory) after 0 s" in supervisor.lines[1]


def test_one_that_was_ready_in_an_earlier_life_may_fail_to_start_for_a_while(start, tmp_path):
    lives = tmp_path / "lives"
    ends = f"case $(wc -l <{lives}) in 1) echo >&$READY_FD; exit 3;; [23]) exit 4;; esac"
    supervisor = start(["sh", "-c", f"echo >>{lives}; {ends}; exec sleep 600"])
    wait_until(lambda: len(supervisor.lines) == 3)
    assert supervisor.wait_for(1)
    assert ["status 4" in line for line in supervisor.lines] == [False, True, True]


@pytest.mark.parametrize(
    ("command", "status", "end"),
    [
        (killed("SEGV"), 1, "was killed by SIGSEGV"),
        (["sh", "-c", "echo >&$READY_FD; exit 5"], 5, "ended with status 5"),
        (["true"], 1, "ended with status 0"),
        (killed("45"), 1, "was killed by signal 45"),
    ],
)
def test_one_that_keeps_dying_ends_all(start, command, status, end):
    supervisor = start(SLEEP, command, first=1e-6)
    assert supervisor.process.wait(60) == status
    *restarts, last = supervisor.lines
    assert len(restarts) == MOST_DEATHS_IN_A_ROW - 1
    assert last == f"Program 2 died {MOST_DEATHS_IN_A_ROW} times in a row: it {end} at last."
    assert running(descendants(supervisor.pid)) == set()
