"""The models, in small, loaded and run as the published ones are."""

import numpy as np
import pytest

from generation.diffusion.errors import (
    Interrupted,
    ModelUnavailable,
    NotDownloaded,
    OutOfMemory,
    UnfitRequest,
)
from generation.diffusion.loading import load
from generation.diffusion.songs import Song, SongRequest
from generation.tests.families import every_family, every_quick_family
from generation.tests.tiny_models import COMMIT, TINY_MODELS

pytestmark = pytest.mark.torch


def rainy(seed: int = 1, duration: float = 1.3, **fields) -> SongRequest:
    return SongRequest("rainy night", duration, seed, **fields)


def songs(runner, *requests: SongRequest) -> list[Song]:
    made = runner.generate(requests, lambda part: None, lambda: False)
    assert all(isinstance(song, Song) for song in made), made
    return made


def difference(one: Song, other: Song) -> float:
    return float(np.abs(one.audio.samples - other.audio.samples).max())


@every_family
def test_a_song_is_stereo_and_exactly_as_long_as_asked(tiny_runner, family):
    runner = tiny_runner(family)
    [song] = songs(runner, rainy(duration=1.2345))
    assert runner.revision == COMMIT
    assert song.audio.samples.shape == (2, round(1.2345 * runner.model.sample_rate))
    assert song.audio.sample_rate == runner.model.sample_rate
    assert song.used["caption"].startswith("rainy night")
    assert song.used["seed"] == 1


@every_quick_family
def test_a_song_sounds_the_same_alone_and_beside_others_and_another_seed_does_not(tiny_runner, family):
    runner = tiny_runner(family)
    first, second = songs(runner, rainy(seed=1), rainy(seed=2))
    [alone] = songs(runner, rainy(seed=2))
    assert difference(second, alone) < 1e-4
    assert difference(first, second) > 1e-3


@every_quick_family
def test_another_prompt_makes_another_song(tiny_runner, family):
    one, other = songs(tiny_runner(family), rainy(), rainy(genre="drum and bass"))
    assert difference(one, other) > 1e-5


@every_quick_family
def test_requests_of_all_kinds_come_back_in_their_order(tiny_runner, family):
    runner = tiny_runner(family)
    requests = [rainy(3, 2.1), rainy(4, 1.5), rainy(5, 1.8), rainy(6, 500), rainy(7, 1.9)]
    made = runner.generate(requests, lambda part: None, lambda: False)
    assert isinstance(made[3], UnfitRequest)
    assert "500" in str(made[3])
    assert [song.used["seed"] for song in made if isinstance(song, Song)] == [3, 4, 5, 7]
    assert [song.audio.duration for song in made if isinstance(song, Song)] == pytest.approx(
        [2.1, 1.5, 1.8, 1.9]
    )


@every_quick_family
def test_progress_grows_to_one_over_all_batches(tiny_runner, family):
    parts: list[float] = []
    tiny_runner(family).generate([rainy(1), rainy(2, 2.5)], parts.append, lambda: False)
    assert len(parts) > 10
    assert parts == sorted(parts)
    assert parts[-1] == 1


def test_a_step_counts_once_it_is_done():
    from generation.diffusion.pipelines import after_each_step

    steps: list[int] = []
    callback, tensors = after_each_step(steps.append), {}
    assert all(callback(None, step, None, tensors) is tensors for step in (0, 1, 7))
    assert steps == [1, 2, 8]


@every_quick_family
def test_what_is_not_wanted_any_more_stops_at_the_next_step(tiny_runner, family):
    parts: list[float] = []
    with pytest.raises(Interrupted):
        tiny_runner(family).generate([rainy()], parts.append, lambda: len(parts) >= 3)
    assert len(parts) == 3
    songs(tiny_runner(family), rainy())


@every_quick_family
def test_what_does_not_fit_into_memory_is_made_in_smaller_batches(tiny_runner, family, monkeypatch):
    import torch

    runner = tiny_runner(family)
    make, sizes = runner.make, []

    def make_at_most_two(requests, on_step):
        sizes.append(len(requests))
        made = make(requests, on_step)
        if len(requests) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")
        return made

    monkeypatch.setattr(runner, "make", make_at_most_two)
    parts: list[float] = []
    made = runner.generate([rainy(seed) for seed in range(4)], parts.append, lambda: False)
    assert sizes == [4, 2, 2]
    assert [song.used["seed"] for song in made] == [0, 1, 2, 3]
    assert parts == sorted(parts)


def test_a_song_that_does_not_fit_alone_does_not_take_others_with_it(tiny_runner, monkeypatch):
    import torch

    runner = tiny_runner("musicgen")
    make = runner.make

    def make_short_ones(requests, on_step):
        if requests[0].duration > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")
        return make(requests, on_step)

    monkeypatch.setattr(runner, "make", make_short_ones)
    long, short = runner.generate([rainy(1, 3), rainy(2)], lambda part: None, lambda: False)
    assert isinstance(long, OutOfMemory)
    assert "3 seconds" in str(long)
    assert isinstance(short, Song)
    with pytest.raises(OutOfMemory):
        runner.generate_one(rainy(1, 3), lambda part: None, lambda: False)


def test_ace_step_is_told_tempo_key_and_lyrics_in_their_fields(tiny_runner):
    runner = tiny_runner("ace_step")
    [song] = songs(runner, rainy(bpm=82.4, key="D minor", lyrics="Verse 1:\nit is the rain", tags=("warm",)))
    assert song.used["caption"] == "rainy night, warm"
    assert song.used["bpm"] == 82
    assert song.used["key"] == "D minor"
    assert song.used["lyrics"] == "[Verse 1]\nit is the rain"
    assert song.used["language"] == "en"


def test_stable_audio_is_told_tempo_and_key_in_its_caption(tiny_runner):
    given, other = songs(
        tiny_runner("stable_audio"), rainy(bpm=92, key="D minor"), rainy(bpm=92, key="E minor")
    )
    assert given.used["caption"] == "rainy night, 92 BPM, D minor"
    assert difference(given, other) > 1e-5


@pytest.mark.parametrize("changed", [{"bpm": 90}, {"key": "E minor"}, {"lyrics": "la la"}])
def test_what_ace_step_is_told_changes_the_song(tiny_runner, changed):
    plain, given = songs(tiny_runner("ace_step"), rainy(), rainy(**changed))
    assert difference(plain, given) > 1e-5


def test_a_long_prompt_does_not_push_tempo_and_key_out_of_what_ace_step_reads(tiny_runner):
    runner = tiny_runner("ace_step")
    fields = {"bpm": 82, "key": "D minor"}
    [cut] = songs(runner, SongRequest("rain " * 300, 1.3, 1, **fields))
    [other_key] = songs(runner, SongRequest("rain " * 300, 1.3, 1, bpm=82, key="C major"))
    assert 0 < len(cut.used["caption"]) < 256
    assert difference(cut, other_key) > 1e-5


def test_lyrics_that_ace_step_cannot_read_to_the_end_are_refused(tiny_runner):
    with pytest.raises(UnfitRequest, match="too long"):
        tiny_runner("ace_step").generate_one(rainy(lyrics="la " * 2000), lambda part: None, lambda: False)


@pytest.mark.parametrize("family", ["musicgen", "stable_audio"])
def test_a_long_prompt_is_cut_to_what_is_read(tiny_runner, family):
    [song] = songs(tiny_runner(family), SongRequest("rain " * 300, 1.3, 1))
    assert "rain" in song.used["caption"]
    assert len(song.used["caption"]) <= 256


@every_quick_family
def test_a_model_runs_in_the_precision_of_a_gpu(tiny_cache, tiny_runner, family, monkeypatch):
    import torch

    [precise] = songs(tiny_runner(family), rainy())
    for module in ("models.musicgen", "models.minimax_music", "pipelines"):
        monkeypatch.setattr(f"generation.diffusion.{module}.model_dtype", lambda device: torch.bfloat16)
    coarse = load(TINY_MODELS[family], cache_dir=tiny_cache, device="cpu")
    [song] = songs(coarse, rainy())
    likeness = np.corrcoef(precise.audio.samples[0], song.audio.samples[0])[0, 1]
    assert likeness > 0.9
    assert difference(precise, song) > 0


def test_a_model_that_was_never_downloaded_is_said_to_be_so(tmp_path):
    with pytest.raises(NotDownloaded, match="ACE-Step"):
        load(TINY_MODELS["ace_step"], cache_dir=tmp_path, device="cpu")


def test_a_gpu_that_is_not_there_is_said_to_be_missing(tiny_cache):
    with pytest.raises(ModelUnavailable, match="cuda:99"):
        load(TINY_MODELS["musicgen"], cache_dir=tiny_cache, device="cuda:99")


def test_a_batch_may_be_smaller_than_the_model_allows(tiny_cache, monkeypatch):
    runner = load(TINY_MODELS["musicgen"], cache_dir=tiny_cache, device="cpu", max_batch=2)
    make, sizes = runner.make, []

    def make_counted(requests, on_step):
        sizes.append(len(requests))
        return make(requests, on_step)

    monkeypatch.setattr(runner, "make", make_counted)
    songs(runner, *(rainy(seed) for seed in range(3)))
    assert sizes == [2, 1]
