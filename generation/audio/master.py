"""The last step of every track: the loudness listeners expect, under a ceiling that no player clips."""

from dataclasses import dataclass
from functools import partial
from math import inf, log10

import numpy as np

from generation.audio.blocks import require_finite
from generation.audio.limiter import Gains, apply_gain, curve_between, gain_curve
from generation.audio.loudness import (
    SILENCE,
    Powers,
    gated_loudness,
    gating_hop,
    integrated_loudness,
    k_weighted_powers,
)
from generation.audio.oversampling import HOP, true_peak_envelope
from generation.audio.types import Audio, Samples

_ROUNDS = 4
_CLOSE_ENOUGH = 0.1
# In dB below the ceiling: meters with other interpolation filters read a little higher than this one.
_HEADROOM = 0.2
# More reduction than this would be squashing: music with higher peaks is left quieter than asked.
_MOST_REDUCTION = 20.0
_STEPS = 12
_STEP_DONE = 0.02
_TINY = 1e-12


def master(audio: Audio, loudness: float = -14.0, ceiling: float = -1.0) -> Audio:
    """The audio without DC, at `loudness` LUFS within 0.3 LU, its true peak at most `ceiling` dBTP.

    The number of frames stays. Where only gain is needed, only gain is applied; else a look-ahead
    limiter holds the peaks. Music that would need more than 20 dB of limiting stays quieter than asked;
    what is gated as silence gets no gain. Raises ValueError for samples that are not finite, and for
    more than two channels.
    """
    return mastered(audio, loudness, ceiling)[0]


@dataclass(frozen=True, slots=True)
class Mastering:
    """What mastering did to a piece, so that it can be done to parts that add up to the piece.

    Offsets are (channels, 1), taken off before and after `gains` at the hops' borders; `trim` comes last.
    """

    offset: Samples
    gains: Gains
    offset_after: Samples
    trim: float

    def of_part(self, samples: Samples, start: int, share: float) -> Samples:
        """A part's frames from `start` on, mastered as the whole is; `share` of the whole's offsets is in it."""
        part = np.float32(share)
        gains = curve_between(self.gains, start, start + samples.shape[1])
        mastered: Samples = (samples - part * self.offset) * gains - part * self.offset_after
        return mastered * np.float32(self.trim)


def mastered(audio: Audio, loudness: float = -14.0, ceiling: float = -1.0) -> tuple[Audio, Mastering]:
    """What `master` gives, and what it did."""
    require_finite(audio)
    clean = Audio(audio.samples.copy(), audio.sample_rate)
    offset = _centre(clean)
    if not clean.frames:
        return clean, Mastering(offset, np.ones(1), offset, 1.0)
    aimed_at = ceiling - _HEADROOM
    gains = _gains(clean, loudness, aimed_at)
    apply_gain(clean.samples, gains, out=clean.samples)
    # Limiting what swings further to one side than to the other brings a new offset.
    offset_after = _centre(clean)
    trim = _trim(clean, aimed_at)
    return clean, Mastering(offset, gains, offset_after, trim)


def _gains(clean: Audio, loudness: float, ceiling: float) -> Gains:
    """The gains at the hops' borders, drive and limiter in one, that bring the music to `loudness`.

    What they would make of it is measured, block by block, and they are found anew where that is elsewhere.
    """
    forecast = _Forecast.of(clean, ceiling)
    aim, drive = loudness, inf
    for _ in range(_ROUNDS):
        before, drive = drive, forecast.drive_for(aim)
        if drive == before:
            break
        gains = forecast.gains(drive) * _linear(drive)
        error = loudness - integrated_loudness(clean, partial(_shaped, gains))
        if abs(error) <= _CLOSE_ENOUGH:
            break
        aim += error
    return gains


def _shaped(gains: Gains, block: Samples, start: int) -> Samples:
    return block * curve_between(gains, start, start + block.shape[1])


@dataclass(frozen=True)
class _Forecast:
    """Tells how loud the limited music will be, from what is known of each hop, without rendering it."""

    envelope: Samples
    powers: Powers
    ceiling: float
    sample_rate: int

    @classmethod
    def of(cls, audio: Audio, ceiling: float) -> "_Forecast":
        envelope = true_peak_envelope(audio.samples)
        return cls(envelope, k_weighted_powers(audio, HOP), _linear(ceiling), audio.sample_rate)

    def gains(self, drive: float) -> Gains:
        return gain_curve(self.envelope * np.float32(_linear(drive)), self.ceiling, self.sample_rate)

    def loudness(self, drive: float) -> float:
        gains = self.gains(drive) * _linear(drive)
        middles = (gains[1:] + gains[:-1]) / 2
        limited = self.powers * np.square(middles[: len(self.powers)])
        hops = max(1, min(round(gating_hop(self.sample_rate) / HOP), len(limited) // 4))
        whole = len(limited) // hops * hops
        return gated_loudness(limited[:whole].reshape(-1, hops).mean(axis=1))

    def drive_for(self, aim: float) -> float:
        """The gain in dB before the limiter that brings the music to `aim` LUFS, as far as allowed.

        Found by the secant method from the gain at which the limiter just does nothing yet.
        """
        headroom = 20 * log10(self.ceiling / max(float(self.envelope.max()), _TINY))
        if self.loudness(0.0) == SILENCE:
            return min(0.0, headroom)
        drive, most = headroom, headroom + _MOST_REDUCTION
        reached, slope = self.loudness(drive), 1.0
        for _ in range(_STEPS):
            following = min(drive + (aim - reached) / slope, most)
            if abs(following - drive) < _STEP_DONE:
                break
            forecast = self.loudness(following)
            slope = min(1.0, max(0.25, (forecast - reached) / (following - drive)))
            drive, reached = following, forecast
        return drive


def _centre(audio: Audio) -> Samples:
    """Take the mean off each channel, in place, and return the means (channels, 1)."""
    means = audio.samples.sum(axis=1, dtype=np.float64, keepdims=True) / max(1, audio.frames)
    offset: Samples = means.astype(np.float32)
    np.subtract(audio.samples, offset, out=audio.samples)
    return offset


def _trim(audio: Audio, ceiling: float) -> float:
    """Turn the audio down, in place, by what its true peak still has over `ceiling`, and return that gain."""
    over = float(true_peak_envelope(audio.samples).max()) / _linear(ceiling)
    if over <= 1:
        return 1.0
    np.multiply(audio.samples, np.float32(1 / over), out=audio.samples)
    return 1 / over


def _linear(decibels: float) -> float:
    return float(10 ** (decibels / 20))
