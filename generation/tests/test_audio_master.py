import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from generation.audio import master as module
from generation.audio.loudness import SILENCE, integrated_loudness, true_peak
from generation.audio.master import master
from generation.audio.oversampling import HOP
from generation.audio.recursion import Recursion
from generation.audio.types import Audio
from generation.tests.audio_signals import beat, noise, silence, sine
from generation.tests.counting import lines_of


def loud_noise(seconds, sample_rate):
    return noise(seconds, 0.5, 1, sample_rate)


def hum(seconds, sample_rate):
    return sine(120, seconds, 0.7, sample_rate)


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("make", [beat, loud_noise, hum])
@pytest.mark.parametrize("target", [-23.0, -14.0])
def test_it_comes_out_at_the_loudness_and_under_the_ceiling(make, sample_rate, target):
    audio = make(3, sample_rate=sample_rate)
    assert abs(integrated_loudness(audio) - target) > 0.3
    mastered = master(audio, loudness=target)
    assert integrated_loudness(mastered) == pytest.approx(target, abs=0.3)
    assert true_peak(mastered) <= -1.0
    assert mastered.samples.shape == audio.samples.shape
    assert mastered.samples.dtype == np.float32


def test_gain_alone_would_have_broken_the_ceiling():
    audio = beat(3)
    needed = -14 - integrated_loudness(audio)
    assert true_peak(Audio(audio.samples * np.float32(10 ** (needed / 20)), 48000)) > 1


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 30000),
    st.integers(1, 2),
    st.floats(-90, 60),
    st.floats(-30, -5),
    st.floats(-6, 0),
    st.integers(0, 2**32 - 1),
)
def test_the_true_peak_never_passes_the_ceiling(frames, channels, level, loudness, ceiling, seed):
    rng = np.random.default_rng(seed)
    bursts = rng.normal(0, 1, (channels, frames)) ** 5 * 10 ** (level / 20)
    mastered = master(Audio(bursts.astype(np.float32), 48000), loudness, ceiling)
    assert true_peak(mastered) <= ceiling
    assert mastered.frames == frames


def test_quiet_music_is_raised_and_nothing_but_raised():
    audio = Audio(noise(3).samples * np.float32(0.01), 48000)
    mastered = master(audio)
    centred = audio.samples - audio.samples.mean(axis=1, keepdims=True)
    gains = mastered.samples[np.abs(centred) > 1e-4] / centred[np.abs(centred) > 1e-4]
    assert np.ptp(gains) / gains.mean() < 1e-3


def test_a_piece_of_lone_clicks_is_left_quieter_than_asked():
    clicks = silence(3, channels=1)
    clicks.samples[0, ::24000] = 1.0
    mastered = master(clicks)
    assert integrated_loudness(mastered) < -20
    assert true_peak(mastered) <= -1.0


def test_the_offset_is_removed():
    audio = beat(3)
    shifted = Audio(audio.samples + np.float32(0.2), 48000)
    mastered = master(shifted)
    assert np.abs(shifted.samples.mean(axis=1)).min() > 0.1
    assert np.abs(mastered.samples.mean(axis=1)).max() < 1e-3
    assert integrated_loudness(mastered) == pytest.approx(-14, abs=0.3)


@pytest.mark.parametrize(
    "audio", [silence(2), silence(0), Audio(np.full((2, 96000), 0.3, np.float32), 48000)]
)
def test_silence_stays_silence(audio):
    mastered = master(audio)
    assert mastered.frames == audio.frames
    assert integrated_loudness(mastered) == SILENCE
    assert np.abs(mastered.samples).max(initial=0) < 1e-6


def test_both_channels_get_the_same_gain():
    left = beat(2).samples[:1]
    mastered = master(Audio(np.concatenate([left, left * np.float32(0.5)]), 48000)).samples
    assert np.abs(mastered[0] * 0.5 - mastered[1]).max() < 1e-5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(value):
    audio = noise(1)
    audio.samples[0, 12000] = value
    with pytest.raises(ValueError, match=r"not a number, 0\.250 s in"):
        master(audio)


def test_the_input_is_left_as_it_was():
    audio = beat(1)
    before = audio.samples.copy()
    master(audio)
    assert np.array_equal(audio.samples, before)


def test_the_same_input_gives_the_same_samples():
    assert np.array_equal(master(beat(2)).samples, master(beat(2)).samples)


def test_memory_is_two_copies_at_most():
    audio = beat(30)
    master(beat(1))
    tracemalloc.start()
    master(audio)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * audio.samples.nbytes


def test_no_step_of_it_is_python_for_each_hop_of_frames():
    audio = beat(20)
    master(beat(1))
    assert lines_of(lambda: master(audio)) < audio.frames / HOP


def test_it_goes_through_the_music_a_few_times(monkeypatch):
    audio = beat(20)
    seen = Counter()

    def counted(owner, name):
        function = getattr(owner, name)

        def count(*arguments):
            seen[name] += arguments[-1].shape[-1]
            return function(*arguments)

        monkeypatch.setattr(owner, name, count)

    counted(Recursion, "__call__")
    counted(module, "true_peak_envelope")
    master(audio)
    assert seen["__call__"] <= 3 * audio.frames
    assert seen["true_peak_envelope"] <= 2 * audio.frames


def test_a_forecast_that_was_wrong_is_put_right(monkeypatch):
    forecast = module._Forecast.loudness
    monkeypatch.setattr(module._Forecast, "loudness", lambda self, drive: forecast(self, drive) + 1.0)
    assert integrated_loudness(master(beat(3))) == pytest.approx(-14, abs=0.3)


def test_hiss_between_lone_clicks_is_not_pulled_up_for_ever():
    hiss = noise(3, 0.0005, channels=1)
    clicks = Audio(hiss.samples.copy(), 48000)
    clicks.samples[0, ::24000] = 1.0
    between = slice(12000, 23000)
    raised = master(clicks).samples[0, between].std() / hiss.samples[0, between].std()
    assert 1 < raised < 10


def test_hiss_below_the_gate_is_not_made_music():
    hiss = noise(2, 2e-5)
    assert np.abs(master(hiss).samples - hiss.samples).max() < 1e-6


@pytest.mark.parametrize("make", [beat, loud_noise])
def test_a_meter_of_sixteen_times_the_rate_finds_no_higher_peak(make):
    mastered = master(make(3, sample_rate=48000), loudness=-12.0)
    finer = resample_poly(mastered.samples, 16, 1, axis=1)
    assert np.abs(finer).max() > 10 ** (-2 / 20)
    assert np.abs(finer).max() <= 10 ** (-0.98 / 20)
