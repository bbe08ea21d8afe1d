"""What runs at Modal, run here: the real app's class, the real loading, models in small."""

import importlib
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import soundfile

from generation.diffusion.songs import SongRequest
from generation.engines.parcel import VERSION, Answer, Delivery, Order, Refusal
from generation.tests.families import every_quick_family
from generation.tests.tiny_models import COMMIT, TINY_MODELS, download_tiny
from generation.tests.tiny_planner import download_tiny_planner

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:The .* function is executing locally:UserWarning"),
]
NAMES = {family: model.name for family, model in TINY_MODELS.items()}


@pytest.fixture
def deployed(monkeypatch, tiny_cache):
    """The app as it is defined with some variables: `deployed("musicgen")`."""

    def deployed(family: str, **variables: str) -> ModuleType:
        values = {"MODAL_MODEL": NAMES[family], "MODELS_DIR": str(tiny_cache), "MODAL_GPU": ""} | variables
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        sys.modules.pop("generation.engines.modal_app", None)
        return importlib.import_module("generation.engines.modal_app")

    return deployed


def order(family: str, prompt: str = "rainy night", seed: int = 7, duration: float = 10.0) -> dict[str, Any]:
    return Order((SongRequest(prompt, duration, seed),), NAMES[family], f"key-{seed}").pack()


@every_quick_family
def test_songs_are_made_where_the_class_runs(deployed, monkeypatch, family):
    app = deployed(family)
    reported: list[dict[str, float | None]] = []
    monkeypatch.setattr(app, "_report_progress", reported.append)
    orders = [
        order(family, seed=1),
        {"version": VERSION},
        order(family, seed=2),
        order(family, duration=9_999.0),
    ]
    answers = [song for each in app.Generator().generate.local(orders) for song in Answer.unpack(each).songs]

    first, unreadable, second, too_long = answers
    assert [type(answer) for answer in answers] == [Delivery, Refusal, Delivery, Refusal]
    assert "cannot be read" in unreadable.message
    assert (too_long.code, too_long.retryable) == ("content_rejected", False)
    for answer in (first, second):
        with soundfile.SoundFile(io.BytesIO(answer.flac)) as file:
            assert (file.frames / file.samplerate, file.channels, file.subtype) == (10.0, 2, "PCM_24")
        assert (answer.model, answer.revision, answer.gpu) == (NAMES[family], COMMIT, "CPU")
    assert first.flac != second.flac
    assert first.gpu_seconds == second.gpu_seconds > 0
    parts = [parts["key-1"] for parts in reported]
    assert parts[-1] is None
    assert parts[:-1] == sorted(parts[:-1])


def test_an_order_for_another_model_is_refused(deployed):
    app = deployed("musicgen")
    [answer] = app.Generator().generate.local([order("ace_step")])
    [refused] = Answer.unpack(answer).songs
    assert "MODAL_MODEL" in refused.message


def test_the_health_of_what_is_deployed(deployed):
    said = deployed("musicgen").health.local()
    assert (said["parcel"], said["model"], said["revision"]) == (VERSION, NAMES["musicgen"], COMMIT)
    assert said["libraries"]["torch"].startswith("2.13.0")


def test_the_planner_is_the_deployments_to_switch_off(deployed, tmp_path):
    download_tiny(TINY_MODELS["ace_step"], tmp_path)
    revision = download_tiny_planner(tmp_path)
    assert deployed("ace_step", MODELS_DIR=str(tmp_path)).health.local()["revision"] == f"{COMMIT}+{revision}"
    for off in ("0", "off"):
        app = deployed("ace_step", MODELS_DIR=str(tmp_path), MODAL_PLANNER=off)
        assert app.health.local()["revision"] == COMMIT
        assert not app.PLANNER


def test_only_what_is_needed_travels(deployed):
    app = deployed("musicgen")
    taken = ("__init__.py", "engines/modal_app.py", "audio/master.py", "diffusion/loading.py")
    left = ("jobs.py", "models/job.py", "tests/conftest.py", "composer/soundbank/LICENSE.txt", "audio/x.wav")
    assert [app._is_left_out(Path(path)) for path in taken + left] == [False] * 4 + [True] * 5
