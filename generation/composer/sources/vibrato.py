"""Vibrato as a shift of the reading place, the same for every pitch."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generation.composer.sources.tone import Curve

_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Vibrato:
    """`rate` in Hz, `cents` to either side, coming in after `delay` seconds over as many again."""

    rate: float
    cents: float
    delay: float

    def course(self, sample_rate: int) -> Curve:
        """Frames to add to the frame number where a tone is read: the integral of the bend of pitch."""
        return _course(self, sample_rate)


@lru_cache(maxsize=32)
def _course(vibrato: Vibrato, sample_rate: int) -> Curve:
    time = np.arange(int(_SECONDS * sample_rate)) / sample_rate
    depth = np.clip((time - vibrato.delay) / max(0.05, vibrato.delay), 0, 1)
    # A note that outlasts the curve ends its vibrato gently rather than at a corner.
    depth *= np.clip((_SECONDS - time) / 0.5, 0, 1)
    bend = depth * math.log(2) * vibrato.cents / 1200 * np.sin(2 * math.pi * vibrato.rate * time)
    return Curve(np.cumsum(bend).astype(np.float32))
