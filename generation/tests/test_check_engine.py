"""The doctor of the engines."""

import re
import time
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generation.audio.types import Audio
from generation.doctor.engine import Examination, Limits
from generation.engines.base import Engine, Music
from generation.engines.scripted import REJECTED
from generation.tests.doctor_calls import Report, steps_in


def report(*arguments: str) -> Report:
    output, well = StringIO(), True
    try:
        call_command("check_engine", *arguments, stdout=output, no_color=True)
    except CommandError as error:
        output.write(str(error))
        well = False
    return Report(well, steps_in(output.getvalue()), output.getvalue())


def test_the_composer_makes_a_short_piece(settings):
    outcome = report("composer")
    assert outcome.well
    assert outcome.states() == {"able": "ok", "song": "ok"}
    assert "5 s of music at 48000 Hz" in outcome.steps["song"].said
    assert "heeds bpm, ignored_words, key" in outcome.steps["able"].said


def test_the_seconds_that_a_song_took_are_said(scripted):
    began = time.monotonic()
    match = re.search(r" in (\d+\.\d) s", report().steps["song"].said)
    assert match is not None
    assert float(match[1]) <= time.monotonic() - began + 0.1


def test_an_engine_that_fails_is_reported(scripted):
    scripted.script.append(REJECTED)
    outcome = report()
    assert (outcome.well, outcome.failed()) == (False, ["song"])
    assert "The engine will not make this." in outcome.steps["song"].said
    assert "The engine “scripted” does not work as it should: song failed." in outcome.text


def test_silence_is_no_music(scripted, monkeypatch):
    silence = Music(Audio(np.zeros((2, 8000), np.float32), 8000))
    monkeypatch.setattr(scripted, "generate", lambda *arguments: silence)
    assert "1 s of silence" in report().steps["song"].said


def test_an_engine_of_no_kind_is_an_error_of_its_maker(scripted):
    class Neither(Engine):
        capabilities = scripted.capabilities

    with pytest.raises(TypeError, match="Neither is neither"):
        list(Examination(Neither(), Limits()).findings())


def test_any_remote_engine_is_waited_for(scripted_remote):
    assert report().states() == {"able": "ok", "song": "ok"}
    assert scripted_remote.canceled == []


def test_a_song_that_does_not_come_is_canceled(scripted_remote):
    scripted_remote.rounds = 10_000
    outcome = report("--wait", "0.3")
    assert outcome.failed() == ["song"]
    assert "--wait" in outcome.steps["song"].under
    assert scripted_remote.canceled == ["call-0"]


def test_an_engine_that_is_not_there():
    assert "There is no engine “modal” here" in report("modal").text
    assert "MODAL_TOKEN_ID" in report("modal").text
    assert not report("theremin").well


def test_modal_is_examined_all_the_way(modal_engine, modal_at):
    outcome = report("modal")
    assert outcome.well, outcome.text
    assert outcome.states() == dict.fromkeys(["able", "token", "app", "versions", "song"], "ok")
    assert "“musicgen”, on L40S" in outcome.steps["app"].said
    assert "ace-step-1.5-xl-turbo at 0123abc; torch 2.13.0" in outcome.steps["versions"].said
    assert "10 s of music at 48000 Hz" in outcome.steps["song"].said
    assert "cost $0.001355" in outcome.steps["song"].said
    assert "licence MIT" in outcome.steps["able"].said


def test_no_step_of_an_engine_is_called_slow(scripted, monkeypatch):
    """Containers take minutes to start."""
    monkeypatch.setattr("generation.doctor.steps.SLOW_SECONDS", -1.0)
    assert set(report().states().values()) == {"ok"}


def test_no_step_at_modal_is_called_slow(modal_engine, modal_at, monkeypatch):
    monkeypatch.setattr("generation.doctor.steps.SLOW_SECONDS", -1.0)
    assert set(report("modal").states().values()) == {"ok"}


def test_without_a_song_none_is_paid_for(modal_engine, modal_at):
    outcome = report("modal", "--no-song")
    assert outcome.well
    assert outcome.steps["song"].state == "skipped"
    assert "spawned" not in modal_at.figures()


def test_a_wrong_token(modal_engine, modal_at):
    modal_at.script.trouble = "unauthenticated"
    outcome = report("modal")
    assert outcome.failed() == ["token"]
    assert "modal token new" in outcome.steps["token"].under
    assert outcome.states() == {"able": "ok", "token": "failed"} | dict.fromkeys(
        ["app", "versions", "song"], "skipped"
    )


def test_a_modal_that_is_away(modal_engine, modal_at):
    modal_at.script.trouble = "unavailable"
    assert "cannot be reached" in report("modal").steps["token"].said


def test_an_app_that_is_not_deployed(modal_engine, modal_at):
    modal_at.script.deployed.clear()
    outcome = report("modal")
    assert outcome.failed() == ["app"]
    assert "modal deploy generation/engines/modal_app.py" in outcome.steps["app"].under


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("version", 99, "Deploy the app again"),
        ("model", "musicgen-medium", "Set MODAL_MODEL to musicgen-medium"),
        ("revision", None, "modal run generation/engines/modal_app.py::download"),
    ],
)
def test_an_app_of_another_version_or_model_or_without_weights(modal_engine, modal_at, name, value, hint):
    setattr(modal_at.script.gpu, name, value)
    outcome = report("modal")
    assert outcome.failed() == ["versions"]
    assert hint in outcome.steps["versions"].under
    assert "spawned" not in modal_at.figures()


def test_weights_that_were_downloaded_and_do_not_run_are_a_warning(modal_engine, modal_at):
    modal_at.script.gpu.downloaded = "4567def"
    outcome = report("modal")
    assert outcome.well
    assert outcome.steps["versions"].state == "warning"
    assert "MODAL_REVISION=4567def modal deploy" in outcome.steps["versions"].under


def test_a_gpu_without_a_price_is_a_warning(modal_engine, modal_at):
    modal_at.script.gpu.name = "B300"
    outcome = report("modal")
    assert outcome.well
    assert outcome.steps["app"].state == "warning"
    assert "MODAL_GPU_PRICES" in outcome.steps["app"].under


def test_a_song_that_fails_is_reported_with_its_hint(modal_engine, modal_at):
    modal_at.script.steps.append("killed")
    outcome = report("modal")
    assert outcome.failed() == ["song"]
    assert "Deploy on a larger one" in outcome.steps["song"].under
