from functools import cache

import numpy as np
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.shade import PLAIN, Shade, blended
from generation.composer.sound.mix_table import load_mix
from generation.composer.sound.render import render
from generation.composer.sound.shading import shaded
from generation.composer.writing.compose import compose

RATE = 24_000
SECONDS = 10


def brief(prompt, genre="jazz"):
    return read_prompt(prompt, duration=SECONDS, seed=3, genre=genre)


@cache
def sound(prompt, genre="jazz"):
    """What the words sound like, by the notes of a prompt without them."""
    score = compose(brief(prompt, genre))
    return np.concatenate(list(render(score, sample_rate=RATE)), axis=1)


def centroid(samples):
    """Hz, of the amplitude spectrum."""
    spectrum = np.abs(np.fft.rfft(samples.mean(axis=0)))
    return float((np.fft.rfftfreq(samples.shape[1], 1 / RATE) * spectrum).sum() / spectrum.sum())


def side(samples):
    """The share of the power that differs between the channels."""
    return float(((samples[0] - samples[1]) ** 2).sum() / (samples**2).sum())


def crest(samples):
    return float(np.abs(samples).max() / samples.std())


def level(samples, start, end):
    count = samples.shape[1]
    return float(samples[:, int(start * count) : int(end * count)].std())


@pytest.mark.parametrize("genre", ["jazz", "house", "lofi"])
def test_words_for_the_highs_move_the_centroid(genre):
    plain = centroid(sound("", genre))
    assert centroid(sound("muffled", genre)) < 0.6 * plain
    assert centroid(sound("tape", genre)) < 0.97 * plain
    assert centroid(sound("crisp", genre)) > 1.05 * plain
    assert centroid(sound("vintage", genre)) < 0.9 * plain


def test_words_for_the_room_move_the_reverb():
    assert side(sound("dry")) < 0.5 * side(sound("")) < 0.5 * side(sound("spacious"))
    assert side(sound("mono")) < 1e-6


def test_drive_rounds_the_peaks_off():
    assert crest(sound("gritty")) < 0.85 * crest(sound(""))


def test_fades():
    assert level(sound("fade out"), 0.9, 1) < 0.5 * level(sound(""), 0.9, 1)
    assert level(sound("fade in"), 0, 0.08) < 0.3 * level(sound(""), 0, 0.08)
    assert np.abs(sound("fade out")[:, -1]).max() == pytest.approx(0, abs=1e-6)


def test_eras_sound_like_themselves():
    assert centroid(sound("1920s")) < centroid(sound("70s")) < centroid(sound("80s"))


def test_the_80s_prefer_what_they_had():
    heard = brief("80s", "house")
    assert "super_saw" in heard.prefers
    roles = {part.role: part.instrument for part in compose(brief("80s", "lofi")).parts}
    assert roles["keys"] == "epiano"
    assert roles["bass"] == "synth_bass"
    assert "gated_kit" in {part.instrument for part in compose(brief("80s", "rock")).parts}


def test_the_70s_prefer_what_they_had():
    assert "wah_guitar" in {part.instrument for part in compose(brief("70s", "funk")).parts}


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_density_changes_who_plays(genre):
    def notes(prompt):
        return sum(
            len(part.notes)
            for seed in (3, 4, 5)
            for part in compose(read_prompt(prompt, duration=40, seed=seed, genre=genre)).parts
        )

    sparse, plain, dense = notes("stripped-down"), notes(""), notes("dense")
    assert sparse < plain <= dense


def test_no_word_no_shade():
    assert brief("rainy night").shade == PLAIN
    mix = load_mix("jazz")
    assert shaded(mix, PLAIN) is mix


def test_a_style_that_is_named_so_gets_no_more_tape():
    assert brief("lo-fi", "lofi").shade == PLAIN
    assert brief("lo-fi", "jazz").shade.wow_cents > 0


def test_what_a_prompt_does_not_want_is_the_opposite():
    assert brief("no reverb").shade.space_db < 0
    assert brief("not too bright").shade == PLAIN
    assert brief("without distortion").shade.clean


def test_words_for_instruments_are_not_words_for_the_sound():
    assert brief("warm pad and a distorted guitar").shade == PLAIN


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_word_at_once_keeps_within_what_the_desk_can_do(genre):
    much = blended([Shade(9, 9, 9, 9, 9, top=500, punch=1, width=2)] * 4)
    mix = shaded(load_mix(genre), much)
    assert mix.high_db <= 9
    assert mix.reverb.seconds <= 4.6
    assert mix.width <= 1.3
    assert all(place.reverb_db is None or place.reverb_db <= 4 for place in mix.roles.values())
