"""Where a listener finds the beats of a piece, in how many they count, and where they hear a bar begin.

The tempo is given, as `measures.tempo` asks for it; everything else is found in the sound. The beats are those of
D. P. W. Ellis, "Beat Tracking by Dynamic Programming" (2007). The bar is found as by M. Gainza, "Automatic Musical
Meter Detection" (2009): what comes back after a bar comes back after two bars and three as well. It begins where what
sounds is another than in the bar before, and where accents fall on the places that would then be counted.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generation.audio.types import Audio
from generation.composer.metre import METRES, Metre
from generation.composer.score import Score
from generation.diffusion.spectrum import magnitudes, mono
from generation.tests.measures.hearing import Matrix

WITHIN = 0.07
"""How far from its place a beat may be found, in seconds."""

FOUND = 0.8
"""The F-measure from which on the beats of a piece, or its bar lines, count as found."""

_WINDOW, _HOP = 2048, 480
_EDGES = np.geomspace(40, 12_000, 13)
_LOW_BANDS = 3
# Each band is looked at 40 dB deep. A stroke rises within three frames, 30 ms.
_DEPTH, _RISE = 1e-4, 3
_TIGHTNESS = 400.0
# Semitones of five octaves from E1 up, 50 dB deep, in windows long enough to part the lowest.
_PITCH_WINDOW, _PITCH_HOP, _PITCHES, _PITCH_DEPTH = 8192, 960, np.arange(28, 88), 1e-5
_LONGEST_LAG = 48
# How many eighths come back, and what that says the metre is.
_BARS = {8: "4/4", 6: "3/4", 10: "5/4", 7: "7/8"}


@dataclass(frozen=True, slots=True)
class HeardMetre:
    """A metre by its name, and the seconds of what is counted in it and of its bar lines."""

    name: str
    counted: Matrix
    bar_lines: Matrix


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far what is heard agrees with a score: two F-measures, and the metre's name beside the score's own."""

    beats: float
    bar_lines: float
    heard: str
    own: str

    @property
    def beats_found(self) -> bool:
        return self.beats >= FOUND

    @property
    def bar_lines_found(self) -> bool:
        return self.bar_lines >= FOUND

    @property
    def metre_heard(self) -> bool:
        return self.heard == self.own

    @property
    def heard_in_three(self) -> bool:
        return in_three(self.heard)


class Onsets(NamedTuple):
    """How much louder each band has become within a moment, in dB (moments, bands), and when, in seconds."""

    rises: Matrix
    times: Matrix


def in_three(metre: str) -> bool:
    """Whether a bar has three beats, or beats of three eighths."""
    return metre in ("3/4", "6/8", "12/8")


def sounding_metre(metre: str) -> str:
    """What a metre is heard as: a bar of 12/8 as two of 6/8, because nothing that always sounds parts them."""
    return "6/8" if metre == "12/8" else metre


def agreement(audio: Audio, score: Score) -> Agreement:
    """What is heard in the sound of a score's tempo beside where the score has its beats and bar lines."""
    end = score.bars * score.bar_seconds
    music = Audio(audio.samples[:, : round(end * audio.sample_rate)], audio.sample_rate)
    heard = hear_metre(music, score.beat_seconds / 2)
    metre = METRES[sounding_metre(score.metre.name)]
    bars = np.arange(round(end / metre.beats / score.beat_seconds)) * metre.beats
    counted = (bars[:, None] + _counted(metre)).ravel()
    return Agreement(
        beats=f_measure(heard.counted, counted * score.beat_seconds),
        bar_lines=f_measure(heard.bar_lines, bars * score.beat_seconds),
        heard=heard.name,
        own=metre.name,
    )


def hear_metre(audio: Audio, eighth: float) -> HeardMetre:
    """The metre of music whose eighths last so many seconds."""
    heard = onsets(audio)
    eighths = beats(heard, eighth)
    accents, pitches = _accents(heard, eighths), _pitches(audio, eighths)
    metre = METRES[_likeliest(_comes_back(accents))]
    bar, counted = round(2 * metre.beats), np.rint(2 * _counted(metre)).astype(int)
    first = int(np.argmax(_beginnings(accents.mean(axis=1), pitches, bar, counted)))
    places = (np.arange(len(eighths)) - first) % bar
    return HeardMetre(metre.name, eighths[np.isin(places, counted)], eighths[places == 0])


def onsets(audio: Audio) -> Onsets:
    """The onsets of a sound in twelve bands, a hundred moments a second."""
    power = np.square(np.concatenate(list(magnitudes(mono(audio), _WINDOW, _HOP))), dtype=np.float64)
    bins = np.searchsorted(np.fft.rfftfreq(_WINDOW, 1 / audio.sample_rate), _EDGES)
    bands = np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1)
    decibels = 10 * np.log10(bands / (np.quantile(bands, 0.99, axis=0) + 1e-12) + _DEPTH)
    rises = np.maximum(0, decibels[_RISE:] - decibels[:-_RISE])
    times = (np.arange(len(rises)) * _HOP + _WINDOW / 2 + _RISE * _HOP / 2) / audio.sample_rate
    return Onsets(rises, times)


def beats(heard: Onsets, seconds: float) -> Matrix:
    """When beats are, in seconds, that are about so many seconds apart and have the strongest onsets."""
    strength, period = _strength(heard), seconds / (heard.times[1] - heard.times[0])
    steps = np.arange(round(period / 2), round(period * 2) + 1)
    strain = _TIGHTNESS * np.square(np.log(steps / period))
    best, before = strength.copy(), np.full(len(strength), -1)
    for moment in range(steps[0], len(strength)):
        reach = steps[steps <= moment]
        chances = best[moment - reach] - strain[: len(reach)]
        chosen = int(np.argmax(chances))
        best[moment] += chances[chosen]
        before[moment] = moment - reach[chosen]
    moment = len(best) - len(steps) + int(np.argmax(best[-len(steps) :]))
    found = []
    while moment >= 0:
        found.append(heard.times[moment])
        moment = int(before[moment])
    return np.array(found[::-1])


def f_measure(found: Matrix, true: npt.NDArray[np.floating]) -> float:
    """The harmonic mean of the share of places that were found and the share of finds that are at a place."""
    if not len(found) or not len(true):
        return 0.0
    nearest = np.abs(found[:, None] - true).argmin(axis=1)
    met = {
        int(place) for time, place in zip(found, nearest, strict=True) if abs(time - true[place]) <= WITHIN
    }
    return 2 * len(met) / (len(found) + len(true))


def _counted(metre: Metre) -> Matrix:
    """The beats of a bar that people count."""
    return np.array(list(accumulate(metre.counts[:-1], initial=0.0)))


def _strength(heard: Onsets) -> Matrix:
    """The mean of all bands, the low ones twice, smoothed, in its standard deviation."""
    rises = heard.rises.mean(axis=1) + heard.rises[:, :_LOW_BANDS].mean(axis=1)
    smooth = np.convolve(rises, np.hanning(7), mode="same")
    strength: Matrix = (smooth - smooth.mean()) / (smooth.std() + 1e-9)
    return strength


def _accents(heard: Onsets, eighths: Matrix) -> Matrix:
    """The strongest onset of each eighth but the last, (eighths, bands), looked for from a third before it on."""
    starts = np.searchsorted(heard.times, eighths[:-1] - np.diff(eighths) / 3)
    accents: Matrix = np.maximum.reduceat(heard.rises, starts, axis=0)
    return accents


def _pitches(audio: Audio, eighths: Matrix) -> Matrix:
    """How loud each semitone is in each eighth but the last, (eighths, semitones), as a vector of length 1."""
    power = np.square(
        np.concatenate(list(magnitudes(mono(audio), _PITCH_WINDOW, _PITCH_HOP))), dtype=np.float64
    )
    hertz = 440 * 2 ** ((np.append(_PITCHES, _PITCHES[-1] + 1) - 69.5) / 12)
    bins = np.searchsorted(np.fft.rfftfreq(_PITCH_WINDOW, 1 / audio.sample_rate), hertz)
    semitones = np.array([power[:, low : max(high, low + 1)].sum(axis=1) for low, high in pairwise(bins)]).T
    loudness = 10 * np.log10(semitones / semitones.max() + _PITCH_DEPTH) - 10 * np.log10(_PITCH_DEPTH)
    times = (np.arange(len(loudness)) * _PITCH_HOP + _PITCH_WINDOW / 2) / audio.sample_rate
    starts = np.minimum(np.searchsorted(times, eighths[:-1]), len(times) - 1)
    sums = np.add.reduceat(loudness, starts, axis=0)
    unit: Matrix = sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)
    return unit


def _comes_back(accents: Matrix) -> Matrix:
    """How like themselves the accents are 0, 1, 2 … eighths later: 1 for the same, 0 for anything."""
    spread = accents - accents.mean(axis=0)
    longest = min(_LONGEST_LAG, len(accents) * 3 // 5)
    alike = [np.mean(spread[lag:] * spread[: len(spread) - lag], axis=0) for lag in range(longest + 1)]
    deviation = spread.std(axis=0) + 1e-9
    mean: Matrix = (np.array(alike) / deviation).sum(axis=1) / deviation.sum()
    return mean


def _likeliest(alike: Matrix) -> str:
    """The metre whose bars come back most, against what comes back after any number of its beats.

    A bar of six eighths is three quarters, or twice three eighths, by which of them comes back within it.
    """

    def mean(lags: npt.NDArray[np.int_]) -> float:
        return float(alike[lags].mean()) if len(lags) else 0.0

    lags = np.arange(1, len(alike))
    chances = {}
    for eighths, name in _BARS.items():
        whole_beats = lags[lags % 2 == 0] if eighths % 2 == 0 else lags
        chances[name] = mean(lags[lags % eighths == 0]) - mean(whole_beats)
    name = max(chances, key=lambda each: chances[each])
    if name == "3/4" and mean(lags[lags % 6 == 3]) > mean(lags[np.isin(lags % 6, (2, 4))]):
        return "6/8"
    return name


def _beginnings(accents: Matrix, pitches: Matrix, bar: int, counted: npt.NDArray[np.int_]) -> Matrix:
    """How well a bar of so many eighths begins at each of the first ones.

    What sounds changes from bar to bar there, and on the `counted` eighths from then on accents lie and notes change.
    """

    def mean(values: Matrix) -> Matrix:
        return np.array([np.nanmean(values[place::bar]) for place in range(bar)])

    def on_counted(values: Matrix) -> Matrix:
        return np.array([np.mean(mean(values)[(place + counted) % bar]) for place in range(bar)])

    evidence = (
        mean(_change(pitches, bar)),
        on_counted(_change(pitches, 1)),
        on_counted(accents),
    )
    total: Matrix = np.sum([(each - each.mean()) / (each.std() + 1e-9) for each in evidence], axis=0)
    return total


def _change(pitches: Matrix, reach: int) -> Matrix:
    """How different so many eighths are from as many before them; NaN where there are not enough."""
    until = np.concatenate([np.zeros((1, pitches.shape[1])), pitches.cumsum(axis=0)])
    change = np.full(len(pitches), np.nan)
    for place in range(reach, len(pitches) - reach + 1):
        before, after = until[place] - until[place - reach], until[place + reach] - until[place]
        change[place] = np.linalg.norm(after - before) / reach
    return change
