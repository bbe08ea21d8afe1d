"""Processes side by side: how they end, and that none stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from generation.tests.working import wait_until

RUNNING = (
    "import sys; from musicgen.processes import run_together; sys.exit(run_together({}, drain_seconds={}))"
)
SLEEP = ["sleep", "60"]
STUBBORN = ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"]


def start(*commands: list[str], drain_seconds: float = 10) -> "subprocess.Popen[bytes]":
    code = RUNNING.format(list(commands), drain_seconds)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=django_settings.BASE_DIR, start_new_session=True
    )


def children(process: "subprocess.Popen[bytes]") -> list[int]:
    listed = subprocess.run(["ps", "-eo", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[1]) for line in listed.splitlines() if line.split()[0] == str(process.pid)]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(signum):
    process = start(SLEEP, SLEEP)
    wait_until(lambda: len(children(process)) == 2)
    started = children(process)
    time.sleep(0.1)
    process.send_signal(signum)
    assert process.wait(5) == 0
    assert not any(alive(pid) for pid in started)


@pytest.mark.parametrize(("command", "status"), [("exit 3", 3), ("exit 0", 1)])
def test_one_that_ends_by_itself_ends_the_others(command, status):
    process = start(SLEEP, ["sh", "-c", f"sleep 0.5; {command}"])
    wait_until(lambda: len(children(process)) == 2)
    started = children(process)
    assert process.wait(5) == status
    assert not any(alive(pid) for pid in started)


def test_what_does_not_obey_is_killed_with_all_it_started():
    process = start(STUBBORN, SLEEP, drain_seconds=0.5)
    wait_until(lambda: len(children(process)) == 2)
    started = children(process)
    time.sleep(0.3)
    process.terminate()
    assert process.wait(5) == 0
    assert not any(alive(pid) for pid in started)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_they_end_even_where_this_process_is_killed():
    process = start(SLEEP, SLEEP)
    wait_until(lambda: len(children(process)) == 2)
    started = children(process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(alive(pid) for pid in started))
