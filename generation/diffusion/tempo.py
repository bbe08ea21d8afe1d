"""Measures the tempo of audio, in BPM."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from generation.audio.types import Audio
from generation.diffusion.spectrum import Matrix, magnitudes, mono

IntArray = npt.NDArray[np.int_]

SLOWEST, FASTEST = 40.0, 240.0
_HOP: Final = 0.01
_WINDOW: Final = 0.04
_BANDS: Final = 24
_LOWEST: Final = 30.0
# Where people tap: about 120 to the minute; an octave of tempo to either side is a third as likely.
_LIKELIEST, _OCTAVES = 120.0, 0.7
# How much of the onsets' power must come back after a beat, for it to be called one.
_CLEAR: Final = 0.12
# Onsets rise by so much, as the mean of the bands; what rises less is the beating of sustained tones.
_STRONG: Final = 0.017


def measure_bpm(audio: Audio) -> float | None:
    """Beats per minute, to 0.1; None where there is no pulse to measure, or less than four seconds of music.

    Where it can be felt at double or half the tempo, it is the one nearer to 120.

    The autocorrelation of the onsets, weighted by how likely a tempo is (after D. P. W. Ellis, "Beat Tracking by
    Dynamic Programming", 2007), then followed over more and more beats, which makes it exact.
    """
    onsets, rate = _onsets(audio)
    if len(onsets) < 4 * rate or np.quantile(onsets, 0.99) < _STRONG:
        return None
    again = _autocorrelation(onsets)
    lags = np.arange(int(rate * 60 / FASTEST), int(rate * 60 / SLOWEST) + 1)
    prior = np.exp(-0.5 * (np.log2(60 * rate / lags / _LIKELIEST) / _OCTAVES) ** 2)
    # A beat comes back after two beats and after four as well; what lies between beats does not.
    strength = np.mean([_around(again, lags, beats) for beats in (1, 2, 4)], axis=0)
    best = int(lags[np.argmax(strength * prior)])
    if max(again[best - 1 : best + 2].max(), again[2 * best - 1 : 2 * best + 2].max()) < _CLEAR:
        return None
    return round(60 * rate / _exact(again, best), 1)


def _onsets(audio: Audio) -> tuple[Matrix, float]:
    """How much louder the bands get from one moment to the next, less their mean; and the moments per second."""
    hop = round(audio.sample_rate * _HOP)
    window = 2 * round(audio.sample_rate * _WINDOW / 2)
    blocks = list(_banded(audio, window, hop))
    if not blocks:
        return np.zeros(0), audio.sample_rate / hop
    bands = np.concatenate(blocks)
    loud = float(np.quantile(bands, 0.99))
    if loud == 0:
        return np.zeros(0), audio.sample_rate / hop
    loudness = np.log1p(bands / loud)
    rises = np.maximum(0, np.diff(loudness, axis=0)).mean(axis=1)
    # Against the mean of half a second around: swells are no beats.
    local = np.convolve(rises, np.ones(51) / 51, mode="same")
    onsets = np.maximum(0, rises - local)
    return onsets - onsets.mean(), audio.sample_rate / hop


def _banded(audio: Audio, window: int, hop: int) -> Iterator[Matrix]:
    edges = np.geomspace(_LOWEST, audio.sample_rate / 2.2, _BANDS + 1) * window / audio.sample_rate
    starts = np.unique(edges.astype(int))
    for block in magnitudes(mono(audio), window, hop):
        yield np.sqrt(np.add.reduceat(np.square(block), starts, axis=1)) / window


def _autocorrelation(onsets: Matrix) -> Matrix:
    """1 at lag 0, and long enough that twice the longest beat is in it."""
    size = 1 << (2 * len(onsets) - 1).bit_length()
    power = np.square(np.abs(np.fft.rfft(onsets, size)))
    raw = np.fft.irfft(power)[: len(onsets)]
    # Fewer pairs are so far apart; at the far end too few to say anything.
    pairs = np.maximum(len(onsets) - np.arange(len(onsets)), len(onsets) // 4)
    return np.pad(raw / pairs * len(onsets) / raw[0], (0, 1024))


def _around(again: Matrix, lags: IntArray, beats: int) -> Matrix:
    """The highest about so many times each lag: a beat is no whole number of frames, so that errors add up."""
    reach = beats // 2
    return np.max([again[beats * lags + step] for step in range(-reach, reach + 1)], axis=0)


def _exact(again: Matrix, lag: float) -> float:
    """The lag, in fractions of a frame, found from where the beat stands after 2, 4, 8 … times as long.

    Not from where it stands after one: where two of a kind are swung, one is long and the other short.
    """
    beats, exact = 2, float(lag)
    while True:
        reach = max(1, round(0.06 * exact))
        middle = round(beats * exact)
        if middle + reach + 1 >= (len(again) - 1024) * 3 // 4:
            return exact
        near = again[middle - reach : middle + reach + 1]
        peak = middle - reach + int(np.argmax(near))
        if near.max() < _CLEAR / 2:
            return exact
        exact = (peak + _vertex(again[peak - 1 : peak + 2])) / beats
        beats *= 2


def _vertex(three: Matrix) -> float:
    """Where a parabola through three points has its top, from the middle one, in steps."""
    before, here, after = three
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else float(0.5 * (before - after) / bend)
