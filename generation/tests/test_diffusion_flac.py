"""From samples to the file that travels."""

from io import BytesIO

import numpy as np
import pytest
import soundfile

from generation.audio.types import Audio
from generation.diffusion.flac import LOUDEST, encode_flac
from generation.tests.audio_signals import beat, silence


def opened(flac: bytes) -> Audio:
    samples, rate = soundfile.read(BytesIO(flac), dtype="float32", always_2d=True)
    return Audio(np.ascontiguousarray(samples.T), rate)


def test_a_song_travels_as_it_left_the_model_in_24_bits():
    made = beat(2.0, 44_100)
    flac = encode_flac(made)
    assert soundfile.info(BytesIO(flac)).subtype == "PCM_24"
    heard = opened(flac)
    assert (heard.channels, heard.frames, heard.sample_rate) == (2, made.frames, 44_100)
    assert np.abs(heard.samples - made.samples).max() < 2**-22


def test_what_is_too_loud_is_made_quieter_and_not_cut_off():
    made = beat(2.0)
    loud = Audio(made.samples * np.float32(3 / np.abs(made.samples).max()), made.sample_rate)
    heard = opened(encode_flac(loud)).samples
    assert np.abs(heard).max() == pytest.approx(LOUDEST, abs=1e-6)
    assert np.abs(heard * (3 / LOUDEST) - loud.samples).max() < 1e-5


def test_silence_stays_silence():
    assert not opened(encode_flac(silence(0.5))).samples.any()


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_no_sound_are_refused(number):
    samples = beat(0.5).samples.copy()
    samples[0, 100] = number
    with pytest.raises(ValueError, match="not a number"):
        encode_flac(Audio(samples, 48_000))
