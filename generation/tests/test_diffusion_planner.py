"""Songs that are planned first, by the planner in small."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from generation.diffusion.errors import Interrupted, ModelUnavailable
from generation.diffusion.loading import load
from generation.diffusion.plan_text import CHOICES, Plan
from generation.diffusion.prompts import ace_step_words
from generation.diffusion.runner import Runner
from generation.diffusion.songs import Song, SongRequest
from generation.tests.tiny_models import COMMIT, TINY_ACE_STEP, download_tiny
from generation.tests.tiny_planner import CODEBOOK, download_tiny_planner

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    cache_dir = tmp_path_factory.mktemp("planned")
    download_tiny(TINY_ACE_STEP, cache_dir)
    download_tiny_planner(cache_dir)
    return cache_dir


@pytest.fixture(scope="module")
def runner(cache) -> Iterator[Runner]:
    import torch

    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patched:
        # Random weights come to no end by themselves.
        patched.setattr("generation.diffusion.planner.CAPTION_TOKENS", 8)
        yield load(TINY_ACE_STEP, cache_dir=cache, device="cpu", planner=True)


def rainy(seed: int = 1, duration: float = 1.0, **fields) -> SongRequest:
    return SongRequest("rainy night", duration, seed, **fields)


def plans(runner, *seeds: int, seconds: int = 2, on_token=lambda part: None, **fields) -> list[Plan]:
    words = ace_step_words(rainy(duration=seconds, **fields))
    made: list[Plan] = runner._planner.plan(words, seconds, seeds, on_token)
    return made


def songs(runner, *requests: SongRequest) -> list[Song]:
    made = runner.generate(requests, lambda part: None, lambda: False)
    assert all(isinstance(song, Song) for song in made), made
    return made


@pytest.mark.parametrize("seconds", [1, 3, 7])
def test_there_are_five_codes_a_second_all_of_the_codebook(runner, seconds):
    for plan in plans(runner, 1, 2, seconds=seconds):
        assert len(plan.audio_codes) == 5 * seconds
        assert set(plan.audio_codes) <= set(range(CODEBOOK))


def test_all_codes_of_the_codebook_may_be_written_and_none_beside_it(runner):
    written = {code for plan in plans(runner, *range(4), seconds=30) for code in plan.audio_codes}
    assert len(written) > CODEBOOK / 2
    assert max(written) < CODEBOOK


def test_what_was_not_asked_is_chosen_from_what_the_form_allows(runner):
    [plan] = plans(runner, 1, instrumental=False)
    assert str(plan.bpm) in CHOICES["bpm"]
    assert re.fullmatch(r"[A-G][#b]? (major|minor)", plan.key or "")
    assert plan.language in CHOICES["language"]
    assert plan.time_signature in CHOICES["timesignature"]
    assert plan.caption
    assert f"{plan.bpm} BPM" in plan.reasons[0]


@pytest.mark.parametrize(("written", "kept"), [("A calm piano.", "A calm piano."), ("", "rainy night")])
def test_its_own_caption_stands_in_the_thought_where_it_writes_one(runner, monkeypatch, written, kept):
    monkeypatch.setattr(runner._planner, "_caption", lambda *_: written)
    words = ace_step_words(rainy(instrumental=True))
    assert runner._planner._fields(words, 1, lambda: None)["caption"] == kept


def test_what_was_asked_is_kept(runner):
    [plan] = plans(runner, 1, bpm=77, key="D minor", lyrics="it is the rain")
    assert (plan.bpm, plan.key, plan.lyrics, plan.language) == (77, "D minor", "it is the rain", "en")
    assert not re.search("BPM|minor", plan.reasons[0])


def test_the_same_seed_writes_the_same_codes_alone_and_beside_others(runner):
    first, second, third = plans(runner, 1, 2, 3)
    assert plans(runner, 2) == [second]
    assert plans(runner, 3, 1) == [third, first]
    assert len({plan.audio_codes for plan in (first, second, third)}) == 3


def test_what_is_chosen_depends_on_what_is_asked_and_not_on_the_seed(runner):
    first, second = plans(runner, 1, 2)
    others = [plans(runner, 1, tags=(tag,))[0] for tag in ("warm", "cold", "loud")]
    assert (first.bpm, first.key, first.caption) == (second.bpm, second.key, second.caption)
    assert len({(plan.bpm, plan.key) for plan in (first, *others)}) > 1


def test_guidance_changes_the_codes(runner, monkeypatch):
    [guided] = plans(runner, 1, seconds=5)
    monkeypatch.setattr("generation.diffusion.planner.GUIDANCE", 1.0)
    [free] = plans(runner, 1, seconds=5)
    assert guided.audio_codes != free.audio_codes
    assert guided.bpm == free.bpm


def test_the_words_are_read(runner):
    [one], [other] = plans(runner, 1, seconds=5, bpm=80), plans(runner, 1, seconds=5, bpm=180)
    assert one.audio_codes != other.audio_codes


def test_it_is_asked_before_every_token_whether_to_go_on(runner):
    parts: list[float] = []
    plans(runner, 1, 2, seconds=3, on_token=parts.append)
    assert parts[-15:] == [place / 15 for place in range(15)]
    assert len(parts) > 15 + 8  # the caption alone has eight

    def stop_at(part: float) -> None:
        if part >= 0.5:
            raise Interrupted("enough")

    with pytest.raises(Interrupted):
        plans(runner, 1, on_token=stop_at)


def test_memory_for_one_song_alone_is_enough_for_one_song(runner, monkeypatch):
    import torch

    planner = runner._planner
    written, sizes = planner._written_together, []

    def written_of_few(said, count, seeds, on_token):
        sizes.append(len(seeds))
        if len(seeds) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")
        return written(said, count, seeds, on_token)

    monkeypatch.setattr(planner, "_written_together", written_of_few)
    assert len(plans(runner, 1, 2)) == 2
    assert sizes == [TINY_ACE_STEP.max_batch, 2]
    with pytest.raises(torch.OutOfMemoryError):
        plans(runner, 1, 2, 3)


def test_a_planned_song_says_what_was_chosen_and_of_which_weights_it_is(runner):
    [song] = songs(runner, rainy(duration=1.5, bpm=90))
    assert song.audio.samples.shape == (2, 72_000)
    assert song.used["bpm"] == 90
    assert song.used["reasons"][0].startswith("The planner chose")
    assert song.used["key"] in song.used["reasons"][0]
    assert runner.revision == "+".join([COMMIT] * 3)


def test_the_songs_of_one_order_are_made_at_once_and_sound_as_they_would_alone(runner, monkeypatch):
    make, sizes = runner.make, []

    def make_counted(requests, on_step):
        sizes.append(len(requests))
        return make(requests, on_step)

    monkeypatch.setattr(runner, "make", make_counted)
    first, second, _ = songs(runner, rainy(1), rainy(2), rainy(2, tags=("warm",)))
    assert sizes == [2, 1]
    [alone] = songs(runner, rainy(2))
    assert np.abs(second.audio.samples - alone.audio.samples).max() < 1e-4
    assert np.abs(first.audio.samples - alone.audio.samples).max() > 1e-3


def test_the_codes_are_heard(runner, cache, monkeypatch):
    [song] = songs(runner, rainy())
    monkeypatch.setattr("generation.diffusion.planner.GUIDANCE", 5.0)
    [other] = songs(runner, rainy())
    assert song.used == other.used
    assert np.abs(song.audio.samples - other.audio.samples).max() > 1e-4


def test_progress_counts_the_codes_and_goes_to_one(runner):
    parts: list[float] = []
    runner.generate([rainy(1, 2.0)], parts.append, lambda: False)
    assert parts == sorted(parts)
    assert sum(part < 0.75 for part in parts) == 9
    assert parts[-1] == 1


def test_switched_off_or_not_downloaded_songs_are_made_as_before(cache, tmp_path, caplog):
    plain = load(TINY_ACE_STEP, cache_dir=cache, device="cpu")
    download_tiny(TINY_ACE_STEP, tmp_path)
    assert not caplog.records
    without = load(TINY_ACE_STEP, cache_dir=tmp_path, device="cpu", planner=True)
    assert "without a plan" in caplog.text
    [one], [other] = songs(plain, rainy()), songs(without, rainy())
    assert plain.revision == without.revision == COMMIT
    assert one.used == other.used
    assert "reasons" not in one.used
    assert (one.audio.samples == other.audio.samples).all()


def test_it_runs_in_the_precision_of_a_gpu(cache, runner, monkeypatch):
    import torch

    for module in ("planner", "pipelines", "models.ace_step"):
        monkeypatch.setattr(f"generation.diffusion.{module}.model_dtype", lambda device: torch.bfloat16)
    coarse = load(TINY_ACE_STEP, cache_dir=cache, device="cpu", planner=True)
    [song] = songs(coarse, rainy())
    assert len(plans(coarse, 1)[0].audio_codes) == 10
    assert song.used["reasons"]


def test_a_model_of_other_codes_is_none(cache):
    from generation.diffusion.planner import Planner

    [folder] = cache.glob("models--ACE-Step--acestep-5Hz*/snapshots/*")
    with pytest.raises(ModelUnavailable, match=r"audio_code_20"):
        Planner.load(folder, device="cpu", later="cpu", codebook=64, songs=2)
