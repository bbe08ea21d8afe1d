"""A hall made of noise: bands that die away at their own speed, after a few early reflections."""

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.filters import butterworth, filtered

# Upper edge in Hz, share of the decay time and level of each band: air swallows the high ones first.
_BANDS = ((500.0, 1.0, 1.0), (2000.0, 0.9, 0.9), (6000.0, 0.62, 0.62), (14000.0, 0.35, 0.35))
_LOWEST = 150.0
_EARLY = 9


def hall(seconds: float, predelay: float, brightness: float, sample_rate: int) -> Samples:
    """Impulse response (2, frames) of unit energy per channel.

    `seconds` is the time to fall by 60 dB, `predelay` in seconds, `brightness` scales what lies above 2 kHz.
    """
    rng = np.random.Generator(np.random.PCG64(5))
    response = np.stack([_channel(rng, seconds, predelay, brightness, sample_rate) for _ in range(2)])
    response = filtered(butterworth("highpass", _LOWEST, 2, sample_rate), response)
    energy = np.sqrt((response**2).sum(axis=1, keepdims=True))
    return np.asarray(response / energy, dtype=np.float32)


def _channel(
    rng: np.random.Generator, seconds: float, predelay: float, brightness: float, sample_rate: int
) -> Samples:
    start = int(predelay * sample_rate)
    frames = int(seconds * sample_rate)
    time = np.arange(frames, dtype=np.float32) / np.float32(sample_rate)
    spectrum = np.fft.rfft(rng.standard_normal(frames, dtype=np.float32))
    hertz = np.linspace(0, sample_rate / 2, len(spectrum), dtype=np.float32)
    tail = np.zeros(frames, np.float32)
    lower = _LOWEST / 2
    for upper, share, level in _BANDS:
        band = np.where((hertz >= lower) & (hertz < upper), spectrum, 0).astype(np.complex64)
        gain = level * (brightness if lower >= 2000 else 1.0)
        tail += (
            np.fft.irfft(band, frames)
            * np.exp(time * np.float32(-6.91 / (seconds * share)))
            * np.float32(gain)
        )
        lower = upper
    tail *= np.minimum(time / np.float32(0.012), np.float32(1))
    tail[-frames // 10 :] *= np.linspace(1, 0, len(tail[-frames // 10 :]), dtype=np.float32)
    for _ in range(_EARLY):
        place = int((0.006 + 0.05 * rng.random()) * sample_rate)
        tail[min(place, frames - 1)] += np.float32((rng.random() - 0.5) * 3)
    return np.concatenate([np.zeros(start, np.float32), tail])
