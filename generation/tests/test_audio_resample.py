import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.audio import resample as module
from generation.audio.resample import resample
from generation.tests.audio_signals import noise, silence, sine


@pytest.mark.parametrize("sample_rate", [22050, 32000, 44100, 96000])
def test_a_sine_stays_the_same_sine(sample_rate):
    resampled = resample(sine(997, 2, sample_rate=sample_rate), 48000)
    error = (resampled.samples - sine(997, 2).samples)[:, 1000:-1000]
    assert np.abs(error).max() < 1e-4


def test_what_the_new_rate_cannot_hold_is_removed():
    resampled = resample(sine(30000, 1, sample_rate=96000), 48000)
    assert np.abs(resampled.samples[:, 1000:-1000]).max() < 1e-4


@pytest.mark.parametrize("sample_rate", [32000, 44100, 96000])
def test_blocks_leave_no_seam(sample_rate, monkeypatch):
    audio = noise(1, sample_rate=sample_rate)
    in_one_go = resample(audio, 48000).samples
    monkeypatch.setattr(module, "BLOCK", 1000)
    assert np.abs(resample(audio, 48000).samples - in_one_go).max() < 1e-6


@given(st.integers(0, 500), st.sampled_from([8000, 12345, 22050, 44100, 96000]))
def test_the_length_is_the_duration_at_the_new_rate(frames, sample_rate):
    audio = silence(frames / sample_rate, sample_rate=sample_rate)
    assert resample(audio, 48000).frames == -(-frames * 48000 // sample_rate)


def test_the_same_rate_costs_nothing():
    audio = noise(0.1)
    assert resample(audio, 48000) is audio
