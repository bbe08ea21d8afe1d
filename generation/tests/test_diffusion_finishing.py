"""From samples to the file that travels."""

from io import BytesIO

import numpy as np
import pytest
import soundfile

from generation.audio.loudness import integrated_loudness, true_peak
from generation.audio.types import Audio
from generation.diffusion.finishing import finish
from generation.tests.audio_signals import beat, silence
from generation.tests.composed import composed


def opened(flac: bytes) -> Audio:
    samples, rate = soundfile.read(BytesIO(flac), dtype="float32", always_2d=True)
    return Audio(np.ascontiguousarray(samples.T), rate)


def test_a_song_leaves_at_the_usual_loudness_as_flac_of_24_bits():
    made = beat(8.0, 44_100)
    finished = finish(made)
    assert soundfile.info(BytesIO(finished.flac)).subtype == "PCM_24"
    heard = opened(finished.flac)
    assert (heard.channels, heard.frames, heard.sample_rate) == (2, made.frames, 44_100)
    assert finished.duration == 8.0
    assert finished.sample_rate == 44_100
    assert integrated_loudness(heard) == pytest.approx(-14, abs=0.3)
    assert true_peak(heard) <= -1
    assert finished.loudness == pytest.approx(integrated_loudness(heard), abs=0.01)
    assert finished.true_peak == pytest.approx(true_peak(heard), abs=0.01)


def test_tempo_and_key_are_those_of_the_music():
    finished = finish(composed("rock", bpm=131.7, key="E minor", seed=4))
    assert finished.bpm == pytest.approx(131.7, rel=0.005)
    assert finished.key == "E minor"


def test_music_without_tempo_and_key_has_none():
    finished = finish(silence(5.0))
    assert (finished.bpm, finished.key) == (None, None)


def test_numbers_that_are_no_sound_are_refused():
    samples = beat(1.0).samples.copy()
    samples[0, 100] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        finish(Audio(samples, 48_000))
