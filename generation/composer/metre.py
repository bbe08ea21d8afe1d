"""Metres: how many beats a bar has, where its weight lies, and what the tempo counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

STEP = 0.25
"""The grid of written rhythms: a sixteenth, in beats."""

PHRASE_BARS = 4
"""How many bars a phrase has where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Metre:
    """A metre. A beat is a quarter note everywhere in a score; lengths here are in beats.

    `groups` are the stretches that a bar falls into, each of which begins on a strong place; `counts` are what people
    count: four quarters in 4/4, two dotted quarters in 6/8. `count` is the length of what the tempo counts.
    """

    name: str
    groups: tuple[float, ...]
    counts: tuple[float, ...]
    count: float = 1.0

    @property
    def beats(self) -> float:
        """How long a bar is."""
        return sum(self.groups)

    @property
    def steps(self) -> int:
        """How many sixteenths a bar has."""
        return round(self.beats / STEP)

    @property
    def signature(self) -> tuple[int, int]:
        """The two numbers of the name: (6, 8)."""
        above, _, below = self.name.partition("/")
        return int(above), int(below)

    @property
    def middle(self) -> float:
        """The strong place nearest to the middle of a bar, or the middle where there is none."""
        inner = _starts(self.groups)[1:]
        return min(inner, key=lambda place: abs(place - self.beats / 2), default=self.beats / 2)

    @property
    def last_count(self) -> float:
        """The last place of a bar that people count."""
        return _starts(self.counts)[-1]

    def beat_seconds(self, bpm: float) -> float:
        """How long a beat, a quarter note, lasts at a tempo."""
        return 60 / (bpm * self.count)

    def bar_seconds(self, bpm: float) -> float:
        """How long a bar lasts at a tempo."""
        return self.beats * 60 / (bpm * self.count)

    def is_strong(self, beat: float) -> bool:
        """Whether a beat of the piece lies where a group begins."""
        return beat % self.beats in _starts(self.groups)

    def is_counted(self, beat: float) -> bool:
        """Whether a beat of the piece is one that people count."""
        return beat % self.beats in _starts(self.counts)

    def shares(self, count: int) -> tuple[tuple[float, float], ...]:
        """(start, length) of so many chords in a bar: on its groups or counts where there are as many, else evenly."""
        for parts in (self.groups, self.counts):
            if len(parts) == count:
                return tuple(zip(_starts(parts), parts, strict=True))
        if count == 2:
            return ((0.0, self.middle), (self.middle, self.beats - self.middle))
        length = self.beats / count
        return tuple((place * length, length) for place in range(count))

    def cut(self, start: float, end: float) -> tuple[tuple[float, float], ...]:
        """(start, length) of the stretches from beat to beat of the piece, parted where groups begin."""
        return self._parted(start, end, self.groups)

    def counted(self, start: float, end: float) -> tuple[tuple[float, float], ...]:
        """(start, length) of the stretches from beat to beat of the piece, parted where counts begin."""
        return self._parted(start, end, self.counts)

    def _parted(self, start: float, end: float, parts: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
        bar = start - start % self.beats
        inner = []
        while bar < end:
            inner += [bar + place for place in _starts(parts) if start < bar + place < end]
            bar += self.beats
        return tuple((low, high - low) for low, high in pairwise([start, *inner, end]))


def _starts(lengths: Iterable[float]) -> tuple[float, ...]:
    return tuple(accumulate(lengths, initial=0.0))[:-1]


FOUR_FOUR = Metre("4/4", groups=(2.0, 2.0), counts=(1.0,) * 4)

METRES: Mapping[str, Metre] = {
    metre.name: metre
    for metre in (
        FOUR_FOUR,
        Metre("3/4", groups=(3.0,), counts=(1.0,) * 3),
        Metre("6/8", groups=(1.5, 1.5), counts=(1.5, 1.5), count=1.5),
        Metre("12/8", groups=(3.0, 3.0), counts=(1.5,) * 4, count=1.5),
        Metre("5/4", groups=(3.0, 2.0), counts=(1.0,) * 5),
        Metre("7/8", groups=(2.0, 1.5), counts=(1.0, 1.0, 1.5)),
    )
}
"""Every metre by its name."""
