import math
import tracemalloc

import numpy as np
import pyloudnorm
import pytest

from generation.audio import loudness
from generation.audio.loudness import NO_PEAK, SILENCE, integrated_loudness, k_weighting, true_peak
from generation.audio.types import Audio
from generation.tests.audio_signals import beat, noise, silence, sine


def joined(*parts):
    return Audio(np.concatenate([part.samples for part in parts], axis=1), parts[0].sample_rate)


def in_stereo(audio):
    return Audio(np.repeat(audio.samples, 2, axis=0), audio.sample_rate)


def tone(lufs, seconds):
    """EBU Tech 3341's signal: a 1 kHz sine in both channels, its peak in dBFS the number in LUFS."""
    return in_stereo(sine(1000, seconds, 10 ** (lufs / 20)))


def test_the_filters_at_48_khz_are_those_printed_in_the_standard():
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585]
    high_pass = [1, -2, 1, 1, -1.99004745483398, 0.99007225036621]
    assert k_weighting(48000) == pytest.approx(np.array([shelf, high_pass]), abs=1e-8)


@pytest.mark.parametrize("sample_rate", [22050, 32000, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("make", [beat, noise])
def test_it_agrees_with_another_meter(make, channels, sample_rate):
    audio = Audio(make(4, sample_rate=sample_rate).samples[:channels], sample_rate)
    other = pyloudnorm.Meter(sample_rate).integrated_loudness(audio.samples.T.astype(np.float64))
    assert integrated_loudness(audio) == pytest.approx(other, abs=0.1)


@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_ebu_cases_1_and_2_steady_tones(level):
    assert integrated_loudness(tone(level, 5)) == pytest.approx(level, abs=0.1)


def test_ebu_case_3_the_relative_gate_leaves_quiet_parts_out():
    programme = joined(tone(-36, 2.5), tone(-23, 15), tone(-36, 2.5))
    assert integrated_loudness(programme) == pytest.approx(-23, abs=0.1)


def test_ebu_case_4_the_absolute_gate_leaves_silence_out():
    programme = joined(tone(-72, 3), tone(-36, 3), tone(-23, 15), tone(-36, 3), tone(-72, 3))
    assert integrated_loudness(programme) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("gain", [0.5, 0.1])
def test_loudness_follows_gain(gain):
    audio = beat(3)
    quieter = Audio(audio.samples * np.float32(gain), 48000)
    change = integrated_loudness(quieter) - integrated_loudness(audio)
    assert change == pytest.approx(20 * math.log10(gain), abs=0.01)


@pytest.mark.parametrize("audio", [silence(2), silence(0), noise(2, level=1e-5), silence(0.00005)])
def test_silence_is_the_gate_and_not_minus_infinity(audio):
    assert integrated_loudness(audio) == SILENCE


def test_a_sound_shorter_than_a_gating_block_is_one_block():
    assert integrated_loudness(tone(-23, 0.2)) == pytest.approx(-23, abs=0.3)


def test_a_long_silence_after_sound_does_not_count():
    programme = joined(tone(-23, 30), silence(20))
    assert integrated_loudness(programme) == pytest.approx(-23, abs=0.1)


def test_more_than_two_channels_are_refused():
    with pytest.raises(ValueError, match="not 6"):
        integrated_loudness(silence(1, channels=6))


def test_true_peak_finds_what_lies_between_the_samples():
    between = np.sin(np.pi / 2 * np.arange(48000) + np.pi / 4) * np.hanning(48000)
    audio = Audio(between.astype(np.float32)[None], 48000)
    sample_peak = 20 * math.log10(np.abs(audio.samples).max())
    assert sample_peak == pytest.approx(-3.01, abs=0.01)
    assert true_peak(audio) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("frequency", [100, 5000, 12000, 18000])
def test_true_peak_of_a_sine_is_its_amplitude(frequency):
    audio = sine(frequency, 1, 0.5)
    faded = Audio((audio.samples * np.hanning(audio.frames)).astype(np.float32), 48000)
    assert true_peak(faded) == pytest.approx(-6.02, abs=0.05)


@pytest.mark.parametrize("at", [0, 65535, 65536, 99999])
def test_true_peak_looks_everywhere_and_in_every_channel(at):
    audio = silence(100000 / 48000)
    audio.samples[1, at] = -0.5
    assert true_peak(audio) == pytest.approx(-6.02, abs=0.01)


def test_true_peak_is_never_below_the_sample_peak():
    audio = noise(1)
    assert true_peak(audio) >= 20 * math.log10(np.abs(audio.samples).max()) - 1e-5


@pytest.mark.parametrize("audio", [silence(1), silence(0)])
def test_true_peak_of_silence_is_finite(audio):
    assert true_peak(audio) == NO_PEAK


@pytest.mark.parametrize("measure", [integrated_loudness, true_peak])
def test_memory_does_not_grow_with_the_length(measure):
    audio = noise(30)
    measure(beat(1))
    tracemalloc.start()
    measure(audio)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < audio.samples.nbytes / 2


def test_the_blocks_leave_no_seam(monkeypatch):
    audio = in_stereo(sine(40, 3))
    in_one_go = integrated_loudness(audio)
    monkeypatch.setattr(loudness, "_FRAMES_AT_ONCE", 4800)
    assert integrated_loudness(audio) == pytest.approx(in_one_go, abs=1e-6)
