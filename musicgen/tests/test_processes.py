"""Groups of processes: how they are started and ended, and that none stays behind."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from generation.tests.working import wait_until
from musicgen.processes import end_groups, kill_group, signals_noted, start_group
from musicgen.tests.listed_processes import children, descendants, running

SLEEP = ["sleep", "600"]
OBEDIENT = ["sh", "-c", "trap 'exit 7' TERM; sleep 600 & wait"]
STUBBORN = ["sh", "-c", "trap '' TERM; sleep 600 & while true; do sleep 0.1; done"]
only_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux notifies a process of its parent's end"
)


def started(*commands: list[str]) -> "list[subprocess.Popen[bytes]]":
    """Groups of these commands, once those that start something have done so."""
    groups = [start_group(command, {}, []) for command in commands]
    others = [group for group, command in zip(groups, commands, strict=True) if command != SLEEP]
    wait_until(lambda: all(descendants(group.pid) for group in others))
    return groups


def test_a_group_gets_variables_and_files_and_a_session_of_its_own():
    reader, writer = os.pipe()
    code = f"import os; os.write({writer}, os.environ['COLOUR'].encode())"
    group = start_group([sys.executable, "-c", code], {"COLOUR": "red"}, [writer])
    os.close(writer)
    with os.fdopen(reader) as file:
        assert file.read() == "red"
    assert group.wait(60) == 0
    group = start_group(SLEEP, {}, [])
    assert os.getsid(group.pid) == group.pid
    kill_group(group)


def test_killing_a_group_ends_all_in_it():
    [group] = started(STUBBORN)
    pids = descendants(group.pid) | {group.pid}
    kill_group(group)
    assert group.returncode == -signal.SIGKILL
    wait_until(lambda: not running(pids))


def test_what_a_dead_head_has_left_is_killed():
    [group] = started(OBEDIENT)
    left = descendants(group.pid)
    group.kill()
    group.wait()
    assert running(left) == left
    kill_group(group)
    wait_until(lambda: not running(left))
    kill_group(group)  # nobody is left


def test_groups_are_asked_to_end_and_what_they_leave_is_killed():
    groups = started(OBEDIENT, SLEEP)
    pids = {pid for group in groups for pid in descendants(group.pid)}
    end_groups(groups, 60)
    assert [group.returncode for group in groups] == [7, -signal.SIGTERM]
    wait_until(lambda: not running(pids))


def test_what_does_not_obey_is_killed_with_all_it_started():
    groups = started(STUBBORN, OBEDIENT)
    pids = {pid for group in groups for pid in descendants(group.pid)}
    end_groups(groups, 0.5)
    assert [group.returncode for group in groups] == [-signal.SIGKILL, 7]
    wait_until(lambda: not running(pids))


def test_signals_are_noted_in_their_order_and_handlers_come_back():
    before = [signal.getsignal(signum) for signum in (signal.SIGUSR1, signal.SIGUSR2)]
    with signals_noted(signal.SIGUSR1, signal.SIGUSR2) as noted:
        assert noted == []
        signal.raise_signal(signal.SIGUSR2)
        signal.raise_signal(signal.SIGUSR1)
        assert noted == [signal.SIGUSR2, signal.SIGUSR1]
    assert [signal.getsignal(signum) for signum in (signal.SIGUSR1, signal.SIGUSR2)] == before


def run_python(code: str) -> "subprocess.Popen[bytes]":
    code = f"import os, time\nfrom musicgen.processes import end_with_parent, start_group\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=django_settings.BASE_DIR, start_new_session=True
    )


@only_linux
def test_a_group_is_asked_to_end_where_the_one_that_started_it_is_killed():
    process = run_python(f"start_group({SLEEP}, {{}}, [])\ntime.sleep(600)")
    wait_until(lambda: children(process.pid))
    pids = set(children(process.pid))
    process.kill()
    process.wait()
    wait_until(lambda: not running(pids))


@only_linux
def test_a_process_that_follows_its_parent_ends_with_it():
    process = run_python("os.fork() or (end_with_parent(os.getppid()), print())\ntime.sleep(600)")
    wait_until(lambda: children(process.pid))
    pids = set(children(process.pid))
    process.kill()
    process.wait()
    wait_until(lambda: not running(pids))


def test_a_process_whose_parent_has_ended_already_ends():
    assert run_python("end_with_parent(1)\ntime.sleep(600)").wait(30) == 1
