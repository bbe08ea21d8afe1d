"""Spectra as an ear would have them: loudness in 40 bands from 40 Hz up, in frames of 43 ms."""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from generation.audio.types import Audio
from generation.diffusion.spectrum import magnitudes, mono

Matrix = npt.NDArray[np.float64]
BANDS = 40
_WINDOW = 2048
_LOWEST, _HIGHEST = 40.0, 16_000.0
_FLOOR = 1e-8
_COEFFICIENTS = 20


def bands(audio: Audio) -> Matrix:
    """dB in mel bands, (frames, 40), half a window apart."""
    power = np.concatenate(list(magnitudes(mono(audio), _WINDOW, _WINDOW // 2)))
    energy = np.square(power, dtype=np.float64) / _WINDOW**2 @ _filters(audio.sample_rate)
    decibels: Matrix = 10 * np.log10(energy + _FLOOR)
    return decibels


def hop_seconds(audio: Audio) -> float:
    return _WINDOW / 2 / audio.sample_rate


def statistics(audio: Audio) -> Matrix:
    """What a piece sounds like on the whole: means, spreads and restlessness of its cepstrum (60 numbers)."""
    cepstrum = dct(bands(audio), axis=1, norm="ortho")[:, :_COEFFICIENTS]
    restless = np.abs(np.diff(cepstrum, axis=0)).mean(axis=0)
    numbers: Matrix = np.concatenate([cepstrum.mean(axis=0), cepstrum.std(axis=0), restless])
    return numbers


@cache
def _filters(sample_rate: int) -> Matrix:
    """Triangles, (bins, 40), evenly spaced in mel (O'Shaughnessy: 2595 log10(1 + f / 700))."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (_LOWEST, _HIGHEST))
    edges = np.linspace(low, high, BANDS + 2)
    hertz = 700 * (10 ** (edges / 2595) - 1)
    bins = np.fft.rfftfreq(_WINDOW, 1 / sample_rate)[:, None]
    rising = (bins - hertz[:-2]) / (hertz[1:-1] - hertz[:-2])
    falling = (hertz[2:] - bins) / (hertz[2:] - hertz[1:-1])
    return np.maximum(0, np.minimum(rising, falling))
