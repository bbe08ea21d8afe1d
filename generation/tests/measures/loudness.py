"""Loudness and true peak by other code than the product's."""

import numpy as np
import pyloudnorm
from scipy.signal import resample_poly

from generation.audio.types import Audio


def lufs(audio: Audio) -> float:
    """Integrated loudness by pyloudnorm."""
    return float(pyloudnorm.Meter(audio.sample_rate).integrated_loudness(audio.samples.T.astype(np.float64)))


def true_peak(audio: Audio) -> float:
    """dBTP, eight times oversampled by scipy."""
    highest = max(float(np.abs(resample_poly(channel, 8, 1)).max()) for channel in audio.samples)
    return 20 * float(np.log10(max(highest, 1e-9)))
