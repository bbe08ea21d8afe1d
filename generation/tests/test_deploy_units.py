"""The units of deploy/systemd: systemd takes them, and they run what hosts run by the Procfile."""

import re
import shutil
import subprocess

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
SOCKET = FOLDER / "musicgen-web.socket"


@pytest.mark.sqlite_is_enough
def test_systemd_finds_nothing_wrong_with_them(tmp_path):
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is not installed: .ci/proxies"
    for unit in (*UNITS, SOCKET):
        # What is not installed here stands for what is.
        text = re.sub(r"/opt/musicgen/\.venv/bin/\w+", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    units = [str(tmp_path / unit.name) for unit in (*UNITS, SOCKET)]
    checked = subprocess.run([program, "verify", "--man=no", *units], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_they_run_what_the_procfile_runs():
    procfile = (settings.BASE_DIR / "Procfile").read_text()
    for unit, words in zip(
        UNITS, (["--config python:musicgen.gunicorn_settings"], ["manage.py qcluster"]), strict=True
    ):
        assert all(word in unit.read_text() and word in procfile for word in words)


def test_the_worker_is_given_the_time_that_it_takes():
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNITS[1].read_text(), re.MULTILINE)
    assert stop
    assert int(stop[1]) >= settings.WORKER_GRACE_SECONDS + 10


def test_the_web_process_listens_where_the_proxies_ask():
    asked = [(FOLDER.parent / name).read_text() for name in ("Caddyfile", "nginx.conf")]
    listens = re.search(r"^ListenStream=(.+)$", SOCKET.read_text(), re.MULTILINE)
    assert listens
    assert all(listens[1] in each for each in asked)
