"""Changing the sample rate, for codecs that know only some."""

from math import ceil, gcd

import numpy as np

from generation.audio.blocks import BLOCK
from generation.audio.types import Audio, Samples

_HALF_LENGTH = 32  # of the filter, in samples of the lower of both rates
_KAISER_BETA = 9.0  # about 90 dB of stop band: under the 16-bit noise floor


def resample(audio: Audio, sample_rate: int) -> Audio:
    """The same sound at `sample_rate` Hz: ceil(frames · new / old) frames, no delay.

    Works through the audio in blocks; the result is the only full-length array made.
    """
    if sample_rate == audio.sample_rate:
        return audio
    common = gcd(sample_rate, audio.sample_rate)
    up, down = sample_rate // common, audio.sample_rate // common
    return Audio(_resample(audio.samples, up, down), sample_rate)


def _resample(samples: Samples, up: int, down: int) -> Samples:
    from scipy.signal import resample_poly

    window = _low_pass(max(up, down))
    channels, frames = samples.shape
    result = np.empty((channels, ceil(frames * up / down)), np.float32)
    # Blocks start on multiples of `down`, so each starts on a whole frame of the output too.
    step = max(1, BLOCK // down) * down
    context = ceil(_HALF_LENGTH * max(up, down) / up / down) * down
    for start in range(0, frames, step):
        begin = max(0, start - context)
        # The stubs know named windows only; taps of one's own are documented too.
        piece = resample_poly(  # type: ignore[call-overload]
            samples[:, begin : start + step + context], up, down, axis=1, window=window
        )
        first, skipped = start * up // down, (start - begin) * up // down
        last = min(first + step * up // down, result.shape[1])
        result[:, first:last] = piece[:, skipped : skipped + last - first]
    return result


def _low_pass(factor: int) -> Samples:
    from scipy.signal import firwin

    taps = firwin(2 * _HALF_LENGTH * factor + 1, 1 / factor, window=("kaiser", _KAISER_BETA))
    return taps.astype(np.float32)
