import numpy as np
import pytest
from scipy import signal

from generation.audio.loudness import k_weighting
from generation.audio.recursion import Recursion

RATE = 48_000
FILTERS = {
    "first order": signal.butter(1, 4000, fs=RATE, output="sos"),
    "low cut": signal.butter(2, 28, "highpass", fs=RATE, output="sos"),
    "band": signal.butter(2, [300, 2000], "bandpass", fs=RATE, output="sos"),
    "many sections": np.concatenate(
        [
            signal.butter(2, 85, "highpass", fs=RATE, output="sos"),
            signal.butter(4, 5000, fs=RATE, output="sos"),
        ]
    ),
    "a narrow peak": signal.zpk2sos([], 0.9999 * np.exp([0.05j, -0.05j]), 1e-3),
}


def noise(channels, frames=RATE):
    return np.random.default_rng(3).standard_normal((channels, frames)).astype(np.float32)


@pytest.mark.parametrize("sections", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("channels", [1, 2])
def test_it_gives_what_the_recursion_gives_sample_by_sample(sections, channels):
    samples = noise(channels)
    expected = signal.sosfilt(sections, samples.astype(np.float64), axis=1)
    got = Recursion(sections, channels)(samples)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() < 3e-6 * np.abs(expected).max()


@pytest.mark.parametrize("sections", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("size", [1, 31, 32, 33, 700])
def test_blocks_of_any_size_equal_the_whole(sections, size):
    samples = noise(2, 2000)
    whole = Recursion(sections, 2)(samples)
    recursion = Recursion(sections, 2)
    blocks = [recursion(samples[:, start : start + size]) for start in range(0, 2000, size)]
    assert np.abs(np.concatenate(blocks, axis=1) - whole).max() < 3e-6 * np.abs(whole).max()
    restarted = [Recursion(sections, 2)(samples[:, start : start + 700]) for start in range(0, 2000, 700)]
    assert np.abs(np.concatenate(restarted, axis=1) - whole).max() > 1e-3 * np.abs(whole).max()


def test_nothing_is_left_of_a_sound_after_a_long_silence():
    recursion = Recursion(FILTERS["low cut"], 1)
    recursion(noise(1))
    for _ in range(20):
        last = recursion(np.zeros((1, RATE), np.float32))
    assert not last.any()


@pytest.mark.parametrize("sections", [*FILTERS.values(), k_weighting(RATE)], ids=[*FILTERS, "loudness"])
def test_what_rings_on_in_a_silence_never_becomes_denormal(sections):
    """Arithmetic with numbers under the smallest normal one is a hundred times slower."""
    recursion = Recursion(sections, 2)
    recursion(noise(2))
    silent = np.zeros((2, RATE // 10), np.float32)
    for _ in range(100):
        recursion(silent)
        left = np.abs(recursion._state)
        assert not ((left > 0) & (left < np.finfo(np.float64).tiny)).any()


def test_the_input_is_left_as_it_was():
    samples = noise(1)
    before = samples.copy()
    Recursion(FILTERS["band"], 1)(samples)
    assert np.array_equal(samples, before)
