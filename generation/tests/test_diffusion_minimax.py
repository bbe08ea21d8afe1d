"""MiniMax Music 3 in small: its own ways of reading, ending and being stopped."""

import json
import logging
import shutil

import numpy as np
import pytest

from generation.diffusion.errors import Interrupted, ModelUnavailable, UnfitRequest
from generation.diffusion.loading import load
from generation.diffusion.songs import Song, SongRequest
from generation.tests.tiny_models import COMMIT, TINY_MINIMAX, download_tiny

pytestmark = pytest.mark.torch


@pytest.fixture
def runner(tiny_runner):
    return tiny_runner("minimax_music")


def song(runner, duration: float = 1.0, on_progress=lambda part: None, **fields) -> Song:
    return runner.generate_one(SongRequest("rain", duration, 1, **fields), on_progress, lambda: False)


@pytest.fixture
def ready_to_end(runner):
    """A model that wants to end every song at once."""
    from diffusers.modular_pipelines.minimax_music3.encoders import _AUDIO_END_TOKEN_ID

    def want_to_end(module, inputs, logits):
        logits[:, _AUDIO_END_TOKEN_ID] = 1e4

    hook = runner._pipeline.language_model.lm_head.register_forward_hook(want_to_end)
    yield
    hook.remove()


def test_a_song_that_ends_by_itself_is_let_end_shortly_before_its_length(runner, ready_to_end):
    samples = song(runner, 3.0).audio.samples
    rate = runner.model.sample_rate
    assert samples.shape == (2, 3 * rate)
    assert np.abs(samples[:, int(2.6 * rate) : int(2.7 * rate)]).max() > 0.01
    assert np.abs(samples[:, int(2.85 * rate) :]).max() == 0


@pytest.mark.thorough
def test_a_song_that_does_not_end_is_as_long_as_asked(runner):
    """Nine seconds are the first of which two windows are put together."""
    samples = song(runner, 8.9).audio.samples
    assert samples.shape[1] == round(8.9 * runner.model.sample_rate)
    quiet = np.abs(samples).max(axis=0) == 0
    assert quiet.mean() < 0.01


def test_every_frame_and_every_step_of_every_window_is_progress(runner):
    parts: list[float] = []
    song(runner, 1.0, parts.append)
    # 26 frames and the one before them, 30 steps of two passes each, the sound of the only window.
    assert len(parts) == 27 + 60 + 1
    assert parts[26] == pytest.approx(27 / 58)
    assert np.diff(parts).max() < 0.02


def test_what_is_told_stands_in_the_description_and_changes_the_song(runner):
    plain, given = song(runner), song(runner, bpm=92, key="D minor")
    assert given.used["caption"].startswith("bpm is 92. key is D, and scale is minor. rain")
    assert np.abs(plain.audio.samples - given.audio.samples).max() > 1e-3
    sung = song(runner, lyrics="[verse] it is the rain")
    assert sung.used["lyrics"] == "[verse]\nit is the rain"
    assert np.abs(plain.audio.samples - sung.audio.samples).max() > 1e-3


def test_lyrics_that_the_model_cannot_read_to_the_end_are_refused(runner):
    with pytest.raises(UnfitRequest, match="reads 5000 tokens"):
        song(runner, lyrics="la " * 2000)


def test_a_long_song_leaves_less_room_for_lyrics(runner):
    """The tiny tokenizer reads a token for each character."""
    lyrics = "la la la " * 400
    runner.batch_key(SongRequest("rain", 200, 1, lyrics=lyrics))
    with pytest.raises(UnfitRequest, match="for 300 seconds"):
        runner.batch_key(SongRequest("rain", 300, 1, lyrics=lyrics))


@pytest.mark.parametrize("steps", [5, 50], ids=["while codes are written", "in a window"])
def test_a_song_that_is_stopped_is_no_error_in_the_log_and_leaves_nothing_behind(
    runner, caplog, monkeypatch, steps
):
    monkeypatch.setattr(logging.getLogger("diffusers"), "propagate", True)
    parts: list[float] = []
    with pytest.raises(Interrupted):
        runner.generate_one(SongRequest("rain", 1.0, 1), parts.append, lambda: len(parts) >= steps)
    assert len(parts) == steps
    assert not caplog.records
    pipeline = runner._pipeline
    for module in (pipeline.language_model.lm_head, pipeline.transformer, pipeline.vocoder):
        assert not module._forward_hooks


def test_what_really_goes_wrong_is_logged(runner, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("diffusers"), "propagate", True)
    monkeypatch.setattr(runner._pipeline.vocoder, "forward", lambda latents: latents + "samples")
    with pytest.raises(TypeError):
        song(runner)
    assert caplog.records


def test_it_is_loaded_from_its_folder_though_its_index_names_the_repository(tiny_cache):
    [index] = tiny_cache.glob("models--MiniMaxAI--*/snapshots/*/modular_model_index.json")
    parts = [entry[2] for entry in json.loads(index.read_text()).values() if isinstance(entry, list)]
    assert {part["pretrained_model_name_or_path"] for part in parts} == {TINY_MINIMAX.repo}
    load(TINY_MINIMAX, cache_dir=tiny_cache, device="cpu")


def test_a_part_that_is_missing_is_named(tmp_path):
    download_tiny(TINY_MINIMAX, tmp_path)
    [folder] = tmp_path.glob(f"models--*/snapshots/{COMMIT}")
    shutil.rmtree(folder / "vocoder")
    with pytest.raises(ModelUnavailable, match="vocoder cannot be loaded"):
        load(TINY_MINIMAX, cache_dir=tmp_path, device="cpu")
