"""Songs from a model in the worker itself."""

import threading
from pathlib import Path

import pytest

from generation.diffusion.catalog import Model
from generation.engines.base import EngineError, Stopped
from generation.engines.diffusion import DiffusionEngine
from generation.engines.request import MusicRequest, RequestError
from generation.tests.tiny_models import TINY_MODELS
from generation.tests.working import run

pytestmark = pytest.mark.torch
ORDER = MusicRequest("rainy night", duration=10.0, seed=7)


@pytest.fixture
def engine(tiny_cache) -> DiffusionEngine:
    return DiffusionEngine(TINY_MODELS["ace_step"].name, tiny_cache, "cpu")


def test_a_song_is_as_long_as_asked_and_progress_is_told(engine):
    parts: list[float] = []
    music = engine.generate(ORDER, parts.append, lambda: False)
    assert music.audio.samples.shape == (2, 480_000)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_it_stops_when_told(engine):
    stop = threading.Event()
    with pytest.raises(Stopped):
        engine.generate(ORDER, lambda part: stop.set(), stop.is_set)


def test_weights_that_are_not_there_are_told_and_where_they_should_be_to_the_operator_alone(tmp_path):
    with pytest.raises(EngineError, match="Tell the operator") as caught:
        DiffusionEngine(cache_dir=tmp_path, device="cpu").generate(ORDER, print, lambda: False)
    assert (caught.value.code, caught.value.retryable) == ("engine_unavailable", False)
    assert "/" not in caught.value.message
    assert f"has not been downloaded to {tmp_path}" in caught.value.detail
    assert "“python manage.py download_model ace-step-1.5-xl-turbo”" in caught.value.detail


@pytest.mark.parametrize(("gpu", "device"), [(True, "cuda"), (False, "cpu")])
def test_the_model_is_loaded_once_by_each_process_to_the_gpu_where_there_is_one(monkeypatch, gpu, device):
    devices: list[str] = []

    def load(model: Model, *, cache_dir: Path, device: str, planner: bool) -> object:
        assert planner
        devices.append(device)
        return object()

    monkeypatch.setattr("generation.diffusion.loading.load", load)
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    engine = DiffusionEngine()
    assert engine._runner() is engine._runner()
    assert devices == [device]
    monkeypatch.setattr("os.getpid", lambda: -1)
    engine._runner()
    assert devices == [device, device]


def test_what_the_model_cannot_do_is_refused_at_the_door(engine):
    with pytest.raises(RequestError, match="between 10 and 600"):
        engine.checked(MusicRequest("rainy night", duration=5.0))


@pytest.mark.django_db
def test_a_job_becomes_a_track(settings, tiny_cache, order):
    options = {"model": TINY_MODELS["ace_step"].name, "cache_dir": tiny_cache, "device": "cpu"}
    settings.ENGINES = {
        "diffusion": {"BACKEND": "generation.engines.diffusion.DiffusionEngine", "OPTIONS": options}
    }
    settings.GENERATION_ENGINE = "diffusion"
    job = run(order(duration=10.0, bpm=90))
    assert (job.status, job.error_message) == ("completed", "")
    assert job.first_track.duration == 10.0
    assert "hints" in job.notices[0]
