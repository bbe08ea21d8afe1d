import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.audio.peaks import Peaks, compute_peaks
from generation.audio.types import Audio
from generation.tests.audio_signals import beat, silence, sine


def pairs(peaks):
    return np.frombuffer(peaks.data, np.int8).reshape(-1, 2)


def test_each_pixel_is_the_lowest_and_highest_of_its_frames():
    audio = Audio(np.array([[0.5, -0.25, 0.0, 0.125, 1.0]], np.float32), 48000)
    peaks = compute_peaks(audio, pixels=3)
    assert peaks.samples_per_pixel == 2
    assert pairs(peaks).tolist() == [[-32, 64], [0, 16], [127, 127]]


def test_channels_are_mixed():
    audio = Audio(np.array([[0.5, 0.5], [-0.5, 0.25]], np.float32), 48000)
    assert pairs(compute_peaks(audio, 2)).tolist() == [[0, 0], [48, 48]]


def test_a_full_sine_fills_the_picture_and_silence_does_not():
    assert pairs(compute_peaks(sine(440, 2), 500)).tolist() == [[-128, 127]] * 500
    assert not pairs(compute_peaks(silence(2), 500)).any()


@given(st.integers(0, 5000), st.integers(1, 2000))
def test_every_frame_has_its_pixel_and_no_pixel_is_beyond_the_end(frames, pixels):
    peaks = compute_peaks(silence(frames / 48000), pixels)
    length = len(peaks.data) // 2
    assert length <= pixels
    assert (length - 1) * peaks.samples_per_pixel < frames or frames == length == 0
    assert length * peaks.samples_per_pixel >= frames


def test_a_picture_of_a_long_piece_does_not_depend_on_the_blocks():
    audio = beat(5)
    peaks = compute_peaks(audio, 1000)
    mono = audio.samples.mean(axis=0).reshape(1000, 240)
    expected = np.stack([mono.min(axis=1), mono.max(axis=1)], axis=1) * 128
    assert np.abs(pairs(peaks) - np.clip(expected, -128, 127)).max() <= 0.5


def test_the_json_is_the_audiowaveform_format():
    peaks = Peaks(256, np.array([-128, 127, 0, 5], np.int8).tobytes())
    assert json.loads(json.dumps(peaks.as_json(48000))) == {
        "version": 2,
        "channels": 1,
        "sample_rate": 48000,
        "samples_per_pixel": 256,
        "bits": 8,
        "length": 2,
        "data": [-128, 127, 0, 5],
    }


def test_no_pixels_are_refused():
    with pytest.raises(ValueError, match="not 0"):
        compute_peaks(silence(1), 0)
