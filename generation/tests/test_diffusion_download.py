"""`manage.py download_model`."""

import pytest
from django.core.management import CommandError, call_command

from generation.diffusion.catalog import STABLE_AUDIO
from generation.diffusion.weights import find
from generation.tests.model_hub import Hub, model_hub

COMMIT = "c" * 40
FILES = {"model_index.json": b"{}"}


@pytest.fixture
def hub(reach, settings, tmp_path):
    settings.DIFFUSION_CACHE_DIR = tmp_path / "models"
    with model_hub(Hub(STABLE_AUDIO.repo, COMMIT, FILES)) as hub:
        reach(hub)
        yield hub


def test_the_model_is_there_afterwards_and_its_licence_was_told(hub, settings, capsys):
    call_command("download_model", STABLE_AUDIO.name)
    said = capsys.readouterr().out
    assert STABLE_AUDIO.licence in said
    assert COMMIT in said
    assert f"DIFFUSION_MODEL={STABLE_AUDIO.name}" in said
    assert find(STABLE_AUDIO, cache_dir=settings.DIFFUSION_CACHE_DIR)[1] == COMMIT


def test_the_model_of_the_settings_is_meant_where_none_is_named(hub, settings, capsys):
    settings.DIFFUSION_MODEL = STABLE_AUDIO.name
    call_command("download_model")
    assert "Set DIFFUSION_MODEL" not in capsys.readouterr().out


def test_what_stands_in_the_way_is_told(hub):
    hub.gated = True
    with pytest.raises(CommandError, match="HF_TOKEN"):
        call_command("download_model", STABLE_AUDIO.name)
