"""Vibrato as a shift of the reading place, the same for every pitch."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources.tone import Growing

_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Vibrato:
    """`rate` in Hz, `cents` to either side, coming in after `delay` seconds over as many again."""

    rate: float
    cents: float
    delay: float

    def course(self, sample_rate: int) -> "Course":
        """Frames to add to the frame number where a tone is read: the integral of the bend of pitch."""
        return _course(self, sample_rate)


class Course:
    """A vibrato's shifts by frame, summed up as far as they were asked for."""

    def __init__(self, vibrato: Vibrato, sample_rate: int) -> None:
        self._vibrato = vibrato
        self._sample_rate = sample_rate
        self._frames = int(_SECONDS * sample_rate)
        self._reached = 0.0
        self._shifts = Growing(self._render, 1, self._frames, sample_rate)

    def read(self, start: int, stop: int) -> Samples:
        """Values (stop - start,), the last one held beyond the end."""
        if stop <= self._frames:
            return self._shifts.read(start, stop)[0]
        last = self._shifts.read(min(start, self._frames - 1), self._frames)[0]
        return np.pad(last, (0, stop - self._frames), mode="edge")[start - stop :]

    def _render(self, start: int, stop: int) -> Samples:
        vibrato, time = self._vibrato, np.arange(start, stop) / self._sample_rate
        depth = np.clip((time - vibrato.delay) / max(0.05, vibrato.delay), 0, 1)
        # A note that outlasts the curve ends its vibrato gently rather than at a corner.
        depth *= np.clip((_SECONDS - time) / 0.5, 0, 1)
        bend = depth * math.log(2) * vibrato.cents / 1200 * np.sin(2 * math.pi * vibrato.rate * time)
        bend[0] += self._reached
        shifts = np.cumsum(bend)
        self._reached = float(shifts[-1])
        return shifts.astype(np.float32)[None]


_course = lru_cache(maxsize=32)(Course)
