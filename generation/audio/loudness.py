"""How loud audio is to a listener, and how high its wave goes."""

from collections.abc import Callable
from functools import cache
from math import log10, pi, tan

import numpy as np
import numpy.typing as npt

from generation.audio.blocks import spans
from generation.audio.oversampling import true_peak_envelope
from generation.audio.recursion import Recursion
from generation.audio.types import Audio, Samples

Powers = npt.NDArray[np.float64]

SILENCE = -70.0
"""LUFS of silence and of all that the standard's absolute gate leaves out; finite, so JSON can hold it."""

NO_PEAK = -120.0
"""dBTP of digital silence."""

_OFFSET = -0.691
_HOPS_PER_GATING_BLOCK = 4
# Two channels of so many frames, and what filtering makes of them, fit into a core's own cache.
_FRAMES_AT_ONCE = 32768


Change = Callable[[Samples, int], Samples]
"""Samples (channels, frames) and the frame they begin at, to as many other samples."""


def integrated_loudness(audio: Audio, change: Change | None = None) -> float:
    """Integrated loudness in LUFS by ITU-R BS.1770-4: K-weighting, 400 ms blocks, both gates.

    Never below `SILENCE`. Audio shorter than 400 ms is measured as one block. Works through the audio
    in blocks; with `change`, measures what it makes of each. Raises ValueError for more than two channels.
    """
    hop = min(gating_hop(audio.sample_rate), audio.frames // _HOPS_PER_GATING_BLOCK)
    return gated_loudness(k_weighted_powers(audio, hop, change)) if hop else SILENCE


def true_peak(audio: Audio) -> float:
    """The highest point of the wave in dBTP, between samples too (4 times oversampled).

    Never below `NO_PEAK`. Works through the audio in blocks.
    """
    highest = float(true_peak_envelope(audio.samples).max(initial=0.0))
    return max(NO_PEAK, 20 * log10(highest)) if highest > 0 else NO_PEAK


def gating_hop(sample_rate: int) -> int:
    """Frames from one gating block to the next: a quarter of 400 ms, for 75 % overlap."""
    return round(sample_rate / 10)


def k_weighted_powers(audio: Audio, hop: int, change: Change | None = None) -> Powers:
    """Mean square of the K-weighted sound, changed first, over the channels, for each whole `hop` frames."""
    if audio.channels > 2:
        raise ValueError(f"Loudness is measured on one or two channels, not {audio.channels}.")
    powers = np.empty(audio.frames // hop)
    weigh = Recursion(k_weighting(audio.sample_rate), audio.channels)
    at_once = max(1, _FRAMES_AT_ONCE // hop)
    for start, stop in spans(len(powers), at_once):
        block = audio.samples[:, start * hop : stop * hop]
        weighted = weigh(change(block, start * hop) if change else block)
        squares = np.square(weighted, out=weighted).reshape(audio.channels, stop - start, hop)
        powers[start:stop] = squares.mean(axis=2).sum(axis=0)
    return powers


def gated_loudness(powers: Powers) -> float:
    """LUFS from the powers of successive quarters of a gating block (BS.1770-4, annex 1, eq. 2 to 7)."""
    quarters = np.ones(_HOPS_PER_GATING_BLOCK) / _HOPS_PER_GATING_BLOCK
    blocks = np.convolve(powers, quarters, mode="valid") if len(powers) >= len(quarters) else powers[:0]
    heard = blocks[blocks > 10 ** ((SILENCE - _OFFSET) / 10)]
    if not len(heard):
        return SILENCE
    # 10 LU under the mean is a tenth of its power.
    return _OFFSET + 10 * log10(heard[heard > heard.mean() / 10].mean())


@cache
def k_weighting(sample_rate: int) -> npt.NDArray[np.float64]:
    """The two K-weighting filters as second-order sections, for any rate.

    BS.1770-4 gives coefficients for 48 kHz alone. These are the analogue prototypes behind them,
    brought to the rate by the bilinear transform; at 48 kHz they give the standard's numbers.
    """
    gain, quality, frequency = 10 ** (3.999843853973347 / 20), 0.7071752369554196, 1681.974450955533
    k, band = tan(pi * frequency / sample_rate), gain**0.4996667741545416
    shelf = [gain + band * k / quality + k * k, 2 * (k * k - gain), gain - band * k / quality + k * k]
    shelf_section = [*(b / _norm(k, quality) for b in shelf), *_poles(k, quality)]
    quality, frequency = 0.5003270373238773, 38.13547087602444
    return np.array([shelf_section, [1, -2, 1, *_poles(tan(pi * frequency / sample_rate), quality)]])


def _norm(k: float, quality: float) -> float:
    return 1 + k / quality + k * k


def _poles(k: float, quality: float) -> list[float]:
    norm = _norm(k, quality)
    return [1, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]
