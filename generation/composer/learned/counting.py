"""Counts what is learned of tunes: intervals, onsets in bars, beginnings and ends, heights in phrases."""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..metre import PHRASE_BARS
from .arches import PLACES, POINTS_PER_BAR
from .pitches import context_of, narrowed
from .tune import Strain, Tone, Tune, steps_per_bar

_FEWEST_STRAINS = 40
_FURTHEST_BARS = 2

METRES: Mapping[str, tuple[str, ...]] = {
    "4/4": ("4/4", "2/2", "2/4"),
    "3/4": ("3/4",),
    "6/8": ("6/8",),
    "9/8": ("9/8",),
    "12/8": ("12/8", "6/8"),
}
"""What each metre is learned from: two bars of 2/4 make one of 4/4, two of 6/8 one of 12/8."""

PitchCounts = dict[str, dict[str, dict[str, int]]]


def count_pitches(tunes: Iterable[Tune], order: int = 3) -> PitchCounts:
    """How often which interval followed a context of up to `order` - 1 pitches, as PitchModel reads it."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for tune in tunes:
        tones = [(strain.mode, tone.pitch) for strain in tune.strains for tone in strain.tones]
        pitches = [pitch for _, pitch in tones]
        for place in range(1, len(tones)):
            context = context_of(pitches[max(0, place - order + 1) : place])
            interval = narrowed(pitches[place] - pitches[place - 1])
            found[tones[place][0]][" ".join(map(str, context))][str(interval)] += 1
    return {
        mode: {context: dict(sorted(counter.items())) for context, counter in sorted(contexts.items())}
        for mode, contexts in sorted(found.items())
    }


def count_rhythms(kinds: Mapping[str, Sequence[Tune]]) -> dict[str, dict[str, Any]]:
    """The tables of rhythms by metre and kind, where there are strains enough."""
    tables: dict[str, dict[str, Any]] = {}
    for metre, sources in METRES.items():
        for kind, tunes in kinds.items():
            strains = [
                strain
                for tune in tunes
                for strain in tune.strains
                if strain.metre in sources and strain.even and strain.tones and strain.bars % PHRASE_BARS == 0
            ]
            if len(strains) >= _FEWEST_STRAINS:
                tables.setdefault(metre, {})[kind] = _rhythm_table(strains, int(steps_per_bar(metre)))
    return tables


@dataclass(frozen=True, slots=True)
class _Phrase:
    """The tones of a phrase; `following` is where the next begins."""

    tones: tuple[Tone, ...]
    following: Fraction


def _rhythm_table(strains: Sequence[Strain], steps: int) -> dict[str, Any]:
    onsets = [Counter[int]() for _ in range(steps)]
    begins, places, lengths, rests = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    before_line, after_line = Counter[int](), Counter[int]()
    lines = crossed = 0
    for strain in strains:
        begins[_offset(strain.tones[0].start, steps)] += 1
        for tone, following in pairwise(strain.tones):
            distance = following.start - tone.start
            if _on_grid(tone.start, distance) and 0 < distance <= _FURTHEST_BARS * steps:
                onsets[int(tone.start) % steps][int(distance)] += 1
        # The lines between the bars of the metre that is learned, not those of a bar of 2/4 in the midst of it.
        lines += max(0, math.ceil(_end(strain) / steps) - 1)
        for tone in strain.tones:
            line = (math.floor(tone.start / steps) + 1) * steps
            before, after = line - tone.start, tone.end - line
            if line > 0 and before >= 1 and after >= 1 and tone.end <= _end(strain):
                crossed += 1
                before_line[round(before)] += 1
                after_line[round(after)] += 1
        for phrase in _phrases(strain, PHRASE_BARS):
            last = phrase.tones[-1]
            places[int(last.start) % steps] += 1
            lengths[max(1, round(last.length))] += 1
            rests[max(0, round(phrase.following - last.end))] += 1
    return {
        "strains": len(strains),
        "next_onset": [_texts(counter) for counter in onsets],
        "begins": _texts(begins),
        "end_places": _texts(places),
        "end_lengths": _texts(lengths),
        "end_rests": _texts(rests),
        "across": round(crossed / lines, 4) if lines else 0.0,
        "starts_before": _texts(before_line),
        "ends_after": _texts(after_line),
    }


def _on_grid(*moments: Fraction) -> bool:
    return all(moment.denominator == 1 for moment in moments)


def _offset(start: Fraction, steps: int) -> int:
    """Sixteenths from the nearest bar line that a phrase may lean on: from half a bar before it on."""
    place = math.floor(start) % steps
    return place - steps if place >= steps / 2 else place


def _end(strain: Strain) -> Fraction:
    return strain.bars * steps_per_bar(strain.metre)


def _phrases(strain: Strain, bars: int) -> Iterator[_Phrase]:
    """The strain in phrases of so many bars; each begins as early as the strain does, if a note begins there."""
    length = bars * steps_per_bar(strain.metre)
    starts = {tone.start for tone in strain.tones}
    pickup = min(strain.tones[0].start, Fraction(0))
    count = int(_end(strain) / length)
    edges = [
        number * length + (pickup if number * length + pickup in starts else 0) for number in range(count + 1)
    ]
    edges[-1] = max(strain.tones[-1].end, _end(strain) + pickup)
    for start, end in pairwise(edges):
        tones = tuple(tone for tone in strain.tones if start <= tone.start < end)
        if tones:
            yield _Phrase(tones, end)


def count_arches(tunes: Iterable[Tune]) -> dict[str, dict[str, Any]]:
    """Mean heights by the bars of a phrase and its place in the strain."""
    heights: dict[tuple[int, str], list[list[float]]] = defaultdict(list)
    for strain in (strain for tune in tunes for strain in tune.strains):
        for bars in (2, 4):
            if strain.even and strain.tones and strain.bars % bars == 0 and strain.bars > bars:
                for place, row in _strain_heights(strain, bars):
                    heights[bars, place].append(row)
    tables: dict[str, dict[str, Any]] = {"2": {}, "4": {}}
    for bars in (2, 4):
        for place in PLACES:
            columns = list(zip(*heights[bars, place], strict=True))
            tables[str(bars)][place] = {
                "phrases": len(heights[bars, place]),
                "heights": [round(statistics.fmean(column), 3) for column in columns],
                "spreads": [round(statistics.pstdev(column), 3) for column in columns],
            }
    return tables


def _strain_heights(strain: Strain, bars: int) -> Iterator[tuple[str, list[float]]]:
    length = steps_per_bar(strain.metre) * bars
    count = strain.bars // bars
    for number in range(count):
        tones = [
            tone for tone in strain.tones if tone.end > number * length and tone.start < (number + 1) * length
        ]
        row = _heights(tones, float(number * length), float(length), bars * POINTS_PER_BAR)
        if row:
            mean = statistics.fmean(row)
            place = PLACES[0] if number == 0 else PLACES[2] if number == count - 1 else PLACES[1]
            yield place, [height - mean for height in row]


def _heights(tones: Sequence[Tone], first: float, length: float, points: int) -> list[float]:
    """The mean step of what sounds in each of the points; in a rest, of what sounded before. Empty without tones."""
    sung = [(float(tone.start), float(tone.end), tone.step) for tone in tones]
    row: list[float] = []
    for point in range(points):
        start, end = first + point * length / points, first + (point + 1) * length / points
        heard = [
            (min(stop, end) - max(begin, start), step)
            for begin, stop, step in sung
            if begin < end and stop > start
        ]
        total = sum(share for share, _ in heard)
        if total > 0:
            row.append(sum(share * step for share, step in heard) / total)
        elif row:
            row.append(row[-1])
    return row if len(row) == points else []


def _texts(counter: Counter[int]) -> dict[str, int]:
    return {str(key): counter[key] for key in sorted(counter)}
