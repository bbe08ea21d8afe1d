"""A tune as it is read from a collection, before anything is counted."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple


class Tone(NamedTuple):
    """A sung note. `start` and `length` in sixteenths; `start` counts from the strain's first bar line.

    `pitch` is semitones above the tonic of the fourth octave, `step` the same in steps of the staff. `breath` says
    that a phrase ends with it, where the source writes that.
    """

    start: Fraction
    length: Fraction
    pitch: int
    step: int
    breath: bool = False

    @property
    def end(self) -> Fraction:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Strain:
    """A stretch between double bar lines or signs of repetition; its pickup starts before zero.

    `metre` is "4/4"; `bars` counts the bars from the first bar line on. `even`: each bar is as long as the metre says.
    """

    mode: str
    metre: str
    bars: int
    even: bool
    tones: tuple[Tone, ...]


@dataclass(frozen=True, slots=True)
class Tune:
    """A tune in the order in which it is written: what is repeated stands once. `number` is its collection's."""

    title: str
    number: int
    strains: tuple[Strain, ...]

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones from each note to the next."""
        pitches = [tone.pitch for strain in self.strains for tone in strain.tones]
        return tuple(after - before for before, after in pairwise(pitches))


def steps_per_bar(metre: str) -> Fraction:
    """How many sixteenths a bar of "6/8" has."""
    count, _, unit = metre.partition("/")
    return Fraction(16 * int(count), int(unit))
