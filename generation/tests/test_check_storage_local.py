"""The doctor of local files, and the command as an operator calls it."""

import os
import subprocess
import sys
from collections import namedtuple

import pytest
from django.conf import settings as django_settings
from django.core.signals import request_finished
from django.db import connections

from generation.storage import StorageError, StoredFile
from generation.storage.local import LocalAudioStorage
from generation.tests.doctor_calls import Report, report_on


@pytest.fixture
def report(audio_root):
    def report(*arguments: str, location: object = audio_root) -> Report:
        local = {"BACKEND": "generation.storage.LocalAudioStorage", "OPTIONS": {"location": location}}
        return report_on(local, *arguments)

    return report


def test_every_step_is_well_and_nothing_is_left(report, audio_root):
    outcome = report()
    assert outcome.well
    assert outcome.states() == dict.fromkeys(outcome.steps, "ok")
    assert list(outcome.steps) == [
        *(
            "space",
            "write",
            "stat",
            "read",
            "sign",
            "listen",
            "headers",
            "seek",
            "tamper",
            "private",
            "delete",
        )
    ]
    assert list(audio_root.iterdir()) == []


@pytest.mark.parametrize(("free", "state"), [(10**8, "failed"), (10**9, "warning"), (10**10, "ok")])
def test_space_on_the_disk_is_reported(report, monkeypatch, free, state):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(free))
    outcome = report()
    assert outcome.steps["space"].state == state
    assert outcome.well == (state != "failed")
    assert ("Free some space" in outcome.steps["space"].under) == (state != "ok")


def test_folder_that_is_none_is_reported(report, tmp_path):
    (tmp_path / "file").write_text("in the way")
    outcome = report(location=tmp_path / "file" / "audio")
    assert not outcome.well
    assert outcome.failed() == ["write"]
    assert outcome.steps["write"].under
    assert outcome.steps["delete"].said == "because “write” did not work"


def test_refusal_of_the_disk_keeps_its_hint(report, monkeypatch):
    def full(*_: object) -> StoredFile:
        raise StorageError("disk_full", "The disk that holds the folder is full.", True)

    monkeypatch.setattr(LocalAudioStorage, "_save", full)
    outcome = report()
    assert outcome.failed() == ["write"]
    assert outcome.steps["write"].said.startswith("The disk that holds the folder is full (")
    assert outcome.steps["write"].under == "Free some space there."


def test_folder_that_is_served_to_everybody_is_reported(report, monkeypatch):
    monkeypatch.setattr("generation.web.files.opened_link", lambda name, query: {})
    assert report().failed() == ["headers", "tamper", "private"]


def test_the_database_of_the_caller_is_not_closed_as_after_a_request(report, monkeypatch):
    looks: list[object] = []
    monkeypatch.setattr(connections, "all", lambda **options: looks.append(options) or [])
    assert report().well
    assert looks == []
    request_finished.send(sender=None)
    assert len(looks) == 1, "after a request of the site it is, as before"


@pytest.mark.parametrize("arguments", [["--fix-cors"], ["--multipart"]])
def test_options_for_buckets_are_refused(report, arguments):
    outcome = report(*arguments)
    assert not outcome.well
    assert "STORAGE_BUCKET_NAME" in outcome.text


def test_site_that_does_not_run_is_reported(report):
    outcome = report("--site-url", "http://127.0.0.1:9")
    assert outcome.failed() == ["listen"]
    assert "--site-url" in outcome.steps["listen"].under


def test_running_site_serves_the_probe_by_its_link_and_only_to_its_own_keys(composer_site):
    site = composer_site
    text = site.manage("check_storage", "--site-url", site.url)
    assert "All is well." in text
    other = subprocess.run(
        [sys.executable, "manage.py", "check_storage", "--site-url", site.url, "--no-color"],
        cwd=django_settings.BASE_DIR,
        env={**site.environment, "SECRET_KEY": "of another site, which is long enough to be one"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode == 1
    assert "listen       failed: the site answers 403" in other.stdout
    assert "same SECRET_KEY" in other.stdout


def test_half_made_configuration_ends_before_anything_is_tried(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STORAGE_")}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check_storage"],
        cwd=django_settings.BASE_DIR,
        env=environment | {"VAR_DIR": str(tmp_path), "STORAGE_ENDPOINT_URL": "https://s3.example.org"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "generation.E001" in ended.stderr
    assert "ok" not in ended.stdout
