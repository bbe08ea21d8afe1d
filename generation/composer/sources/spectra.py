"""Seamless tables made in the frequency domain: ensembles, stacked saws, bands of noise.

The ensemble is P. Nasca's PADsynth: every harmonic is a narrow hill of lines with random phases, so the table
sounds like many players and repeats without a seam.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples

Gains = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Level of a partial by its frequency in Hz."""

LONG = 1 << 17
SHORT = 1 << 16

# Mean square every table is brought to, so that a voice's level does not hang on its spectrum.
_LEVEL = 0.1
_TOP = 17_000.0


def normalised(table: Samples) -> Samples:
    """`table` with no offset and a root mean square of 0.1 over all channels."""
    table = table - table.mean(axis=-1, keepdims=True)
    return np.asarray(
        table * np.float32(_LEVEL / max(1e-9, float(np.sqrt(np.mean(table**2))))), dtype=np.float32
    )


def _bins(frames: int, sample_rate: int) -> npt.NDArray[np.float32]:
    return np.arange(frames // 2 + 1, dtype=np.float32) * np.float32(sample_rate / frames)


def _random_phases(rng: np.random.Generator, count: int) -> npt.NDArray[np.complex64]:
    angle = rng.random(count, dtype=np.float32) * np.float32(2 * np.pi)
    return np.asarray(np.cos(angle) + 1j * np.sin(angle), dtype=np.complex64)


def ensemble(
    hertz: float,
    gains: Gains,
    width_cents: float,
    rng: np.random.Generator,
    sample_rate: int,
    *,
    channels: int = 2,
    frames: int = LONG,
) -> Samples:
    """A table (channels, frames) of harmonics of `hertz`, each smeared over about ± `width_cents`."""
    bins = _bins(frames, sample_rate)
    order = np.maximum(np.round(bins / np.float32(hertz)), 1)
    away = (bins / np.float32(hertz) - order) / (order * np.float32(2 ** (width_cents / 1200) - 1))
    # The hill keeps its energy as it widens with the harmonic's number.
    shape = np.exp(-np.minimum(away * away, 40)) / np.sqrt(order) * gains(order * np.float32(hertz))
    shape *= bins < min(_TOP, sample_rate * 0.45)
    tables = [np.fft.irfft(shape * _random_phases(rng, len(bins)), frames) for _ in range(channels)]
    return normalised(np.stack(tables).astype(np.float32))


@dataclass(frozen=True, slots=True)
class SawStack:
    """Saws side by side: each `cents` off the pitch, `pans` from -1 to 1; `hollow` has no even harmonics."""

    cents: Sequence[float]
    pans: Sequence[float]
    hollow: bool = False


def spread(voices: int, cents: float, width: float) -> SawStack:
    """Saws evenly from -cents to +cents, every other one on the other side of the stereo field."""
    places = np.linspace(-1, 1, voices)
    pans = [width * place * (1 if index % 2 else -1) for index, place in enumerate(places)]
    return SawStack([cents * place for place in places], pans)


def saws(
    hertz: float,
    stack: SawStack,
    gains: Gains,
    rng: np.random.Generator,
    sample_rate: int,
    *,
    frames: int = SHORT,
) -> Samples:
    """A stereo table (2, frames) of band-limited saws under the tone colour `gains`."""
    spectrum = np.zeros((2, frames // 2 + 1), np.complex64)
    for cents, pan in zip(stack.cents, stack.pans, strict=True):
        line = max(1, round(hertz * 2 ** (cents / 1200) * frames / sample_rate))
        count = int(min(_TOP, sample_rate * 0.45) * frames / sample_rate) // line
        order = np.arange(1, count + 1)
        level = gains((order * (line * sample_rate / frames)).astype(np.float32)) / order
        if stack.hollow:
            level = level * (order % 2)
        wave = level * np.exp(-1j * (2 * np.pi * rng.random()) * order) * -1j
        angle = (pan + 1) * np.pi / 4
        spectrum[0, line : line * count + 1 : line] += wave * np.cos(angle)
        spectrum[1, line : line * count + 1 : line] += wave * np.sin(angle)
    return normalised(np.asarray(np.fft.irfft(spectrum, frames, axis=-1), dtype=np.float32))


def noise(
    low: float, high: float, rng: np.random.Generator, sample_rate: int, *, frames: int = LONG
) -> Samples:
    """A table (frames,) of noise between `low` and `high` Hz, falling off by 12 dB an octave outside."""
    bins = np.maximum(_bins(frames, sample_rate), 1)
    shape = 1 / np.sqrt((1 + (low / bins) ** 4) * (1 + (bins / high) ** 4))
    return normalised(np.fft.irfft(shape * _random_phases(rng, len(bins)), frames).astype(np.float32))


def lowpass(cutoff: float, order: int = 2) -> Gains:
    """Levels of a Butterworth low-pass."""
    return lambda hertz: np.float32(1) / np.sqrt(np.float32(1) + (hertz / np.float32(cutoff)) ** (2 * order))
