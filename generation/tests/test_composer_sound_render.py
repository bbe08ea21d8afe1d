from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from generation.audio.types import Samples
from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.score import Part
from generation.composer.sound.render import Channel, render
from generation.composer.sources import drums, pitched, sampler
from generation.composer.sources.player import ToneShelf
from generation.composer.sources.registry import device
from generation.composer.writing.compose import compose
from generation.tests.sound import CASTS, RATE, largest_jump, lufs, small_score, tone


def whole(chunks: Iterable[Samples]) -> Samples:
    return np.concatenate(list(chunks), axis=1)


def test_chunks_add_up_to_the_duration_and_keep_to_the_hop():
    score = replace(small_score(), duration=7.0123, tail=2.0123)
    chunks = list(render(score))
    assert sum(chunk.shape[1] for chunk in chunks) == round(7.0123 * RATE)
    assert chunks[0].shape == (2, RATE // 2)
    assert all(chunk.shape[1] % 240 == 0 for chunk in chunks[:-1])
    assert all(2 * RATE <= chunk.shape[1] <= 3 * RATE for chunk in chunks[1:-1])
    assert {chunk.dtype for chunk in chunks} == {np.dtype(np.float32)}


def test_another_rate_gives_as_many_frames_as_it_should():
    assert whole(render(small_score("ambient"), sample_rate=44_100)).shape == (2, 7 * 44_100)


@pytest.mark.parametrize("genre", sorted(CASTS))
def test_the_size_of_chunks_and_blocks_cannot_be_heard(genre):
    score = small_score(genre)
    usual = whole(render(score))
    assert np.array_equal(usual, whole(render(score, chunk_seconds=1.0)))
    finer = whole(render(score, block_seconds=0.2))
    assert np.abs(usual - finer).max() < 2e-3 * np.abs(usual).max()
    # The measure must notice a difference that one would hear: another seed's noise, a later start.
    assert np.abs(usual - np.roll(usual, 24, axis=1)).max() > 2e-2 * np.abs(usual).max()


def test_chunk_borders_do_not_click():
    chunks = list(render(small_score("ambient")))
    music = whole(chunks)
    borders = np.cumsum([chunk.shape[1] for chunk in chunks])[:-1]
    assert max(largest_jump(music, border) for border in borders) < 3
    broken = music.copy()
    broken[:, borders[0] :] = np.roll(music, -400, axis=1)[:, borders[0] :]
    assert largest_jump(broken, borders[0]) > 3


def test_the_same_score_gives_the_same_samples_and_another_does_not():
    score = small_score("rock")
    assert np.array_equal(whole(render(score)), whole(render(score)))
    assert not np.array_equal(whole(render(score)), whole(render(small_score("rock", bpm=97.0))))


@pytest.mark.parametrize("genre", ["house", "rock"])
def test_what_was_played_before_changes_no_bit(genre, monkeypatch):
    score = small_score(genre)
    warm = whole(render(score, block_seconds=0.2))
    again = whole(render(score))
    for module in (drums, pitched, sampler):
        monkeypatch.setattr(module, "SHELF", ToneShelf())
    assert np.array_equal(again, whole(render(score)))
    assert not np.array_equal(again, warm)


def test_the_end_rings_out_into_silence():
    music = whole(render(small_score("ambient")))
    levels = [np.sqrt(np.mean(part**2)) for part in np.array_split(music[:, -2 * RATE :], 8, axis=1)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 30 * levels[-1]
    assert np.abs(music[:, -24:]).max() < 1e-5


def test_rendering_may_stop_between_chunks():
    chunks = render(small_score())
    first = next(chunks)
    chunks.close()
    assert first.any()
    assert next(chunks, None) is None


def test_a_part_without_notes_is_silence_and_no_trouble():
    score = small_score("ambient")
    silent = replace(score, parts=(*score.parts, Part("choir", "choir", ())))
    assert np.array_equal(whole(render(silent)), whole(render(score)))


def test_an_unknown_instrument_is_named():
    score = replace(small_score(), parts=(Part("lead", "kazoo", ()),))
    with pytest.raises(ValueError, match="kazoo"):
        next(render(score))


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_genre_comes_out_at_a_level_for_mastering(genre):
    music = whole(render(compose(read_prompt(genre, duration=14.0, seed=5, genre=genre))))
    assert -20 < lufs(music) < -12
    assert np.abs(music).max() < 1.4
    assert np.abs(music.mean(axis=1)).max() < 1e-3
    assert np.isfinite(music).all()


def test_an_amplifier_rings_out_before_it_rests():
    class Cut:
        """A tone that breaks off at the end of the first block."""

        left = [tone(110)[:1, :24_000]]

        def pull(self, frames):
            return self.left.pop() if self.left else None

    part = Part("guitar_left", "distorted_guitar", ())
    channel = Channel(part, Cut(), lambda block: block, RATE)
    amplifier = device("distorted_guitar", RATE)
    expected = [amplifier(block) for block in (Cut.left[0], *[np.zeros((1, 24_000), np.float32)] * 4)]
    blocks = [channel.play(24_000) for _ in range(5)]
    assert np.abs(expected[1]).max() > 1e-3
    assert all(np.array_equal(blocks[index], expected[index]) for index in (0, 1))
    assert blocks[-1] is None
    assert np.abs(expected[-1]).max() < 1e-4


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_piece_too_short_for_a_bar_is_its_last_chord(genre):
    score = compose(read_prompt("", duration=5, seed=1, genre=genre, bpm=30, time_signature="4/4"))
    assert score.sections == ()
    sound = np.concatenate(list(render(score, sample_rate=RATE)), axis=1)
    assert sound.shape == (2, 5 * RATE)
    assert np.abs(sound).max() > 0.01
