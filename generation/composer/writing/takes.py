"""The best of several takes of a melody: what is worst by what tunes do never reaches anyone."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..genre.types import Genre
from ..learned.pitches import move_costs
from ..metre import STEP, Metre
from ..theory import family
from .harmony import Chart
from .melody import write_melody
from .melody_fitting import MelodyNote
from .plan import Plan, PlannedSection

TAKES = 3
_WIDE = 7
"""A leap in semitones that tunes seldom make."""

# What tunes of people do, roughly; a take is at fault as far as it does less, or more.
_BITS = 3.0
_DISTINCT = 0.45
_ACROSS = (0.12, 0.35)
_REPEATED = 0.25
_LEAPS = 0.06
_COMPASS = 9


def best_melody(
    genre: Genre, plan: Plan, chart: Chart, *, seed: int, low: int, high: int
) -> dict[PlannedSection, tuple[MelodyNote, ...]]:
    """The melody of each section, of that take which has the fewest faults; of equals the first."""
    takes = [
        write_melody(genre, plan, chart, seed=seed, low=low, high=high, take=take) for take in range(TAKES)
    ]
    return min(takes, key=lambda take: faults(_in_order(take), genre.metre, chart))


def faults(notes: Sequence[MelodyNote], metre: Metre, chart: Chart) -> float:
    """How far a melody is from what tunes do: 0 is as they are, 1 about as far as a poor one.

    It counts how likely its pitches are, how many different rhythms its bars have, how many bar lines it sounds across,
    how often a pitch is struck again, how often it leaps, and how wide it reaches.
    """
    if len(notes) < 2:
        return 1.0
    moves = [after.pitch - before.pitch for before, after in pairwise(notes)]
    repeated = sum(move == 0 for move in moves) / len(moves)
    leaps = sum(abs(move) > _WIDE for move in moves) / len(moves)
    pitches = [note.pitch for note in notes]
    rhythms = _rhythms(notes, metre)
    distinct = len(set(rhythms.values())) / len(rhythms)
    across = _across(notes, metre, rhythms)
    least, most = _ACROSS
    return (
        max(0.0, _bits(notes, chart) - _BITS)
        + 2 * max(0.0, _DISTINCT - distinct)
        + 3 * max(0.0, least - across, across - most)
        + 2 * max(0.0, repeated - _REPEATED)
        + 4 * max(0.0, leaps - _LEAPS)
        + 0.1 * max(0, _COMPASS - (max(pitches) - min(pitches)))
    )


def _bits(notes: Sequence[MelodyNote], chart: Chart) -> float:
    """What a move of the melody says, in bits, by what tunes do."""
    costs = move_costs(family(chart.mode))
    bits = [
        costs[(before.pitch - chart.tonic) % 12].get(after.pitch - before.pitch, _BITS * 3)
        for before, after in pairwise(notes)
    ]
    return sum(bits) / len(bits)


def _rhythms(notes: Sequence[MelodyNote], metre: Metre) -> Mapping[int, frozenset[int]]:
    """On which sixteenths notes begin, by the bar."""
    bars: dict[int, set[int]] = defaultdict(set)
    for note in notes:
        number, place = divmod(note.start, metre.beats)
        bars[int(number)].add(round(place / STEP))
    return {number: frozenset(places) for number, places in bars.items()}


def _across(notes: Sequence[MelodyNote], metre: Metre, sung: Mapping[int, object]) -> float:
    """The share of the lines between two sung bars that a note sounds across."""
    between = {number for number in sung if number - 1 in sung}
    crossed = {
        line
        for note in notes
        if (line := math.ceil((note.start + STEP) / metre.beats)) * metre.beats
        <= note.start + note.length - STEP
    }
    return len(crossed & between) / len(between) if between else 0.0


def _in_order(melody: Mapping[PlannedSection, Sequence[MelodyNote]]) -> list[MelodyNote]:
    return [note for notes in melody.values() for note in notes]
