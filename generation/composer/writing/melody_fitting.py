"""Fits a melody to its chords: the pitches that suit contour, harmony and voice leading best."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ..learned.pitches import move_costs
from ..metre import Metre
from ..theory import Chord
from .cheapest_line import Choice, cheapest_line
from .harmony import Chart

HELD = 0.75
"""From this length on, in beats, a note is heard against its chord and may not clash."""

LONG = 1.5
"""From this length on, in beats, a note has to belong to its chord wherever it starts."""

_EARLY = (0.25, 0.5)
"""How far before a strong place a note may begin that anticipates it, in beats."""

_LONGER = 1.6
"""How many times as long as it comes early such a note is at least."""

_FORBIDDEN = 1000.0
_BIT = 0.3
"""What a bit costs: how much is given for moves that tunes make."""
_ANY = frozenset(range(12))
# What is so much dearer than another pitch is never worth the move there: no line leads through it.
_FAR_WORSE = 4.5
# What an interval costs by its size in semitones: steps are free, tritones and sevenths dear.
_LEAP_COSTS = (0.0, 0.0, 0.0, 0.2, 0.3, 0.65, 3.0, 1.0, 1.5, 1.7, 3.0, 3.5, 1.6)


@dataclass(frozen=True, slots=True)
class MelodyNote:
    """A note of a melody; `start` and `length` in beats."""

    start: float
    length: float
    pitch: int


@dataclass(frozen=True, slots=True)
class TargetNote:
    """A note before it has a pitch: where the contour wants it, and what it will sound against.

    `strong` says that it has to belong to its chord, `close` is "open" or "closed" where a phrase ends on it. `scale`
    and the chord's `tones` are pitch classes; `under` are the chords that come while it sounds. `pitch` is the one that
    it has to have, None where that is open.
    """

    start: float
    length: float
    target: float
    close: str
    strong: bool
    chord: Chord
    tones: frozenset[int]
    scale: frozenset[int]
    under: tuple[Chord, ...]
    pitch: int | None = None


def target_note(
    chart: Chart, metre: Metre, start: float, length: float, target: float, close: str
) -> TargetNote:
    """The note to be fitted at a beat of the chart."""
    heard = heard_at(metre, start, length)
    chord = chart.at(heard).chord
    under = tuple(span.chord for span in chart.between(heard + 0.01, start + length))
    tones = frozenset(chord.pitch_classes)
    strong = is_strong(metre, heard, start + length - heard)
    return TargetNote(start, length, target, close, strong, chord, tones, chart.scale_at(heard), under)


def heard_at(metre: Metre, start: float, length: float) -> float:
    """The beat whose chord a note is heard against: its own, or that of a strong place that it anticipates."""
    for early in _EARLY:
        place = start + early
        if metre.is_strong(place) and not metre.is_strong(start) and length >= _LONGER * early:
            return place
    return start


def with_pitches(
    notes: list[TargetNote], low: int, high: int, *, chromatic: bool, tonic: int, mode_family: str
) -> Iterator[MelodyNote]:
    """The notes, given pitches from low to high; `chromatic` lets short offbeats leave the scale.

    Moves that tunes seldom make from a note of the key are dear.
    """
    usual = _usual_moves(tonic, mode_family, high - low)
    steps = [_Steps(earlier, later, high - low, usual) for earlier, later in pairwise(notes)]

    def costs(index: int, before: Sequence[int], pitch: int) -> list[float]:
        return steps[index - 1].costs(before, pitch)

    choices = [_choices(note, low, high, chromatic) for note in notes]
    for note, pitch in zip(notes, cheapest_line(choices, costs), strict=True):
        yield MelodyNote(note.start, note.length, pitch)


def is_strong(metre: Metre, start: float, length: float) -> bool:
    """Whether a note has to belong to its chord: on a strong place of the bar, or long."""
    return metre.is_strong(start) or length >= LONG


def clashes(pitch: int, chord: Chord) -> bool:
    """Whether a pitch foreign to a chord lies a semitone above one of its notes or its bass, the minor ninth."""
    notes = (*chord.pitch_classes, chord.bass)
    return pitch % 12 not in notes and (pitch - 1) % 12 in notes


def _choices(note: TargetNote, low: int, high: int, chromatic: bool) -> list[Choice]:
    """The pitches that may be sung, or where none may, the least bad ones."""
    if note.pitch is not None and low <= note.pitch <= high:
        return [(note.pitch, 0.0)]
    passing = chromatic and note.start % 1 != 0 and note.length <= 0.5
    held = note.length >= HELD
    harmonic = _harmonic_costs(note.chord, note.scale, note.under, note.close, held, note.strong, passing)
    row = [
        (pitch, 0.3 * abs(pitch - note.target) + harmonic[pitch % 12])
        for pitch in range(low, high + 1)
        if pitch % 12 in harmonic
    ]
    limit = min(min((cost for _, cost in row), default=0.0) + _FAR_WORSE, _FORBIDDEN)
    return [choice for choice in row if choice[1] < limit] or row


@lru_cache(maxsize=2048)
def _harmonic_costs(
    chord: Chord,
    scale: frozenset[int],
    under: tuple[Chord, ...],
    close: str,
    held: bool,
    strong: bool,
    passing: bool,
) -> dict[int, float]:
    """What the pitch classes that may be sung over a chord cost; `passing` notes may leave the scale.

    `held` and `strong` are as HELD and is_strong say. Chords return, and with them what they bear.
    """
    costs = {}
    for pitch_class in range(12):
        if not passing and pitch_class not in scale:
            continue
        cost = _FORBIDDEN * sum(held and clashes(pitch_class, later) for later in under)
        clash = clashes(pitch_class, chord)
        if pitch_class in chord.pitch_classes:
            rubs = held and pitch_class == chord.root and 11 in chord.intervals
            cost = cost + (0.7 if rubs else 0.0) + _closing_cost(pitch_class, chord, close)
        elif close or strong or (held and clash):
            cost += _FORBIDDEN
        else:
            cost = cost + 0.25 + (0.5 if clash else 0.0) + (1.0 if pitch_class not in scale else 0.0)
        costs[pitch_class] = cost
    return costs


def _closing_cost(pitch_class: int, chord: Chord, close: str) -> float:
    """A closed phrase comes to rest on root or third, an open one hangs on anything but the root."""
    on_root = pitch_class == chord.root
    if close == "closed":
        return 0.0 if on_root else 0.5 if pitch_class == chord.pitch_classes[1] else 2.5
    return 1.5 if close == "open" and on_root else 0.0


class _Steps:
    """What moves cost between two notes: leaps, turns against the contour, dissonance reached or left by leap."""

    def __init__(
        self, earlier: TargetNote, later: TargetNote, furthest: int, usual: Sequence[Mapping[int, float]]
    ) -> None:
        wanted = later.target - earlier.target
        apart = later.start - earlier.start - earlier.length > HELD
        # After a rest nothing is left by leap.
        tones, scale = (_ANY, _ANY) if apart else (earlier.tones, earlier.scale)
        self._tones = later.tones
        self._usual = usual
        self._to_tone = _moves_from(wanted, furthest, tones, scale, False)
        self._to_other = _moves_from(wanted, furthest, tones, scale, not apart)

    def costs(self, before: Sequence[int], pitch: int) -> list[float]:
        """The cost of coming to a pitch from each of those before."""
        moves = self._to_tone if pitch % 12 in self._tones else self._to_other
        usual = self._usual
        return [moves[other % 12][pitch - other] + usual[other % 12][pitch - other] for other in before]


@lru_cache(maxsize=64)
def _usual_moves(tonic: int, mode_family: str, furthest: int) -> list[dict[int, float]]:
    """What each move costs from each pitch class in a key because tunes seldom make it."""
    bits = move_costs(mode_family)
    return [
        {move: _BIT * bits[(pitch_class - tonic) % 12][move] for move in range(-furthest, furthest + 1)}
        for pitch_class in range(12)
    ]


@lru_cache(maxsize=1024)
def _moves_from(
    wanted: float, furthest: int, tones: frozenset[int], scale: frozenset[int], reached: bool
) -> list[dict[int, float]]:
    """What each move costs from each of the twelve pitch classes, where the contour wants another.

    Themes return, and with them what they want and where they stand.
    """
    return [
        _moves(wanted, furthest, pitch_class not in tones, reached, pitch_class not in scale)
        for pitch_class in range(12)
    ]


@lru_cache(maxsize=1024)
def _moves(wanted: float, furthest: int, left: bool, reached: bool, foreign: bool) -> dict[int, float]:
    """What each move costs that is no longer than `furthest`."""
    return {move: _move_cost(move, wanted, left, reached, foreign) for move in range(-furthest, furthest + 1)}


def _move_cost(move: int, wanted: float, left: bool, reached: bool, foreign: bool) -> float:
    """What a move costs where the contour wants another.

    `left` and `reached` say that the note it leaves, or reaches, is foreign to its chord; `foreign` that the one it
    leaves is foreign to the scale too.
    """
    size = abs(move)
    cost = (_LEAP_COSTS[size] if size <= 12 else 8.0) + 0.25 * abs(move - wanted)
    if move * wanted < 0:
        cost += 0.8
    if move == 0 and wanted != 0:
        cost += 0.9
    if size > 2:
        cost = cost + (3.0 if left else 0.0) + (2.0 if reached else 0.0)
    if size != 1 and foreign:
        cost += 20.0
    return cost
