"""From a score to timed events: swing, feel and the small freedoms that people take."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from .genre import Genre
from .genres import GENRES
from .instruments import TEXTURES
from .randomness import stream
from .score import BEATS_PER_BAR, Note, Part, Score, Section

EXACT_VOICES = frozenset({"kick"})
_STEADINESS = 0.85
"""How much of its lead or lag a player keeps from one note to the next (an AR(1) process)."""

_ARC = 4.0
"""Velocity that a phrase gains at its middle."""

_PHRASE_BEATS = 4 * BEATS_PER_BAR
_SHORTEST = 0.02
_LATEST_START = 0.005


class TimedNote(NamedTuple):
    """A note as it is played; `time` and `duration` in seconds from the start of the piece."""

    time: float
    duration: float
    pitch: int
    velocity: int
    voice: str = ""


def perform(score: Score) -> dict[str, tuple[TimedNote, ...]]:
    """The events of each role in order of time: none before 0, none from the end of the piece on.

    Kicks and textures are exact; everything else drifts about its beat as the genre's feel says.
    """
    genre = GENRES[score.genre]
    return {part.role: tuple(_played(part, score, genre)) for part in score.parts}


def _played(part: Part, score: Score, genre: Genre) -> list[TimedNote]:
    random = stream(score.seed, score.genre, "perform", part.role)
    arcs = _arcs(score.sections)
    drift, chord_start = 0.0, -1.0
    events = []
    for note in part.notes:
        if note.start != chord_start:
            drift = _STEADINESS * drift + random.around_zero(genre.feel.timing * 0.5)
            chord_start = note.start
        freedom = drift + random.around_zero(genre.feel.timing * 0.35)
        loudness = random.around_zero(genre.feel.velocity) + _arc(note.start, arcs)
        exact = note.voice in EXACT_VOICES or part.instrument in TEXTURES
        lag = genre.feel.lags.get(note.voice, genre.feel.lags.get(part.role, 0.0))
        events.append(_timed(note, score, genre, 0.0 if exact else freedom + lag, 0.0 if exact else loudness))
    return sorted(events, key=lambda event: (event.time, event.pitch, event.voice))


def _timed(note: Note, score: Score, genre: Genre, late: float, louder: float) -> TimedNote:
    beat = 60 / score.bpm
    start = swung(note.start, score.swing, genre.swing_unit) * beat
    end = swung(note.start + note.length, score.swing, genre.swing_unit) * beat
    time = min(max(0.0, start + late), score.duration - _LATEST_START)
    duration = min(max(_SHORTEST, end - start), score.duration - time)
    return TimedNote(time, duration, note.pitch, min(127, max(1, round(note.velocity + louder))), note.voice)


def swung(beat: float, swing: float, unit: float) -> float:
    """A beat moved by swing: of each pair of notes, `unit` beats long, the first takes the share `swing`."""
    pair = math.floor(beat / unit)
    place = beat / unit - pair
    place = place * 2 * swing if place < 0.5 else swing + (place - 0.5) * 2 * (1 - swing)
    return (pair + place) * unit


def _arcs(sections: Sequence[Section]) -> list[int]:
    """The beats on which sections begin, and the one on which the last ends."""
    ends = [(section.start_bar + section.bars) * BEATS_PER_BAR for section in sections[-1:]]
    return [section.start_bar * BEATS_PER_BAR for section in sections] + ends


def _arc(beat: float, arcs: list[int]) -> float:
    """What a phrase of four bars adds to velocity: nothing at its ends, most in its middle."""
    place = bisect_right(arcs, beat)
    if not 0 < place < len(arcs):
        return 0.0
    return _ARC * math.sin(math.pi * ((beat - arcs[place - 1]) % _PHRASE_BEATS) / _PHRASE_BEATS)
