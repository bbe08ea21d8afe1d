"""Clients that others' generators make from the document order music from a running site, wait for it and fetch it."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import mido
import pytest
import soundfile
from django.conf import settings

from generation.tests import typescript_tools
from generation.tests.api_calls import API
from generation.tests.running_site import Site

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(composer_site: Site) -> Site:
    return composer_site


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.manage("create_token", "alice@example.org", "--create-user").strip()


@pytest.fixture(scope="module")
def document(site: Site, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("document") / "openapi.json"
    with urllib.request.urlopen(f"{site.url}{API}/openapi.json", timeout=60) as answer:
        file.write_bytes(answer.read())
    return file


def is_five_seconds_of_music(folder: Path) -> None:
    for name in ("track.wav", "track.mp3"):
        audio = soundfile.info(folder / name)
        assert (audio.channels, round(audio.duration)) == (2, 5), name
    assert mido.MidiFile(folder / "track.mid").length == pytest.approx(5, abs=0.01)


@pytest.fixture(scope="module")
def python_client(document: Path, tmp_path_factory) -> Path:
    """The package `music`, generated as the guide says."""
    folder = tmp_path_factory.mktemp("python")
    config, target = folder / "config.yaml", folder / "music"
    config.write_text("post_hooks: []\n")
    generate = ["generate", "--path", document, "--output-path", target, "--meta", "none", "--config", config]
    # It warns of what it cannot read, and would leave it out.
    command = [sys.executable, "-m", "openapi_python_client", *generate, "--fail-on-warning"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return target


def run_examples(guide: str, site: Site, token: str, folder: Path) -> list[str]:
    """Run all that a guide shows in Python as one program, and return the lines that it prints."""
    text = (settings.BASE_DIR / "docs" / guide).read_text()
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    assert program
    environment = os.environ | {"SITE": site.url, "TOKEN": token, "PYTHONPATH": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_the_guides_examples_order_music_and_follow_it(site, token, python_client):
    said = run_examples("clients.md", site, token, python_client.parent)
    assert said[-1] == "completed 1.0"
    audio = soundfile.info(python_client.parent / "track.mp3")
    assert (audio.channels, round(audio.duration)) == (2, 30)


def test_the_guides_example_reads_a_stream_without_a_generated_client(site, token, tmp_path):
    said = run_examples("events.md", site, token, tmp_path)
    assert said[-1] == "completed 1.0"


def test_a_python_client_orders_and_fetches_music(site, token, python_client, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(python_client.parent)
    name = python_client.name
    music = importlib.import_module(name)
    models = importlib.import_module(f"{name}.models")
    jobs, tracks = (importlib.import_module(f"{name}.api.{subject}") for subject in ("jobs", "tracks"))

    def ask(calls: Any, name: str, **arguments: Any) -> Any:
        return importlib.import_module(f"{calls.__name__}.{name}").sync(client=client, **arguments)

    client = music.AuthenticatedClient(site.url, token, raise_on_unexpected_status=True)
    order = models.Order(prompt="quiet piano", genre="ambient", duration=5.0, seed=7)
    job = ask(jobs, "create_job", body=order)
    while job.status in (models.JobStatus.QUEUED, models.JobStatus.PROCESSING):
        time.sleep(0.2)
        job = ask(jobs, "read_job", id=job.id)
    assert job.error is None
    [track] = job.tracks
    for name in ("wav", "mp3"):
        audio = ask(tracks, "read_track_audio_url", id=track.id, format_=models.TrackFormat(name))
        while isinstance(audio, models.PendingAudio):
            time.sleep(audio.retry_after)
            audio = ask(tracks, "read_track_audio_url", id=track.id, format_=models.TrackFormat(name))
        (tmp_path / f"track.{name}").write_bytes(httpx.get(audio.url).content)
    midi = ask(tracks, "read_track_midi", id=track.id)
    (tmp_path / "track.mid").write_bytes(midi.payload.read())
    is_five_seconds_of_music(tmp_path)

    refused = ask(jobs, "create_job", body=models.Order(prompt=""))
    assert isinstance(refused, models.Problem)
    assert [error.field for error in refused.errors] == ["prompt"]
    listed = ask(tracks, "list_tracks", include=[models.Include.AUDIO_URL])
    assert listed.results[0].id == track.id
    assert httpx.get(listed.results[0].audio_url).status_code == 200


def test_a_typescript_client_orders_and_fetches_music(site, token, document, tmp_path):
    for name in ("order_music.ts", "tsconfig.json"):
        shutil.copy(typescript_tools.SOURCES / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(typescript_tools.installed(settings.VAR_DIR))
    tools = tmp_path / "node_modules" / ".bin"
    typescript_tools.run(tmp_path, tools / "openapi-ts", "-i", document, "-o", "client", "--no-log-file")
    typescript_tools.run(tmp_path, tools / "tsc")  # its types fit how it is used
    said = typescript_tools.run(
        tmp_path,
        typescript_tools.NODE / "node",
        "built/order_music.js",
        SITE=site.url,
        TOKEN=token,
        FOLDER=str(tmp_path),
    )
    assert json.loads(said) == {"title": "Quiet piano", "heard": "completed", "refused": ["prompt"]}
    is_five_seconds_of_music(tmp_path)
