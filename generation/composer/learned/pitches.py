"""How likely a melody's next pitch is after one pitch, or two: what 2,800 tunes do.

Pitches are semitones above a tonic, whichever octave: 0 is a tonic, 7 the fifth above it, -1 the leading note below.

    >>> log2_probability("major", (11,), 12) > log2_probability("major", (11,), 7)
    True
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

WIDEST = 24
"""The widest interval that is told from others, in semitones; wider ones count as the same within it."""

INTERVALS = range(-WIDEST, WIDEST + 1)

Context = tuple[int, ...]
"""What led to a pitch: its pitch class above the tonic, the interval that led to it, the one before that and so on."""


class PitchModel:
    """An n-gram that says which interval follows a context.

    `counts` holds for "major" and "minor" how often which interval followed a context, written as "7 2 -1": a fifth
    above the tonic, reached by two semitones up, before which the melody went one down. Mixolydian and lydian count as
    major, dorian and phrygian as minor. Smoothed by Witten and Bell's interpolation, as in Chen and Goodman, "An
    Empirical Study of Smoothing Techniques for Language Modeling" (1998), 2.6: where a context came c times with t
    different intervals, p(i) = (c(i) + t p'(i)) / (c + t), p' being that of the context with one note less; the
    first p' gives all intervals the same.
    """

    def __init__(self, counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
        self._following: dict[str, dict[Context, dict[int, int]]] = {}
        for mode, contexts in counts.items():
            tables = self._following.setdefault(mode, {})
            for text, following in contexts.items():
                context = tuple(map(int, text.split()))
                for length in range(len(context) + 1):
                    table = tables.setdefault(context[:length], {})
                    for interval, count in following.items():
                        table[int(interval)] = table.get(int(interval), 0) + count

    def probability(self, mode_family: str, before: tuple[int, ...], interval: int) -> float:
        """Of an interval after the pitches `before`, as many of the last of them as the model knows."""
        tables, interval = self._following[mode_family], narrowed(interval)
        chance = 1 / len(INTERVALS)
        context = context_of(before)
        for length in range(len(context) + 1):
            counts = tables.get(context[:length])
            if counts is None:
                break
            kinds = len(counts)
            chance = (counts.get(interval, 0) + kinds * chance) / (sum(counts.values()) + kinds)
        return chance

    def log2_probability(self, mode_family: str, before: tuple[int, ...], following: int) -> float:
        """Of the pitch `following`; never 0, so never minus infinity.

        `before` may not be empty: where a tune begins is another question.
        """
        return math.log2(self.probability(mode_family, before, following - before[-1]))

    def move_costs(self, mode_family: str) -> tuple[dict[int, float], ...]:
        """For each pitch class to come from, what each interval costs in bits: for a search over pairs of notes."""
        return tuple(
            {
                interval: -math.log2(self.probability(mode_family, (pitch_class,), interval))
                for interval in INTERVALS
            }
            for pitch_class in range(12)
        )


def narrowed(interval: int) -> int:
    """The interval, less octaves where it is wider than WIDEST."""
    while abs(interval) > WIDEST:
        interval -= 12 if interval > 0 else -12
    return interval


def context_of(before: Sequence[int]) -> Context:
    """The context that pitches make, latest first; empty without pitches."""
    if not before:
        return ()
    latest_first = before[::-1]
    intervals = (narrowed(after - earlier) for after, earlier in pairwise(latest_first))
    return (latest_first[0] % 12, *intervals)


@cache
def pitch_model() -> PitchModel:
    """The model of Ryan's and O'Neill's collections: of two pitches and the next."""
    return PitchModel(json.loads(resources.files(__package__).joinpath("pitches.json").read_text("utf-8")))


def log2_probability(mode_family: str, before: tuple[int, ...], following: int) -> float:
    """How likely a pitch is after others in "major" or "minor", as a logarithm: 0 is certain, -1 every other time."""
    return pitch_model().log2_probability(mode_family, before, following)


@cache
def move_costs(mode_family: str) -> tuple[dict[int, float], ...]:
    """For each pitch class above the tonic to come from, the bits that each interval from -24 to 24 costs."""
    return pitch_model().move_costs(mode_family)
