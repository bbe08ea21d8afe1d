"""A process that has been started reports that it works."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from musicgen.readiness import VARIABLE, ReadinessPipe, report_ready


@pytest.fixture
def pipe():
    pipe = ReadinessPipe()
    yield pipe
    pipe.close()


def start(pipe: ReadinessPipe, code: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", f"from musicgen.readiness import report_ready\n{code}"],
        cwd=django_settings.BASE_DIR,
        env=os.environ | pipe.environment,
        pass_fds=[pipe.descriptor],
        start_new_session=True,
    )
    pipe.close_descriptor()
    return process


def test_a_report_is_kept_after_the_process_has_ended(pipe):
    process = start(pipe, "report_ready()")
    assert process.wait(30) == 0
    assert pipe.is_ready()
    assert pipe.is_ready()


def test_one_that_ends_without_a_report_was_not_ready(pipe):
    assert not pipe.is_ready()
    start(pipe, "pass").wait(30)
    assert not pipe.is_ready()


def test_a_process_that_nobody_supervises_reports_to_nobody(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    report_ready()


def test_what_a_process_starts_later_does_not_find_the_pipe(pipe):
    code = f"import os\nreport_ready()\nassert {VARIABLE!r} not in os.environ\nreport_ready()"
    assert start(pipe, code).wait(30) == 0


def test_a_report_that_nobody_reads_hurts_nobody(monkeypatch):
    pipe = ReadinessPipe()
    monkeypatch.setenv(VARIABLE, str(pipe.descriptor))
    pipe.close()
    report_ready()
    pipe.close_descriptor()


def test_reports_without_end_never_fill_the_pipe(monkeypatch, pipe):
    os.set_blocking(pipe.descriptor, False)  # a full pipe fails here instead of blocking
    for _ in range(50):
        os.write(pipe.descriptor, b"\n" * 4096)
        assert pipe.is_ready()
    pipe.close_descriptor()


def test_it_is_released_once_what_was_forked_has_ended_too(pipe):
    process = start(pipe, "import os, time\nreport_ready()\nos.fork() or time.sleep(600)")
    process.wait(30)
    assert not pipe.wait_until_released(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    assert pipe.wait_until_released(60)
