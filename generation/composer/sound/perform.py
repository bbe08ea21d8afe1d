"""From a score to timed events: swing, feel and the small freedoms that people take."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache, partial
from operator import attrgetter

from ..genre.catalog import GENRES
from ..genre.types import Genre
from ..instruments import TEXTURES
from ..metre import PHRASE_BARS
from ..randomness import stream
from ..score import Part, Score, Section
from ..sources.timed_note import TimedNote

EXACT_VOICES = frozenset({"kick"})
_STEADINESS = 0.85
"""How much of its lead or lag a player keeps from one note to the next (an AR(1) process)."""

_TOGETHER = 0.75
"""How much of the drift about the beat all players share."""

_GROOVE_STEPS = 2
"""How many times a beat the drift that they share moves on."""

_ARC = 4.0
"""Velocity that a phrase gains at its middle."""

_SHORTEST = 0.02
_LATEST_START = 0.005


_ORDER = attrgetter("time", "pitch", "voice")


def perform(score: Score) -> dict[str, tuple[TimedNote, ...]]:
    """The events of each role in order of time: none before 0, none from the end of the piece on.

    Kicks and textures are exact; everything else drifts about its beat as the genre's feel says, for the most part all
    players together.
    """
    genre = GENRES[score.genre]
    # Notes share their beats, above all those of a chord.
    moment = cache(partial(_moment, score.beat_seconds, score.swing, genre.swing_unit))
    bar = score.metre.beats
    arc = cache(partial(_arc, _arcs(score.sections, bar), PHRASE_BARS * bar))
    groove = _groove(score, genre)
    return {part.role: tuple(_played(part, score, genre, moment, arc, groove)) for part in score.parts}


def _groove(score: Score, genre: Genre) -> Callable[[float], float]:
    """The drift in seconds that all players share at a beat."""
    around_zero = stream(score.seed, score.genre, "perform", "groove").around_zero
    drifts = [0.0]
    for _ in range(math.ceil((score.bars + 1) * score.metre.beats * _GROOVE_STEPS)):
        drifts.append(_STEADINESS * drifts[-1] + around_zero(genre.feel.timing * 0.5))

    def drift(beat: float) -> float:
        return drifts[min(len(drifts) - 1, max(0, int(beat * _GROOVE_STEPS)))]

    return drift


def _played(
    part: Part,
    score: Score,
    genre: Genre,
    moment: Callable[[float], float],
    arc: Callable[[float], float],
    groove: Callable[[float], float],
) -> list[TimedNote]:
    """A part's events; `moment` is the second of a beat, `arc` what its phrase adds to velocity there.

    `groove` is the drift of all players at a beat, to which this one adds its own.
    """
    around_zero = stream(score.seed, score.genre, "perform", part.role).around_zero
    feel, is_texture = genre.feel, part.instrument in TEXTURES
    role_lag = feel.lags.get(part.role, 0.0)
    latest, end = score.duration - _LATEST_START, score.duration
    drift, chord_start = 0.0, -1.0
    events = []
    for start, length, pitch, velocity, voice in part.notes:
        if start != chord_start:
            drift = _STEADINESS * drift + around_zero(feel.timing * 0.5)
            chord_start = start
        late = (
            _TOGETHER * groove(start)
            + (1 - _TOGETHER) * drift
            + around_zero(feel.timing * 0.35)
            + feel.lags.get(voice, role_lag)
        )
        louder = around_zero(feel.velocity) + arc(start)
        if is_texture or voice in EXACT_VOICES:
            late = louder = 0.0
        time = moment(start) + late
        if not 0.0 < time < latest:
            time = 0.0 if time <= 0.0 else latest
        duration = moment(start + length) - moment(start)
        if duration < _SHORTEST:
            duration = _SHORTEST
        if duration > end - time:
            duration = end - time
        force = round(velocity + louder)
        if not 0 < force < 128:
            force = 1 if force < 1 else 127
        events.append(TimedNote(time, duration, pitch, force, voice))
    events.sort(key=_ORDER)
    return events


def _moment(beat_seconds: float, swing: float, unit: float, beat: float) -> float:
    return swung(beat, swing, unit) * beat_seconds


def swung(beat: float, swing: float, unit: float) -> float:
    """A beat moved by swing: of each pair of notes, `unit` beats long, the first takes the share `swing`."""
    pair = math.floor(beat / unit)
    place = beat / unit - pair
    place = place * 2 * swing if place < 0.5 else swing + (place - 0.5) * 2 * (1 - swing)
    return (pair + place) * unit


def _arcs(sections: Sequence[Section], bar: float) -> list[float]:
    """The beats on which sections begin, and the one on which the last ends, in bars of so many beats."""
    ends = [(section.start_bar + section.bars) * bar for section in sections[-1:]]
    return [section.start_bar * bar for section in sections] + ends


def _arc(arcs: Sequence[float], phrase: float, beat: float) -> float:
    """What a phrase of so many beats adds to velocity: nothing at its ends, most in its middle."""
    place = bisect_right(arcs, beat)
    if not 0 < place < len(arcs):
        return 0.0
    return _ARC * math.sin(math.pi * ((beat - arcs[place - 1]) % phrase) / phrase)
