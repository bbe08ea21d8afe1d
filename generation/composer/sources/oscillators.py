"""Sines and single-cycle waves by integer phase, exact however long a note lasts."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples

_CYCLE = 2048
_TURN = 2.0**32
_TOP = 16_000.0


def phase(hertz: float, start: int, stop: int, sample_rate: int) -> npt.NDArray[np.uint32]:
    """Phases of frames `start` to `stop`, a whole turn being 2**32."""
    step = np.uint32(round(hertz / sample_rate * _TURN) % (1 << 32))
    return np.arange(start, stop, dtype=np.int64).astype(np.uint32) * step


def angle(hertz: float, start: int, stop: int, sample_rate: int) -> Samples:
    """The same in radians, 0 to 2π."""
    return phase(hertz, start, stop, sample_rate).astype(np.float32) * np.float32(2 * math.pi / _TURN)


def sine(hertz: float, start: int, stop: int, sample_rate: int, offset: float = 0.0) -> Samples:
    """A sine of `hertz` that began at frame 0 with phase `offset` in radians."""
    return np.asarray(np.sin(angle(hertz, start, stop, sample_rate) + np.float32(offset)))


@lru_cache(maxsize=128)
def cycle(shape: str, harmonics: int, roll: float) -> Samples:
    """One period of a "saw", "square" or "triangle", falling by 12 dB an octave above harmonic `roll`."""
    order = np.arange(1, harmonics + 1)
    levels = {
        "saw": 1 / order,
        "square": (order % 2) / order,
        "triangle": (order % 2) * np.where(order % 4 == 1, 1.0, -1.0) / order**2,
    }[shape] / np.sqrt(1 + (order / roll) ** 4)
    spectrum = np.zeros(_CYCLE // 2 + 1, complex)
    spectrum[1 : harmonics + 1] = -1j * levels
    wave = np.fft.irfft(spectrum, _CYCLE)
    return np.asarray(wave / np.abs(wave).max(), dtype=np.float32)


def wave(
    shape: str, hertz: float, cutoff: float, start: int, stop: int, sample_rate: int, offset: float = 0.0
) -> Samples:
    """A band-limited wave under a fixed low-pass at `cutoff` Hz."""
    harmonics = max(1, min(_CYCLE // 2 - 1, int(min(_TOP, sample_rate * 0.45) / hertz)))
    table = cycle(shape, harmonics, round(max(0.6, cutoff / hertz), 1))
    place = phase(hertz, start, stop, sample_rate) + np.uint32(int(offset % 1.0 * _TURN) % (1 << 32))
    return table.take(place >> np.uint32(32 - 11))
