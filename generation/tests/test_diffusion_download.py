"""`manage.py download_model`."""

import pytest
from django.core.management import CommandError, call_command

from generation.diffusion.catalog import ACE_STEP, STABLE_AUDIO
from generation.diffusion.weights import find, planner_downloaded
from generation.tests.model_hub import Hub, model_hub

COMMIT = "c" * 40
FILES = {"model_index.json": b"{}"}


@pytest.fixture
def hub(reach, settings, tmp_path):
    settings.DIFFUSION_CACHE_DIR = tmp_path / "models"
    with model_hub(Hub(STABLE_AUDIO.repo, COMMIT, FILES)) as hub:
        reach(hub)
        yield hub


def test_the_model_is_there_afterwards_and_its_licence_is_shown(hub, settings, capsys):
    call_command("download_model", STABLE_AUDIO.name)
    said = capsys.readouterr().out
    assert STABLE_AUDIO.licence in said
    assert COMMIT in said
    assert f"DIFFUSION_MODEL={STABLE_AUDIO.name}" in said
    assert find(STABLE_AUDIO, cache_dir=settings.DIFFUSION_CACHE_DIR)[1] == COMMIT


def test_without_a_name_or_a_setting_it_is_ace_step(hub, settings, capsys):
    settings.DIFFUSION_MODEL = ""
    with pytest.raises(CommandError):  # the hub has none
        call_command("download_model")
    assert capsys.readouterr().out.startswith(f"{ACE_STEP.title} is published under")


def test_the_model_of_the_settings_is_meant_where_none_is_named(hub, settings, capsys):
    settings.DIFFUSION_MODEL = STABLE_AUDIO.name
    call_command("download_model")
    assert "Set DIFFUSION_MODEL" not in capsys.readouterr().out


@pytest.mark.parametrize("planner", [True, False])
def test_what_plans_its_songs_comes_along_unless_it_is_switched_off(hub, settings, planner):
    assert ACE_STEP.planner is not None
    settings.DIFFUSION_PLANNER = planner
    hub.also = {ACE_STEP.repo, *(part.repo for part in ACE_STEP.planner.parts)}
    call_command("download_model", ACE_STEP.name)
    assert (planner_downloaded(ACE_STEP, cache_dir=settings.DIFFUSION_CACHE_DIR) is not None) == planner


def test_the_revision_that_is_named_is_got(hub):
    with pytest.raises(CommandError):  # the hub has none
        call_command("download_model", STABLE_AUDIO.name, revision="older")
    assert hub.asked == [f"/api/models/{STABLE_AUDIO.repo}/revision/older"]


def test_what_stands_in_the_way_is_reported(hub):
    hub.gated = True
    with pytest.raises(CommandError, match="HF_TOKEN"):
        call_command("download_model", STABLE_AUDIO.name)
