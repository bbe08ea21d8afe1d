"""Fitting a melody to its chords: of all pitches those that suit contour, harmony and voice leading best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .harmony import Chart
from .line import Choice, cheapest_line
from .score import BEATS_PER_BAR
from .theory import Chord

HELD = 0.75
"""From this length on, in beats, a note is heard against its chord and may not clash."""

LONG = 1.5
"""From this length on, in beats, a note has to belong to its chord wherever it starts."""

_FORBIDDEN = 1000.0
# What is so much dearer than another pitch is never worth the move there: no line leads through it.
_FAR_WORSE = 4.5
# What an interval costs by its size in semitones: steps are free, tritones and sevenths dear.
_LEAP_COSTS = (0.0, 0.0, 0.0, 0.2, 0.3, 0.65, 3.0, 1.0, 1.5, 1.7, 3.0, 3.5, 1.6)


@dataclass(frozen=True, slots=True)
class Sung:
    """A note of a melody; `start` and `length` in beats."""

    start: float
    length: float
    pitch: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A note before it has a pitch: where the contour wants it, and what it will sound against.

    `close` is "open" or "closed" where a phrase ends on it. `scale` and the chord's `tones` are pitch
    classes; `under` are the chords that come while it sounds.
    """

    start: float
    length: float
    target: float
    close: str
    chord: Chord
    tones: frozenset[int]
    scale: frozenset[int]
    under: tuple[Chord, ...]


def wish_for(chart: Chart, start: float, length: float, target: float, close: str) -> Wish:
    """The wish for a note at a beat of the chart."""
    chord = chart.at(start).chord
    under = tuple(span.chord for span in chart.between(start + 0.01, start + length))
    tones = frozenset(chord.pitch_classes)
    return Wish(start, length, target, close, chord, tones, chart.scale_at(start), under)


def fitted(wishes: list[Wish], low: int, high: int, *, chromatic: bool) -> Iterator[Sung]:
    """The wishes with pitches from low to high; `chromatic` lets short offbeats leave the scale."""

    steps = [_Steps(earlier, later, high - low) for earlier, later in pairwise(wishes)]

    def costs(index: int, before: Sequence[int], pitch: int) -> list[float]:
        return steps[index - 1].costs(before, pitch)

    choices = [_choices(wish, low, high, chromatic) for wish in wishes]
    for wish, pitch in zip(wishes, cheapest_line(choices, costs), strict=True):
        yield Sung(wish.start, wish.length, pitch)


def is_strong(start: float, length: float) -> bool:
    """Whether a note has to belong to its chord: on the first and third beat, or long."""
    return start % (BEATS_PER_BAR / 2) == 0 or length >= LONG


def clashes(pitch: int, chord: Chord) -> bool:
    """Whether a pitch foreign to a chord lies a semitone above one of its notes or its bass, the minor ninth."""
    notes = (*chord.pitch_classes, chord.bass)
    return pitch % 12 not in notes and (pitch - 1) % 12 in notes


def _choices(wish: Wish, low: int, high: int, chromatic: bool) -> list[Choice]:
    """The pitches that may be sung, or where none may, the least bad ones."""
    passing = chromatic and wish.start % 1 != 0 and wish.length <= 0.5
    harmonic = {
        pitch_class: _harmonic_cost(pitch_class, wish)
        for pitch_class in range(12)
        if passing or pitch_class in wish.scale
    }
    row = [
        (pitch, 0.3 * abs(pitch - wish.target) + harmonic[pitch % 12])
        for pitch in range(low, high + 1)
        if pitch % 12 in harmonic
    ]
    limit = min(min((cost for _, cost in row), default=0.0) + _FAR_WORSE, _FORBIDDEN)
    return [choice for choice in row if choice[1] < limit] or row


def _harmonic_cost(pitch_class: int, wish: Wish) -> float:
    held = wish.length >= HELD
    cost = _FORBIDDEN * sum(held and clashes(pitch_class, chord) for chord in wish.under)
    if pitch_class in wish.tones:
        rubs = held and pitch_class == wish.chord.root and 11 in wish.chord.intervals
        return cost + (0.7 if rubs else 0.0) + _closing_cost(pitch_class, wish)
    clash = clashes(pitch_class, wish.chord)
    if wish.close or is_strong(wish.start, wish.length) or (held and clash):
        return cost + _FORBIDDEN
    return cost + 0.25 + (0.5 if clash else 0.0) + (1.0 if pitch_class not in wish.scale else 0.0)


def _closing_cost(pitch_class: int, wish: Wish) -> float:
    """A closed phrase comes to rest on root or third, an open one hangs on anything but the root."""
    on_root = pitch_class == wish.chord.root
    if wish.close == "closed":
        return 0.0 if on_root else 0.5 if pitch_class == wish.chord.pitch_classes[1] else 2.5
    return 1.5 if wish.close == "open" and on_root else 0.0


class _Steps:
    """What moves cost between two notes: leaps, turns against the contour, dissonance reached or left by leap."""

    def __init__(self, earlier: Wish, later: Wish, furthest: int) -> None:
        self._moves = _moves(later.target - earlier.target, furthest)
        self._apart = later.start - earlier.start - earlier.length > HELD
        self._left = [3.0 if pitch_class not in earlier.tones else 0.0 for pitch_class in range(12)]
        self._foreign = [20.0 if pitch_class not in earlier.scale else 0.0 for pitch_class in range(12)]
        self._tones = later.tones

    def costs(self, before: Sequence[int], pitch: int) -> list[float]:
        """The cost of coming to a pitch from each of those before."""
        moves = self._moves
        if self._apart:
            return [moves[pitch - other] for other in before]
        left, foreign = self._left, self._foreign
        reached = 2.0 if pitch % 12 not in self._tones else 0.0
        costs = []
        for other in before:
            move = pitch - other
            cost = moves[move]
            if not -3 < move < 3:
                cost = cost + left[other % 12] + reached
            if move not in (-1, 1):
                cost += foreign[other % 12]
            costs.append(cost)
        return costs


@lru_cache(maxsize=256)
def _moves(wanted: float, furthest: int) -> dict[int, float]:
    """What each move costs where the contour wants another. Themes return, and with them what they want."""
    return {move: _move_cost(move, wanted) for move in range(-furthest, furthest + 1)}


def _move_cost(move: int, wanted: float) -> float:
    size = abs(move)
    cost = (_LEAP_COSTS[size] if size <= 12 else 8.0) + 0.25 * abs(move - wanted)
    if move * wanted < 0:
        cost += 0.8
    if move == 0 and wanted != 0:
        cost += 0.9
    return cost
