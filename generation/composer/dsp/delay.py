"""Echoes that jump from side to side, in time with the music."""

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.filters import Filter, butterworth

_FEEDBACK = 0.4
_BAND = (250.0, 3800.0)


class PingPong:
    """A stereo delay line whose feedback changes sides and loses its edges each time round."""

    def __init__(self, seconds: float, sample_rate: int) -> None:
        self._line = np.zeros((2, max(1, round(seconds * sample_rate))), np.float32)
        self._place = 0
        self._heard = False
        self._colour = Filter(butterworth("bandpass", _BAND, 1, sample_rate), channels=2)

    def __call__(self, block: Samples) -> Samples:
        """The echoes (2, frames) that belong to this block (2, frames), without the block itself."""
        self._heard = self._heard or bool(block.any())
        if not self._heard:
            return np.zeros_like(block)
        echoes = np.empty_like(block)
        done = 0
        while done < block.shape[1]:
            count = min(self._line.shape[1] - self._place, block.shape[1] - done)
            spot = slice(self._place, self._place + count)
            heard = self._line[:, spot].copy()
            echoes[:, done : done + count] = heard
            self._line[:, spot] = self._colour(heard[::-1]) * np.float32(_FEEDBACK)
            self._line[0, spot] += block[0, done : done + count]
            self._line[1, spot] += block[1, done : done + count] * np.float32(0.25)
            self._place = (self._place + count) % self._line.shape[1]
            done += count
        return echoes
