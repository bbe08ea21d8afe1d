"""Plans a piece: tempo and duration become bars, sections and the tail in which the last chord rings."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..genre.types import Forms, Genre
from ..metre import Metre
from ..randomness import Stream, stream
from .section_lengths import Shape, fitted_lengths

LOWEST_BPM, HIGHEST_BPM = 30.0, 300.0
_TRIES_FOR_TEMPO = 24
_MOST_REPEATS = 24
_FORMS_TO_FIT = 4
_AS_GOOD = 1.0

_REPEAT = re.compile(r"\(([^)]*)\)\*")


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A section of `bars` bars from `start_bar`; `time` counts the sections of its kind before it."""

    kind: str
    time: int
    start_bar: int
    bars: int

    @property
    def end_bar(self) -> int:
        return self.start_bar + self.bars


@dataclass(frozen=True, slots=True)
class Plan:
    """`bars * bar_seconds + tail` is the duration in seconds; the sections cover all bars."""

    bpm: float
    bars: int
    tail: float
    swing: float
    sections: tuple[PlannedSection, ...]
    metre: Metre


def write_plan(genre: Genre, *, seed: int, duration: float, bpm: float) -> Plan:
    """The plan of a piece: the tempo is kept exactly, and the tail takes what the bars leave."""
    bars = bars_in(genre, bpm, duration)
    return Plan(
        bpm=bpm,
        bars=bars,
        tail=duration - bars * genre.metre.bar_seconds(bpm),
        swing=round(stream(seed, genre.name, "swing").between(*genre.swing), 3),
        sections=_sections(genre, bars, stream(seed, genre.name, "form")),
        metre=genre.metre,
    )


def bars_in(genre: Genre, bpm: float, duration: float) -> int:
    """How many bars a piece has: square ones before odd ones, with a tail that suits the genre.

    Zero where not even one bar and a tail fit; the piece is then its last chord.
    """
    shortest = min(genre.tail[0], duration * 0.2)
    seconds = genre.metre.bar_seconds(bpm)
    most = math.floor((duration - shortest) / seconds)
    if most < 1:
        return 0
    return min(
        range(most, max(0, most - 4), -1),
        key=lambda bars: _awkwardness(genre, bars, duration - bars * seconds, duration),
    )


def draw_tempo(genre: Genre, duration: float, pull: float, random: Stream) -> float:
    """A tempo of the genre's range, in BPM with two decimals, at which the piece falls into even bars.

    `pull` from -1 to 1 leans to the slow or the fast end of the range, and a little beyond.
    """
    low, high = genre.tempo
    best, least = low, math.inf
    for _ in range(_TRIES_FOR_TEMPO):
        place = min(1.15, max(-0.15, 0.5 + 0.5 * pull + random.between(-0.5, 0.5) * (1 - 0.4 * abs(pull))))
        bpm = round(min(HIGHEST_BPM, max(LOWEST_BPM, low + (high - low) * place)), 2)
        bars = bars_in(genre, bpm, duration)
        awkward = _awkwardness(genre, bars, duration - bars * genre.metre.bar_seconds(bpm), duration)
        if random.chance(1 - awkward):
            return bpm
        if awkward < least:
            best, least = bpm, awkward
    return best


def _awkwardness(genre: Genre, bars: int, tail: float, duration: float) -> float:
    """How far from natural a number of bars and its tail are; 0 is natural, 1 hardly bearable."""
    longest = min(genre.tail[1], duration * 0.4)
    odd, even = (0.3, 0.05) if bars < 16 else (0.9, 0.35) if bars >= 24 else (0.6, 0.1)
    squareness = 0.0 if bars % 4 == 0 else even if bars % 2 == 0 else odd
    return squareness + 0.4 * max(0.0, tail - longest)


def _sections(genre: Genre, bars: int, random: Stream) -> tuple[PlannedSection, ...]:
    if bars == 0:
        return ()
    shape, lengths = _fitted_shape(genre.forms, bars, random)
    sections: list[PlannedSection] = []
    seen: Counter[str] = Counter()
    start = 0
    for (kind, _), length in zip(shape, lengths, strict=True):
        sections.append(PlannedSection(kind, seen[kind], start, length))
        seen[kind] += 1
        start += length
    return tuple(sections)


def _fitted_shape(forms: Forms, bars: int, random: Stream) -> tuple[Shape, tuple[int, ...]]:
    """One of the shapes that stretch to `bars` with the least harm, and its sections' lengths."""
    shapes = [shape for text in forms.shapes for shape in _expansions(text, bars)]
    shapes.sort(key=lambda shape: abs(sum(length for _, length in shape) - bars))
    fitted = [(*fitted_lengths(shape, bars, forms.flexible), shape) for shape in shapes[:_FORMS_TO_FIT]]
    least = min(cost for cost, _, _ in fitted)
    good = [(shape, lengths) for cost, lengths, shape in fitted if cost <= least + _AS_GOOD]
    return random.pick(good)


def _expansions(text: str, bars: int) -> Iterator[Shape]:
    """The shape of a text with its bracketed stretch once, twice and so on, none with more sections than
    bars.
    """
    for repeats in range(1, _MOST_REPEATS if "(" in text else 2):
        entries = _repeated(text, repeats).split()
        if len(entries) > bars:
            return
        yield tuple((kind, int(length)) for kind, _, length in (entry.partition(":") for entry in entries))


def _repeated(text: str, repeats: int) -> str:
    """The text with what stands in brackets written so often."""
    return _REPEAT.sub(lambda match: " ".join([match[1]] * repeats), text)
