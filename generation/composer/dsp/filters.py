"""Recursive filters as second-order sections, with memory between blocks.

Shelf and bell formulas: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

import math
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import signal

from generation.audio.types import Samples

Kind = Literal["lowpass", "highpass", "bandpass"]
Sections = npt.NDArray[np.float64]

# Keeps a filter's memory out of the denormal range in silence, where processors are a hundred times slower.
_TINY = 1e-20


@lru_cache(maxsize=256)
def butterworth(kind: Kind, hertz: float | tuple[float, float], order: int, sample_rate: int) -> Sections:
    """Butterworth sections; a "bandpass" takes both edges. Edges above 0.45 of the rate go there."""
    edges = np.minimum(np.asarray(hertz, dtype=np.float64), sample_rate * 0.45)
    return signal.butter(order, edges if edges.ndim else float(edges), kind, fs=sample_rate, output="sos")


def low_shelf(hertz: float, gain_db: float, sample_rate: int) -> Sections:
    """One section that lifts what lies below `hertz` by `gain_db`."""
    return _shelf(hertz, gain_db, sample_rate, 1.0)


def high_shelf(hertz: float, gain_db: float, sample_rate: int) -> Sections:
    """One section that lifts what lies above `hertz` by `gain_db`."""
    return _shelf(hertz, gain_db, sample_rate, -1.0)


def _shelf(hertz: float, gain_db: float, sample_rate: int, side: float) -> Sections:
    amplitude = 10 ** (gain_db / 40)
    omega = 2 * math.pi * hertz / sample_rate
    cosine = side * math.cos(omega)
    slope = 2 * math.sqrt(amplitude) * math.sin(omega) / math.sqrt(2)
    up, down = amplitude + 1, amplitude - 1
    numerator = [
        amplitude * (up - down * cosine + slope),
        side * 2 * amplitude * (down - up * cosine),
        amplitude * (up - down * cosine - slope),
    ]
    denominator = [up + down * cosine + slope, -side * 2 * (down + up * cosine), up + down * cosine - slope]
    return np.array([[*numerator, *denominator]]) / denominator[0]


def bell(hertz: float, gain_db: float, quality: float, sample_rate: int) -> Sections:
    """One section that lifts a band around `hertz` by `gain_db`."""
    amplitude = 10 ** (gain_db / 40)
    omega = 2 * math.pi * hertz / sample_rate
    alpha = math.sin(omega) / (2 * quality)
    middle = -2 * math.cos(omega)
    row = [
        1 + alpha * amplitude,
        middle,
        1 - alpha * amplitude,
        1 + alpha / amplitude,
        middle,
        1 - alpha / amplitude,
    ]
    return np.array([row]) / row[3]


def filtered(sections: Sections, samples: Samples) -> Samples:
    """`samples` of shape (frames,) or (channels, frames) through `sections`, from silence."""
    return np.asarray(signal.sosfilt(sections, samples, axis=-1), dtype=np.float32)


class Filter:
    """Sections that go on where the last block ended. Blocks are (channels, frames)."""

    def __init__(self, sections: Sections, channels: int) -> None:
        self._sections = sections
        self._memory = np.zeros((len(sections), channels, 2))

    def __call__(self, block: Samples) -> Samples:
        output, self._memory = signal.sosfilt(
            self._sections, block.astype(np.float64) + _TINY, axis=-1, zi=self._memory
        )
        return np.asarray(output, dtype=np.float32)
