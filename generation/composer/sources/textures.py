"""Sounds without pitch that last as long as their one note: crackle, wind, and what rises before a change."""

import math
from collections.abc import Callable

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.filters import butterworth, filtered
from generation.composer.sources import spectra
from generation.composer.sources.envelope import release
from generation.composer.sources.player import Strike
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.tone import Passing, Tone, around

_TOUCH = 1.6
_CLICKS_PER_SECOND = 9
# The right channel runs this many frames behind the left through the same table: wide, for the price of one.
_APART = 41_017
_WIND_TURNS = (0.071, 0.113, 0.043)


class Texture:
    """One of TEXTURES. `seed` decides its noise."""

    channels = 2

    def __init__(self, name: str, seed: int, sample_rate: int) -> None:
        self._make = TEXTURES[name]
        self._seed = seed
        self._sample_rate = sample_rate
        self._release = release(0.4, sample_rate)

    def strike(self, note: TimedNote) -> Strike:
        hold = max(1, int(note.duration * self._sample_rate))
        rng = np.random.Generator(np.random.PCG64(self._seed))
        tone = self._make(rng, hold, self._sample_rate)
        level = (note.velocity / 127) ** _TOUCH
        return Strike(tone, level, level, hold, self._release)


def _wide(table: Samples, start: int, stop: int) -> Samples:
    loop = table[None]
    return np.concatenate([around(loop, start, stop), around(loop, start + _APART, stop + _APART)])


def _vinyl(rng: np.random.Generator, hold: int, sample_rate: int) -> Tone:
    hiss = spectra.noise(200, 5000, rng, sample_rate) * np.float32(0.12)
    # Another length than the hiss, so that the two never repeat together.
    frames = int(7.3 * sample_rate)
    clicks = np.zeros(frames, np.float32)
    places = rng.integers(0, frames, int(frames / sample_rate * _CLICKS_PER_SECOND))
    clicks[places] = (rng.random(len(places)) ** 2 * rng.choice([-1.0, 1.0], len(places))).astype(np.float32)
    dust = filtered(butterworth("bandpass", (500.0, 6500.0), 1, sample_rate), clicks)

    def render(start: int, stop: int) -> Samples:
        return _wide(hiss, start, stop) + _wide(dust, start, stop)

    return Passing(render)


def _wind(rng: np.random.Generator, hold: int, sample_rate: int) -> Tone:
    bands = [
        spectra.noise(low, high, rng, sample_rate) for low, high in ((120, 350), (350, 800), (900, 2200))
    ]
    rise = 2.0 * sample_rate

    def render(start: int, stop: int) -> Samples:
        frames = np.arange(start, stop, dtype=np.float32)
        sound = np.zeros((2, stop - start), np.float32)
        for index, (band, turns) in enumerate(zip(bands, _WIND_TURNS, strict=True)):
            for side in range(2):
                angle = frames * np.float32(2 * math.pi * turns / sample_rate) + np.float32(
                    index * 1.7 + side * 1.3
                )
                gust = np.float32(0.6) + np.float32(0.4) * np.sin(angle)
                sound[side] += (
                    around(band[None], start + side * _APART, stop + side * _APART)[0] * gust / (index + 1)
                )
        return np.asarray(sound * np.minimum(frames / np.float32(rise), np.float32(1)), dtype=np.float32)

    return Passing(render)


def _rising(low: tuple[float, float], high: tuple[float, float], power: float) -> Callable[..., Tone]:
    """Noise that moves from one band to another and grows as (t / duration) ** power until its note ends."""

    def make(rng: np.random.Generator, hold: int, sample_rate: int) -> Tone:
        first = spectra.noise(*low, rng, sample_rate)
        second = spectra.noise(*high, rng, sample_rate)

        def render(start: int, stop: int) -> Samples:
            part = np.minimum(np.arange(start, stop, dtype=np.float32) / np.float32(hold), np.float32(1))
            sound = _wide(first, start, stop) * (1 - part) + _wide(second, start, stop) * part
            return np.asarray(sound * part ** np.float32(power), dtype=np.float32)

        return Passing(render)

    return make


TEXTURES: dict[str, Callable[[np.random.Generator, int, int], Tone]] = {
    "vinyl": _vinyl,
    "wind": _wind,
    "riser": _rising((300, 1500), (2500, 10000), 2.2),
    "swell": _rising((90, 500), (700, 5000), 2.8),
}
"""Every texture by instrument name: (noise source, frames of its note, sample rate) -> tone."""
