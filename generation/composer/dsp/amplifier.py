"""A guitar amplifier and its loudspeaker.

The curve is applied by first-order antiderivative anti-aliasing, so hard drive stays free of foreign tones:
Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear waveshaping using continuous-time
convolution", DAFx-16.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples
from generation.composer.dsp.filters import Filter, bell, butterworth

Signal = npt.NDArray[np.float64]

_STILL = 1e-5


@dataclass(frozen=True, slots=True)
class AmplifierSetting:
    """`drive` is the gain before the curve; `presence_db` lifts 2.6 kHz; the speaker ends at `top` Hz."""

    drive: float
    presence_db: float
    top: float
    bias: float = 0.15


def _log_cosh(value: Signal) -> Signal:
    magnitude: Signal = np.abs(value)
    return magnitude + np.log1p(np.exp(-2 * magnitude))


class Shaper:
    """tanh without aliasing, one channel, with memory of one sample. It is half a sample late."""

    def __init__(self, bias: float) -> None:
        self._bias = bias
        self._rest = float(np.tanh(bias))
        self._last = bias
        self._last_area = float(_log_cosh(np.array([bias]))[0])

    def __call__(self, samples: Signal) -> Signal:
        line = np.concatenate([[self._last], samples + self._bias])
        area = _log_cosh(line)
        area[0] = self._last_area
        step = np.diff(line)
        still = np.abs(step) < _STILL
        middle = np.tanh(0.5 * (line[1:] + line[:-1]))
        self._last, self._last_area = float(line[-1]), float(area[-1])
        return np.where(still, middle, np.diff(area) / np.where(still, 1.0, step)) - self._rest


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
        driven = self._first(self._tight(block)[0].astype(np.float64) * self._setting.drive)
        warmer = self._between(driven[None].astype(np.float32))[0].astype(np.float64)
        return self._cabinet(self._second(warmer * 2.0)[None].astype(np.float32)) * np.float32(0.5)
