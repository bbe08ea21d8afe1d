"""Recursive filters as second-order sections, with memory between blocks.

Shelf and bell formulas: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

import cmath
import math
from functools import lru_cache
from typing import Literal

import numpy as np

from generation.audio.recursion import Recursion as Filter
from generation.audio.recursion import Sections
from generation.audio.types import Samples

__all__ = ["Filter", "Sections", "bell", "butterworth", "filtered", "high_shelf", "low_shelf"]

Kind = Literal["lowpass", "highpass", "bandpass"]


@lru_cache(maxsize=256)
def butterworth(kind: Kind, hertz: float | tuple[float, float], order: int, sample_rate: int) -> Sections:
    """Butterworth sections; a "bandpass" takes both edges. Edges above 0.45 of the rate go there.

    Analogue prototypes through the bilinear transform, every edge where it should be.
    """
    edges = hertz if isinstance(hertz, tuple) else (hertz,)
    warped = [math.tan(math.pi * min(edge / sample_rate, 0.45)) for edge in edges]
    angles = [math.pi * (2 * place + order + 1) / (2 * order) for place in range(order // 2)]
    poles = [cmath.exp(1j * angle) for angle in angles]
    if kind == "bandpass":
        return np.array(_band(poles, warped[0], warped[1], order % 2 == 1))
    edge = warped[0]
    sections = [_edge(-2 * pole.real * edge, edge, kind) for pole in poles]
    return np.array([*sections, _odd_edge(edge, kind)] if order % 2 else sections)


def _edge(damping: float, edge: float, kind: Kind) -> list[float]:
    top = [edge**2, 2 * edge**2, edge**2] if kind == "lowpass" else [1.0, -2.0, 1.0]
    return _bilinear(top, damping, edge**2)


def _odd_edge(edge: float, kind: Kind) -> list[float]:
    top = [edge, edge] if kind == "lowpass" else [1.0, -1.0]
    return [*(value / (1 + edge) for value in top), 0.0, 1.0, (edge - 1) / (edge + 1), 0.0]


def _band(poles: list[complex], low: float, high: float, odd: bool) -> list[list[float]]:
    """Every pole p of a low-pass becomes the two roots of s² - p (high - low) s + low high."""
    width, square = high - low, low * high
    top = [width, 0.0, -width]
    sections = [_bilinear(top, width, square)] if odd else []
    for pole in poles:
        root = cmath.sqrt((pole * width) ** 2 - 4 * square)
        both = ((pole * width + root) / 2, (pole * width - root) / 2)
        sections += [_bilinear(top, -2 * moved.real, abs(moved) ** 2) for moved in both]
    return sections


def _bilinear(top: list[float], damping: float, square: float) -> list[float]:
    """A section over s² + damping s + square, `top` being in powers of 1/z already."""
    norm = 1 + damping + square
    return [*(value / norm for value in top), 1.0, 2 * (square - 1) / norm, (1 - damping + square) / norm]


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
    channels = np.atleast_2d(samples)
    return Filter(sections, len(channels))(channels).reshape(samples.shape)
