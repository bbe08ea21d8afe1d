"""The server of Modal for tests, as a process of its own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from generation.engines.base import EngineError, Music
from generation.engines.modal import ModalEngine
from generation.tests.collecting import collected
from generation.tests.modal_places import SONG

IMPORTS = """
import sys
import generation.tests.modal_server
print([name for name in ("django", "pytest") if name in sys.modules])
"""


@pytest.fixture
def control(monkeypatch) -> Iterator[str]:
    """The address at which the process tells its figures; clients of this test go to the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "generation.tests.modal_server", "--sample-rate", "8000"],
        cwd=django_settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for name, value in json.loads(process.stdout.readline()).items():
            monkeypatch.setenv(name, value)
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()


def asked(url: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    data = None if changes is None else json.dumps(changes).encode()
    with urllib.request.urlopen(url, data) as answer:
        figures: dict[str, Any] = json.load(answer)
        return figures


def test_it_serves_counts_and_is_told_what_to_do(control):
    engine = ModalEngine()
    call_id = engine.start([SONG], "job-1")
    music = collected(engine, call_id, 20.0)
    assert isinstance(music, Music)
    assert music.audio.sample_rate == 8000
    assert asked(f"{control}/figures")["spawned"] == 1
    asked(f"{control}/script", {"steps": ["crash"], "seconds": 0.1})
    failing = engine.start([SONG], "job-2")
    with pytest.raises(EngineError, match="could not make this"):
        collected(engine, failing, 20.0)
    assert asked(f"{control}/script", {"trouble": "unavailable", "trouble_seconds": 0.2})["spawned"] == 2


def test_it_needs_neither_django_nor_pytest():
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "PYTHONPATH": str(django_settings.BASE_DIR)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stdout.strip() == "[]", ended.stderr
