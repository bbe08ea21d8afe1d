"""A worn tape cassette: wow, soft saturation, dull highs."""

import math

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.filters import Filter, butterworth
from generation.composer.dsp.interpolation import hermite

# Wow turns with the reels, flutter with the capstan; the second is a fraction of the first.
_WOW_HERTZ = 0.55
_FLUTTER_HERTZ = 6.3
_FLUTTER_SHARE = 0.12
_MARGIN = 4
# Below this level tanh changes nothing that 32 bits could hold.
_BARELY = np.float32(1e-4)


class Tape:
    """Stereo blocks in and out, late by some milliseconds; `wow_cents` is the largest bend of pitch."""

    def __init__(self, wow_cents: float, drive: float, top: float, sample_rate: int) -> None:
        bend = wow_cents / 1200 * math.log(2)
        self._wow = bend / (2 * math.pi * _WOW_HERTZ) * sample_rate
        self._flutter = bend * _FLUTTER_SHARE / (2 * math.pi * _FLUTTER_HERTZ) * sample_rate
        self._reach = math.ceil(2 * (self._wow + self._flutter)) + 2 * _MARGIN
        self._past = np.zeros((2, self._reach), np.float32)
        self._drive = np.float32(drive)
        self._top = Filter(butterworth("lowpass", top, 1, sample_rate), channels=2)
        self._sample_rate = sample_rate
        self._frame = 0

    def __call__(self, block: Samples) -> Samples:
        return self.dull(np.tanh(self.bend(block) * self._drive) / self._drive)

    def bend(self, block: Samples) -> Samples:
        """The next block with its pitch wandering: the first step, and linear."""
        frames = block.shape[1]
        line = np.concatenate([self._past, block], axis=1)
        time = np.arange(self._frame, self._frame + frames) / self._sample_rate
        late = self._wow * (1 + np.sin(2 * math.pi * _WOW_HERTZ * time))
        late += self._flutter * (1 + np.sin(2 * math.pi * _FLUTTER_HERTZ * time))
        places = np.arange(frames) + self._reach - _MARGIN - late
        bent = hermite(line, places)
        self._past = line[:, -self._reach :]
        self._frame += frames
        return bent

    def saturation(self, bent: Samples) -> Samples:
        """The second step as a gain for each sample of a bent block, at most 1."""
        driven = bent * self._drive
        loud = np.abs(driven) > _BARELY
        return np.where(loud, np.tanh(driven) / np.where(loud, driven, 1), np.float32(1))

    def dull(self, saturated: Samples) -> Samples:
        """The next saturated block without its highs: the last step, and linear."""
        return self._top(saturated)
