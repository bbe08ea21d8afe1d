"""How a tone swells, settles and dies."""

import math
from functools import lru_cache

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources.tone import Curve

# A release ends here, 60 dB down, and its last tenth is drawn straight to zero.
_RELEASE_DEPTH = math.log(1000)


@lru_cache(maxsize=256)
def held(attack: float, decay: float, sustain: float, sample_rate: int) -> Curve:
    """Envelope of a held note: `attack` seconds up, then by time constant `decay` to the level `sustain`."""
    rise = max(2, int(attack * sample_rate))
    fall = int(6 * decay * sample_rate) if sustain < 1 else 1
    up = np.linspace(0, 1, rise, endpoint=False, dtype=np.float32)
    # A raised cosine has no corner to click at either end.
    up = np.float32(0.5) - np.float32(0.5) * np.cos(np.float32(math.pi) * up)
    time = np.arange(fall, dtype=np.float32) / np.float32(sample_rate)
    down = np.float32(sustain) + np.float32(1 - sustain) * np.exp(time / np.float32(-max(decay, 1e-3)))
    return Curve(np.concatenate([up, down, np.array([sustain], np.float32)]))


class SampledEnvelope:
    """From 0 to 1 in `attack` seconds, there for `hold`, then down by `depth` dB, at 100 dB in `decay` seconds."""

    def __init__(self, attack: float, hold: float, decay: float, depth: float, sample_rate: int) -> None:
        self._rise = np.linspace(0, 1, max(32, int(attack * sample_rate)), endpoint=False, dtype=np.float32)
        self._falls_from = len(self._rise) + int(hold * sample_rate) + 1
        frames = int(decay * depth / 100 * sample_rate)
        self._still_from = self._falls_from + frames
        self._rate = -depth / 20 * math.log(10) / max(1, frames - 1)
        self._last = np.float32(10 ** (-depth / 20) if frames else 1)
        self._fall = np.exp(np.arange(min(frames, sample_rate // 2), dtype=np.float64) * self._rate).astype(
            np.float32
        )

    def read(self, start: int, stop: int) -> Samples:
        """Values (stop - start,)."""
        gains = np.ones(stop - start, np.float32)
        if start < len(self._rise):
            rising = self._rise[start:stop]
            gains[: len(rising)] = rising
        place, falling_to = max(start, self._falls_from), min(stop, self._still_from)
        while place < falling_to:
            # An exponential is the same everywhere but for its level, so a piece of it serves the whole fall.
            count = min(len(self._fall), falling_to - place)
            level = np.float32(math.exp((place - self._falls_from) * self._rate))
            np.multiply(self._fall[:count], level, out=gains[place - start : place - start + count])
            place += count
        if stop > self._still_from:
            gains[max(0, self._still_from - start) :] = self._last
        return gains


sampled_envelope = lru_cache(maxsize=128)(SampledEnvelope)


@lru_cache(maxsize=64)
def release(seconds: float, sample_rate: int) -> Samples:
    """Gains (frames,) from 1 at note-off down to exactly 0, 60 dB in `seconds`."""
    frames = max(64, int(seconds * sample_rate))
    curve: Samples = np.exp(np.arange(frames, dtype=np.float32) * np.float32(-_RELEASE_DEPTH / frames))
    last = max(32, frames // 10)
    curve[-last:] *= np.linspace(1, 0, last, dtype=np.float32)
    return curve


def fade_out(samples: Samples, seconds: float, sample_rate: int) -> Samples:
    """`samples` with their last `seconds` drawn to zero."""
    count = min(samples.shape[-1], max(2, int(seconds * sample_rate)))
    faded = samples.copy()
    faded[..., -count:] *= np.linspace(1, 0, count, dtype=np.float32)
    return faded
