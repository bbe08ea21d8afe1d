"""Configurations that are reported at the start."""

import sys

import pytest
from django.core.checks import Tags, run_checks
from django.core.checks.registry import registry

from generation.management.commands import qcluster

GOOD_BUCKET = {
    "STORAGE_BUCKET_NAME": "music",
    "STORAGE_ENDPOINT_URL": "https://0123abcd.r2.cloudflarestorage.com",
    "STORAGE_ACCESS_KEY_ID": "key",
    "STORAGE_SECRET_ACCESS_KEY": "secret",
}


@pytest.fixture
def found(settings, tmp_path):
    """Check a good configuration but for the given settings; return the ids and what was said."""
    no_bucket = dict.fromkeys(GOOD_BUCKET, "")
    good = no_bucket | {
        "STORAGE_REGION": "",
        "STORAGE_URL_EXPIRE_SECONDS": 3600,
        "AUDIO_ROOT": tmp_path / "audio",
    }
    for name, value in good.items():
        setattr(settings, name, value)

    def found(**changes) -> list[tuple[str, str]]:
        for name, value in changes.items():
            setattr(settings, name, value)
        ours = [message for message in run_checks() if str(message.id).startswith("generation.")]
        assert all(message.hint for message in ours)
        return [(str(message.id), f"{message.msg} {message.hint}") for message in ours]

    return found


def test_defaults_are_fine(found):
    assert found() == []


def test_whole_bucket_is_fine(found):
    assert found(**GOOD_BUCKET) == []


def test_bucket_with_the_platforms_credentials_is_fine(found):
    assert found(STORAGE_BUCKET_NAME="music") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORAGE_ENDPOINT_URL", "https://minio.example.org"),
        ("STORAGE_REGION", "eu-west-1"),
        ("STORAGE_URL_EXPIRE_SECONDS", 60),
    ],
)
def test_storage_variable_without_a_bucket(found, name, value):
    [(check, words)] = found(**{name: value})
    assert check == "generation.E001"
    assert name in words
    assert "STORAGE_BUCKET_NAME" in words


def test_every_variable_without_a_bucket_is_named(found):
    [(check, words)] = found(**GOOD_BUCKET | {"STORAGE_BUCKET_NAME": ""})
    assert check == "generation.E001"
    assert all(name in words for name in GOOD_BUCKET)


@pytest.mark.parametrize("missing", ["STORAGE_ACCESS_KEY_ID", "STORAGE_SECRET_ACCESS_KEY"])
def test_half_of_the_keys(found, missing):
    [(check, words)] = found(**GOOD_BUCKET | {missing: ""})
    assert check == "generation.E002"
    assert f"without {missing}" in words


@pytest.mark.parametrize(
    "endpoint",
    [
        "minio.example.org:9000",
        "s3://music",
        "https://",
        "ftp://example.org",
        "https://[::1",
        "http://a:99999",
        "http://a:0",
    ],
)
def test_endpoint_that_is_no_address(found, endpoint):
    [(check, words)] = found(**GOOD_BUCKET | {"STORAGE_ENDPOINT_URL": endpoint})
    assert check == "generation.E003"
    assert endpoint in words


def test_endpoint_that_ends_with_the_bucket(found):
    [(check, words)] = found(
        **GOOD_BUCKET | {"STORAGE_ENDPOINT_URL": "https://0123abcd.r2.cloudflarestorage.com/music"}
    )
    assert check == "generation.E003"
    assert "Leave /music away" in words


def test_endpoint_may_have_another_path(found):
    assert found(**GOOD_BUCKET | {"STORAGE_ENDPOINT_URL": "https://example.supabase.co/storage/v1/s3"}) == []


def test_engine_that_is_not_there(found):
    [(check, words)] = found(GENERATION_ENGINE="theremin")
    assert check == "generation.E005"
    assert "theremin" in words
    assert "composer" in words


def test_modal_as_the_engine_without_its_token(found):
    [(check, words)] = found(GENERATION_ENGINE="modal")
    assert check == "generation.E005"
    assert "MODAL_TOKEN_ID" in words


@pytest.mark.parametrize(
    ("there", "missing"),
    [("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"), ("MODAL_TOKEN_SECRET", "MODAL_TOKEN_ID")],
)
def test_half_of_modals_token(found, there, missing):
    [(check, words)] = found(**{there: "half"})
    assert check == "generation.E008"
    assert f"{there} is set without {missing}" in words


def test_model_that_nobody_has(found):
    [(check, words)] = found(MODAL_MODEL="jukebox")
    assert check == "generation.E009"
    assert "ace-step-1.5-xl-turbo" in words


def test_model_of_ones_own_that_nobody_has(found):
    [(check, words)] = found(DIFFUSION_MODEL="jukebox")
    assert check == "generation.E010"
    assert "ace-step-1.5-xl-turbo" in words


def test_model_of_ones_own_without_what_runs_it(found, monkeypatch):
    assert found(DIFFUSION_MODEL="musicgen-medium") == []
    monkeypatch.setitem(sys.modules, "torch", None)
    [(check, words)] = found()
    assert check == "generation.E011"
    assert "torch" in words
    assert "requirements-gpu.txt" in words


def test_worker_without_workers(found):
    [(check, words)] = found(GENERATION_WORKERS=0)
    assert check == "generation.E006"
    assert "GENERATION_WORKERS is 0" in words
    assert found(GENERATION_WORKERS=1) == []


def test_audio_folder_that_cannot_be_written(found, tmp_path):
    (tmp_path / "file").write_text("in the way")
    [(check, words)] = found(AUDIO_ROOT=tmp_path / "file" / "audio")
    assert check == "generation.E007"
    assert str(tmp_path / "file" / "audio") in words


def test_audio_folder_that_others_own(found, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    refused = [words for check, words in found() if check == "generation.E007"]
    assert any(words.startswith(f"The folder {tmp_path / 'audio'} cannot be written.") for words in refused)


def test_database_folder_that_cannot_be_written(found, tmp_path, settings, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "file" / "db.sqlite3"}
    monkeypatch.setitem(settings.DATABASES, "default", database)
    [(check, words)] = found()
    assert check == "generation.E007"
    assert str(tmp_path / "file") in words


def test_folder_that_nothing_is_written_to_may_be_anything(found, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert found(**GOOD_BUCKET, AUDIO_ROOT=tmp_path / "file" / "audio") == []


def test_a_worker_runs_every_check_of_ours_and_loads_no_address():
    tags = set(qcluster.Command.requires_system_checks)
    run = {check for check in registry.get_checks() if tags & set(check.tags)}
    assert {check for check in registry.get_checks() if check.__module__ == "generation.checks"} < run
    assert Tags.urls not in {tag for check in run for tag in check.tags}
