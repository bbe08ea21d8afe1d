"""Bars of a score, and the rhythm of a bar: the set of its onsets on a grid of sixteenths or triplets."""

from collections import defaultdict
from collections.abc import Iterable

from generation.composer.score import Note, Score

SIXTEENTH = 0.25
BarRhythm = frozenset[int]
"""Onsets of a bar in twelfths of a beat."""

_TWELFTHS = 12
# On which twelfths of a beat a sixteenth or a triplet's eighth begins.
_GRID = (0, 3, 4, 6, 8, 9, 12)


def beats_per_bar(score: Score) -> float:
    """How many beats (quarters) a bar of the score has; the one place where measures ask for it."""
    return score.metre.beats


def on_grid(beat: float) -> int:
    """The nearest sixteenth or triplet's eighth, in twelfths of a beat."""
    whole, rest = divmod(beat, 1)
    return _TWELFTHS * int(whole) + min(_GRID, key=lambda twelfth: abs(twelfth - _TWELFTHS * rest))


def bar_rhythms(score: Score, notes: Iterable[Note]) -> dict[int, BarRhythm]:
    """The rhythm of every bar in which one of the notes begins; where the last chord rings is no bar."""
    bar = round(_TWELFTHS * beats_per_bar(score))
    found: dict[int, set[int]] = defaultdict(set)
    for note in notes:
        number, place = divmod(on_grid(note.start), bar)
        if number < score.bars:
            found[number].add(place)
    return {number: frozenset(places) for number, places in sorted(found.items())}
