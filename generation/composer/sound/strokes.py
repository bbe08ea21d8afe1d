"""Notes where each pitch sounds once at a time: one that is struck again while it sounds ends there."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", int, float)


class Stroke(NamedTuple, Generic[T]):
    """A note from `start` to `stop`, both in the same unit of time, ticks or seconds.

    `part` tells apart what several parts play.
    """

    start: T
    stop: T
    pitch: int
    velocity: int
    part: int = 0


def cut_where_struck_again(strokes: Iterable[Stroke[T]]) -> Iterator[Stroke[T]]:
    """The strokes, pitch by pitch, none longer than until the next one of its pitch."""
    by_pitch: dict[int, list[Stroke[T]]] = {}
    for stroke in strokes:
        by_pitch.setdefault(stroke.pitch, []).append(stroke)
    for same in by_pitch.values():
        following = dict(pairwise(sorted({stroke.start for stroke in same})))
        for stroke in same:
            again = following.get(stroke.start)
            yield stroke if again is None else stroke._replace(stop=min(stroke.stop, again))
