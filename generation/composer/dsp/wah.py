"""A wah-wah pedal that the playing moves: a hard stroke opens its resonance, which falls back as the sound dies."""

import math

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples
from generation.composer.dsp.control import control_hop, straight
from generation.composer.dsp.filters import Filter, butterworth

# Where the pedal stands at rest, in Hz, and how many resonances lie side by side from there on.
_HEEL = 380.0
_BANDS = 12
_QUALITY = 4.0
# Two neighbours at sqrt(1/2) each make one peak of level 1 halfway between them: there each has turned the phase
# by an angle whose squared cosine is sqrt(1/2), one ahead and one behind.
_HALFWAY = math.acos(2**-0.25)
# Levels of a hop, RMS in dB, at which the pedal begins to move and at which it is down.
_QUIET_DB, _LOUD_DB = -32.0, -11.0
_ATTACK, _RELEASE = 0.008, 0.16
_PAST = np.float32(0.12)
_GAIN = np.float32(2.0)


def _spacing() -> float:
    """Ratio of neighbouring resonances. One of quality Q turns the phase by atan(Q (r - 1/r)) at r times its middle."""
    lean = math.tan(_HALFWAY) / _QUALITY / 2
    return (lean + math.sqrt(1 + lean * lean)) ** 2


def _edges(middle: float) -> tuple[float, float]:
    half = 1 / (2 * _QUALITY)
    ratio = half + math.sqrt(1 + half * half)
    return middle / ratio, middle * ratio


class Wah:
    """Resonances that stand still, and a place between two of them that moves. Blocks are (1, frames), whole hops."""

    def __init__(self, sample_rate: int) -> None:
        self._hop = control_hop(sample_rate)
        middles = [_HEEL * _spacing() ** band for band in range(_BANDS)]
        self._bands = [
            Filter(butterworth("bandpass", _edges(middle), 1, sample_rate), 1) for middle in middles
        ]
        self._attack, self._release = (
            math.exp(-self._hop / sample_rate / seconds) for seconds in (_ATTACK, _RELEASE)
        )
        self._place = 0.0

    def __call__(self, block: Samples) -> Samples:
        """The next block, with the pedal's resonance where its level has it."""
        places = straight(self._places(block), self._hop) * np.float32(_BANDS - 1)
        sound = block * _PAST
        for band, resonance in enumerate(self._bands):
            ringing = resonance(block)
            near = np.maximum(np.float32(0), np.float32(1) - np.abs(places - np.float32(band)))
            sound += ringing * (np.sin(near * np.float32(math.pi / 2)) * _GAIN)
        return sound

    def _places(self, block: Samples) -> npt.NDArray[np.float64]:
        """Where the pedal stands at the edges of the block's hops (hops + 1,), from 0 (up) to 1 (down)."""
        power = np.square(block[0]).reshape(-1, self._hop).mean(axis=1)
        wanted = (10 * np.log10(power + 1e-12) - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
        course = [self._place]
        for target in np.clip(wanted, 0, 1).tolist():
            keep = self._attack if target > self._place else self._release
            self._place = keep * self._place + (1 - keep) * target
            course.append(self._place)
        return np.array(course)
