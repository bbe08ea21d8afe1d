"""A gentle bus compressor whose gain moves at control rate."""

import math

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.control import straight

_FLOOR = 1e-9


class Compressor:
    """Feed-forward RMS compressor: one decision per control hop, straight lines between."""

    def __init__(
        self,
        threshold_db: float,
        ratio: float,
        hop: int,
        sample_rate: int,
        *,
        attack: float = 0.02,
        release: float = 0.18,
    ) -> None:
        self._threshold = threshold_db
        self._slope = 1 - 1 / ratio
        self._hop = hop
        self._attack = math.exp(-hop / sample_rate / attack)
        self._release = math.exp(-hop / sample_rate / release)
        self._reduction = 0.0

    def __call__(self, block: Samples) -> Samples:
        """`block` (2, frames), frames a multiple of the hop, turned down where it is loud."""
        return block * self.gains(block)

    def gains(self, block: Samples) -> Samples:
        """The gain for each frame (frames,) of the next block."""
        hops = block.shape[1] // self._hop
        power = np.square(block).reshape(2, hops, self._hop).mean(axis=(0, 2))
        wanted = np.maximum(0.0, 10 * np.log10(power + _FLOOR) - self._threshold) * self._slope
        course = [self._reduction, *self._follow(wanted.tolist())]
        return straight(10 ** (-np.asarray(course) / 20), self._hop)

    def _follow(self, wanted: list[float]) -> list[float]:
        course = []
        for target in wanted:
            keep = self._attack if target > self._reduction else self._release
            self._reduction = keep * self._reduction + (1 - keep) * target
            course.append(self._reduction)
        return course
