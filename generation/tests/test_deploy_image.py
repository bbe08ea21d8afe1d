"""The steps of the Dockerfile, in a folder with nothing but what the image is given: a site that runs."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from generation.tests.running_site import free_port

pytestmark = [pytest.mark.long, pytest.mark.sqlite_is_enough]
START_SECONDS = 60
OF_THE_TESTS = ("DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV", "PYTHONPATH")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as pairs of an instruction and what follows it."""
    text = re.sub(r"\\\n\s*", "", (settings.BASE_DIR / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def is_left_out(name: str, patterns: list[str]) -> bool:
    """Whether .dockerignore keeps a file of the project out of the image."""
    path = Path(name)
    for pattern in patterns:
        if pattern.startswith("**/"):
            if pattern[3:] in path.parts:
                return True
        elif any(fnmatch.fnmatch(str(part), pattern) for part in (path, *path.parents)):
            return True
    return False


def test_its_steps_end_in_a_site_that_answers(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    known = re.findall(r"^# ([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    environment = {name: value for name, value in os.environ.items() if name not in (*known, *OF_THE_TESTS)}
    stage = 0
    for name, rest in instructions():
        stage += name == "FROM"
        if stage == 1 and name == "COPY":
            copy(shlex.split(rest), app)
        elif stage == 1 and name == "RUN":
            subprocess.run(["sh", "-ec", rest], cwd=app, env=environment, check=True)
        elif stage == 2 and name == "ENV":
            for pair in shlex.split(rest.replace("$PATH", environment["PATH"])):
                variable, _, value = pair.partition("=")
                value = value.replace("/app", str(app)).replace("/data", str(tmp_path / "data"))
                environment[variable] = value
    command = next(rest for name, rest in reversed(instructions()) if name == "CMD")
    environment["PORT"] = str(free_port())
    subprocess.run(["python", "manage.py", "migrate", "-v", "0"], cwd=app, env=environment, check=True)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            json.loads(command), cwd=app, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            page = opened(f"http://127.0.0.1:{environment['PORT']}/", process, tmp_path / "log")
            style, *_ = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
            with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}{style}") as answer:
                assert answer.headers["Content-Type"].startswith("text/css")
        finally:
            process.terminate()
            assert process.wait(30) == 0
    assert not (app / ".env").exists()
    assert not list(app.glob("*/tests")), "the image holds no tests"


def copy(words: list[str], app: Path) -> None:
    *sources, target = words
    patterns = [line for line in (settings.BASE_DIR / ".dockerignore").read_text().split("\n") if line]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=settings.BASE_DIR,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in listed:
        if (sources == ["."] or name in sources) and not is_left_out(name, patterns):
            (app / target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(settings.BASE_DIR / name, app / target / name)


def opened(url: str, process: "subprocess.Popen[bytes]", log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return str(answer.read().decode())
        except OSError:  # it does not answer yet
            time.sleep(0.1)
    raise AssertionError(f"The site did not start:\n{log.read_text()}")
