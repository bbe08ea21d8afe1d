import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from generation.audio.pcm import ENCODER_BLOCK, pcm16_blocks
from generation.audio.types import Audio
from generation.tests.audio_signals import noise, sine

STEP = 1 / 32768


def integers(audio):
    return np.concatenate(list(pcm16_blocks(audio)))


def strongest_harmonic(samples):
    """Power of the third harmonic of a 1 kHz sine against its own, in dB."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    per_khz = len(samples) // 48
    return 10 * np.log10(spectrum[3 * per_khz] / spectrum[per_khz])


def test_the_error_is_noise_of_a_quarter_of_a_square_step():
    audio = noise(2, channels=1)
    error = integers(audio)[:, 0] - audio.samples[0] * 32768
    assert abs(error.mean()) < 0.01
    assert abs(error.var() - 0.25) < 0.01


def test_dither_keeps_a_sine_below_a_step_free_of_distortion():
    faint = sine(1000, 4, level=0.7 * STEP)
    plainly_rounded = np.rint(faint.samples[0] * 32768)
    assert strongest_harmonic(plainly_rounded) > -10
    assert strongest_harmonic(integers(faint)[:, 0]) < -40


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=50))
def test_samples_on_the_grid_pass_unchanged(steps):
    audio = Audio(np.array([steps], np.float32) / np.float32(32768), 48000)
    assert integers(audio)[:, 0].tolist() == steps


def test_samples_beyond_full_scale_are_clipped():
    audio = Audio(np.array([[7.3, -7.3]], np.float32), 48000)
    assert integers(audio)[:, 0].tolist() == [32767, -32768]


def test_blocks_are_short_and_in_frames_by_channels():
    shapes = [block.shape for block in pcm16_blocks(noise(1))]
    assert shapes == [(ENCODER_BLOCK, 2), (ENCODER_BLOCK, 2), (48000 - 2 * ENCODER_BLOCK, 2)]


def test_the_channels_get_different_noise():
    same_in_both = np.repeat(noise(1, channels=1).samples, 2, axis=0)
    left, right = integers(Audio(same_in_both, 48000)).T
    assert not np.array_equal(left, right)
