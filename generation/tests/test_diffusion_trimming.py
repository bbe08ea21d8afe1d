"""From what a model put out to a song of the length that was asked for."""

import numpy as np
import pytest

from generation.diffusion.errors import UnsoundSong
from generation.diffusion.trimming import trimmed
from generation.tests.audio_signals import beat, noise

RATE = 32_000


def music(seconds: float, channels: int = 2):
    return noise(seconds, 0.2, channels, RATE).samples


def level(samples, seconds: float) -> float:
    return float(np.abs(samples[:, -round(seconds * RATE) :]).max())


def test_the_song_is_exactly_as_long_as_asked():
    audio = trimmed(music(3), RATE, 2.34567)
    assert audio.samples.shape == (2, round(2.34567 * RATE))
    assert audio.sample_rate == RATE


def test_one_channel_becomes_two_equal_ones():
    audio = trimmed(music(3, channels=1), RATE, 3)
    assert np.array_equal(audio.samples[0], audio.samples[1])


def test_what_ends_abruptly_is_faded_out():
    made = music(10)
    audio = trimmed(made, RATE, 9)
    assert level(audio.samples, 0.005) < 0.01
    assert np.array_equal(audio.samples[:, : 8 * RATE], made[:, : 8 * RATE])


def test_what_has_ended_by_itself_is_left_alone():
    made = music(10)
    made[:, 8 * RATE :] *= 1e-4
    assert np.array_equal(trimmed(made, RATE, 9).samples, made[:, : 9 * RATE])


def test_what_the_model_made_is_not_changed_in_place():
    made = music(3)
    before = made.copy()
    trimmed(made, RATE, 2)
    assert np.array_equal(made, before)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_no_sound_are_refused(number):
    made = beat(3, RATE).samples.copy()
    made[0, 1000] = number
    with pytest.raises(UnsoundSong, match="no sound"):
        trimmed(made, RATE, 2)


def test_silence_is_refused():
    with pytest.raises(UnsoundSong, match="silence"):
        trimmed(music(3) * np.float32(1e-5), RATE, 2)


def test_too_few_samples_are_refused():
    with pytest.raises(UnsoundSong, match=r"1\.00 seconds of the 2"):
        trimmed(music(1), RATE, 2)


def test_exactly_enough_is_enough():
    made = music(2)
    assert trimmed(made, RATE, 2).frames == made.shape[1]


def test_of_more_channels_the_first_two_are_kept():
    made = np.concatenate([music(3), music(3)])
    assert np.array_equal(trimmed(made, RATE, 2).samples[:, :RATE], made[:2, :RATE])


@pytest.mark.parametrize(("duration", "fade"), [(9.0, 0.9), (30.0, 2.0)])
def test_a_fade_is_a_tenth_of_the_song_and_two_seconds_at_most(duration, fade):
    made = music(duration)
    changed = np.flatnonzero((trimmed(made, RATE, duration).samples != made).any(axis=0))
    assert changed[0] / RATE == pytest.approx(duration - fade, abs=0.05)
