"""Short-time Fourier magnitudes, from which tempo and key are measured."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from generation.audio.types import Audio, Samples

Matrix = npt.NDArray[np.float64]
_FRAMES_AT_ONCE = 256


def mono(audio: Audio) -> Samples:
    mixed: Samples = audio.samples.mean(axis=0, dtype=np.float32)
    return mixed


def magnitudes(samples: Samples, window: int, hop: int) -> Iterator[Samples]:
    """Magnitudes (frames, window // 2 + 1) of successive stretches, `hop` samples apart, in blocks of frames."""
    if len(samples) < window:
        return
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    hann = np.hanning(window).astype(np.float32)
    for start in range(0, len(frames), _FRAMES_AT_ONCE):
        yield np.abs(np.fft.rfft(frames[start : start + _FRAMES_AT_ONCE] * hann, axis=1)).astype(np.float32)
