"""Sounds with known properties, for the tests of the audio room."""

import numpy as np

from generation.audio.types import Audio


def sine(frequency: float, seconds: float, level: float = 1.0, sample_rate: int = 48000) -> Audio:
    """A mono sine of peak `level`."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    return Audio((level * np.sin(2 * np.pi * frequency * times)).astype(np.float32)[None], sample_rate)


def noise(seconds: float, level: float = 0.1, channels: int = 2, sample_rate: int = 48000) -> Audio:
    """White noise of RMS `level`, different in each channel."""
    shape = (channels, round(seconds * sample_rate))
    return Audio(np.random.default_rng(7).normal(0, level, shape).astype(np.float32), sample_rate)


def beat(seconds: float, sample_rate: int = 48000) -> Audio:
    """Something like music: a chord that swells, noise, and a drum far above both twice a second."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    chord = sum(np.sin(2 * np.pi * frequency * times) for frequency in (220.0, 277.2, 329.6))
    since_hit = times % 0.5
    drum = np.exp(-since_hit * 25) * np.sin(2 * np.pi * 60 * since_hit)
    left = 0.03 * chord * (1 + np.sin(2 * np.pi * 0.3 * times)) + 0.9 * drum
    stereo = np.stack([left, 0.8 * left]) + noise(seconds, 0.01, 2, sample_rate).samples
    return Audio(stereo.astype(np.float32), sample_rate)


def silence(seconds: float, channels: int = 2, sample_rate: int = 48000) -> Audio:
    return Audio(np.zeros((channels, round(seconds * sample_rate)), np.float32), sample_rate)
