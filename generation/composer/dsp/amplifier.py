"""A guitar amplifier and its loudspeaker.

The curve is applied by first-order antiderivative anti-aliasing, so hard drive stays free of foreign tones:
Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear waveshaping using continuous-time
convolution", DAFx-16.
"""

from dataclasses import dataclass

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.filters import Filter, bell, butterworth

# Where a step is smaller, the curve's value in its middle is nearer the mean than float32 could divide.
_STILL = 0.01


@dataclass(frozen=True, slots=True)
class AmplifierSetting:
    """`drive` is the gain before the curve; `presence_db` lifts 2.6 kHz; the speaker ends at `top` Hz."""

    drive: float
    presence_db: float
    top: float
    bias: float = 0.15


def _bend(magnitude: Samples) -> Samples:
    """log(2 cosh x) - abs(x), of abs(x): what is left when the straight part of the antiderivative is taken off."""
    return np.log(np.float32(1) + np.exp(np.float32(-2) * magnitude))


class Shaper:
    """tanh without aliasing, one channel, with memory of one sample. It is half a sample late.

    The antiderivative, log cosh, is abs(x) and a bend of at most log 2: their differences are taken apart, so
    that float32 does for both.
    """

    def __init__(self, bias: float) -> None:
        self._bias = np.float32(bias)
        self._rest = np.tanh(self._bias)
        self._last = self._bias

    def __call__(self, samples: Samples) -> Samples:
        line = np.empty(len(samples) + 1, np.float32)
        line[0] = self._last
        np.add(samples, self._bias, out=line[1:])
        self._last = line[-1]
        step = np.diff(line)
        still = np.flatnonzero(np.abs(step) < _STILL)
        magnitude = np.abs(line)
        area = np.diff(magnitude)
        area += np.diff(_bend(magnitude))
        step[still] = 1
        area /= step
        area[still] = np.tanh(np.float32(0.5) * (line[still] + line[still + 1]))
        area -= self._rest
        return area


class Amplifier:
    """Tight low end, two stages of drive, a loudspeaker. Blocks are (1, frames), within ±1."""

    def __init__(self, setting: AmplifierSetting, sample_rate: int) -> None:
        self._setting = setting
        tight = np.concatenate(
            [butterworth("highpass", 130.0, 2, sample_rate), bell(750.0, 5.0, 0.7, sample_rate)]
        )
        between = np.concatenate(
            [butterworth("highpass", 60.0, 2, sample_rate), butterworth("lowpass", 7500.0, 2, sample_rate)]
        )
        cabinet = np.concatenate(
            [
                butterworth("highpass", 85.0, 2, sample_rate),
                bell(120.0, 2.5, 1.0, sample_rate),
                bell(420.0, -3.0, 0.9, sample_rate),
                bell(2600.0, setting.presence_db, 1.1, sample_rate),
                butterworth("lowpass", setting.top, 4, sample_rate),
            ]
        )
        self._tight, self._between, self._cabinet = (Filter(part, 1) for part in (tight, between, cabinet))
        self._first, self._second = Shaper(setting.bias), Shaper(-0.5 * setting.bias)

    def __call__(self, block: Samples) -> Samples:
        driven = self._first(self._tight(block)[0] * np.float32(self._setting.drive))
        warmer = self._between(driven[None])[0]
        return self._cabinet(self._second(warmer * np.float32(2))[None]) * np.float32(0.5)
