"""A look-ahead limiter that works on the envelope, a value for each `HOP` frames, instead of on samples."""

from math import exp

import numpy as np
import numpy.typing as npt

from generation.audio.blocks import spans
from generation.audio.oversampling import HOP
from generation.audio.types import Samples

Gains = npt.NDArray[np.float64]

_LOOK_AHEAD = 0.005
# Half a period of 50 Hz: without it the gain would follow each swing of a bass note, which is distortion.
_HOLD = 0.01
_RELEASE = 0.1
_HOPS_AT_ONCE = 2048


def gain_curve(envelope: npt.NDArray[np.floating], ceiling: float, sample_rate: int) -> Gains:
    """Gains in (0, 1], one at each border between hops: (hops + 1,) for an `envelope` of (hops,).

    Between two borders the gain runs straight, so `envelope · gain` stays under `ceiling` everywhere.
    The gain falls over 5 ms before a peak, stays for 10 ms, and comes back by a factor e each 100 ms,
    in decibels.
    """
    needed: Gains = np.minimum(1.0, ceiling / np.maximum(envelope, 1e-12))
    at_borders: Gains = np.minimum(np.append(needed, 1.0), np.insert(needed, 0, 1.0))
    if at_borders.min() == 1.0:
        return at_borders
    reach = max(1, round(_LOOK_AHEAD * sample_rate / HOP / 2))
    hold = round(_HOLD * sample_rate / HOP / 2) * 2
    return _smooth(_released(_held(at_borders, reach, hold), sample_rate), reach)


def apply_gain(samples: Samples, gains: Gains, out: Samples) -> None:
    """Write `samples` times the curve that `gains` at the hops' borders draw to `out`, which may be `samples`."""
    for start, stop in spans(samples.shape[1], _HOPS_AT_ONCE * HOP):
        np.multiply(samples[:, start:stop], curve_between(gains, start, stop), out=out[:, start:stop])


def curve_between(gains: Gains, start: int, stop: int) -> Samples:
    """The gain of each frame from `start` to `stop`, in straight lines between the hops' borders."""
    first = start // HOP
    here = gains[first : -(-stop // HOP) + 1].astype(np.float32)
    ramp = np.arange(HOP, dtype=np.float32) / np.float32(HOP)
    curve: Samples = (here[:-1, None] + np.diff(here)[:, None] * ramp).ravel()
    return curve[start - first * HOP : stop - first * HOP]


def _held(gains: Gains, reach: int, hold: int) -> Gains:
    """The lowest gain from `reach + hold` borders before each to `reach` after it; `hold` is even."""
    length = 2 * reach + 1 + hold
    padded = np.pad(gains, (reach + hold, reach), mode="edge")
    return lowest(padded, length)


def lowest(values: Gains, length: int) -> Gains:
    """The lowest of each `length` values in a row, from windows that double."""
    known, found = 1, values
    while 2 * known <= length:
        found = np.minimum(found[:-known], found[known:])
        known *= 2
    more = length - known
    return np.minimum(found[:-more], found[more:]) if more else found


def _released(gains: Gains, sample_rate: int) -> Gains:
    """Reduction that decays exponentially after each peak, or follows the gain where that is lower.

    The recursion r[n] = max(v[n], c · r[n−1]) is a running maximum of log v[n] − n · log c.
    """
    decay = np.arange(len(gains)) * (HOP / sample_rate / _RELEASE)
    reduction = np.maximum(-np.log(gains), exp(-40))
    released: Gains = np.exp(-np.exp(np.maximum.accumulate(np.log(reduction) + decay) - decay))
    return released


def _smooth(gains: Gains, reach: int) -> Gains:
    """A weighted mean over as far as the gain was held, so that it never rises above what is needed."""
    weights = np.hanning(2 * reach + 3)[1:-1]
    return np.convolve(np.pad(gains, reach, mode="edge"), weights / weights.sum(), mode="valid")
