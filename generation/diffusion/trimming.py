"""Trims a model's output to the duration asked for, as stereo with a fade-out where it ends abruptly."""

from typing import Final

import numpy as np

from generation.audio.types import Audio, Samples
from generation.diffusion.errors import UnsoundSong

QUIETEST_PEAK: Final = 1e-3
_LONGEST_FADE: Final = 2.0
_ENDING: Final = 0.05
# The last 50 ms of music that ended by itself lie so far under the whole, as RMS: 30 dB.
_FADED_AWAY: Final = 10 ** (-30 / 20)


def trimmed(samples: Samples, sample_rate: int, duration: float) -> Audio:
    """The first `duration` seconds of samples (channels, frames) as stereo, faded out where they end abruptly.

    Raises UnsoundSong where they are too few, not finite, or silence.
    """
    frames = round(duration * sample_rate)
    if samples.shape[1] < frames:
        raise UnsoundSong(
            f"The model made {samples.shape[1] / sample_rate:.2f} seconds of the {duration:g} that were asked for."
        )
    kept = np.repeat(samples[:, :frames], 2, axis=0) if len(samples) == 1 else samples[:2, :frames].copy()
    if not np.isfinite(kept).all():
        raise UnsoundSong("The model made numbers that are no sound. Another seed may go well.")
    if np.abs(kept).max(initial=0.0) < QUIETEST_PEAK:
        raise UnsoundSong("The model made nothing but silence. Another seed or prompt may go well.")
    if _ends_abruptly(kept, sample_rate):
        _fade_out(kept, round(min(_LONGEST_FADE, duration / 10) * sample_rate))
    return Audio(np.ascontiguousarray(kept, np.float32), sample_rate)


def _ends_abruptly(samples: Samples, sample_rate: int) -> bool:
    ending = samples[:, -max(1, round(_ENDING * sample_rate)) :]
    return bool(_rms(ending) > _FADED_AWAY * _rms(samples))


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _fade_out(samples: Samples, frames: int) -> None:
    curve = np.cos(np.linspace(0, np.pi / 2, frames)) ** 2
    samples[:, samples.shape[1] - frames :] *= curve.astype(np.float32)
