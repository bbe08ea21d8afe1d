"""What accompanies: the pitched parts beside the melody, without textures; and the whole band's bars."""

import statistics
from collections import Counter, defaultdict

from generation.composer.instruments import TEXTURES
from generation.composer.score import Part, Score
from generation.tests.measures.bar_rhythms import bar_rhythms, beats_per_bar

_FEWEST_BARS = 4
_NO_PITCH = ("drums", "fx")
_DECIMALS = 4


def accompanying_parts(score: Score) -> list[Part]:
    """Those that play in at least four bars."""
    return [
        part
        for part in score.parts
        if part.role not in (*_NO_PITCH, "lead")
        and part.instrument not in TEXTURES
        and len(bar_rhythms(score, part.notes)) >= _FEWEST_BARS
    ]


def two_commonest_share(score: Score) -> float | None:
    """The share of an accompanying part's bars that have one of its two commonest rhythms; the mean over the parts."""
    shares = []
    for part in accompanying_parts(score):
        rhythms = Counter(bar_rhythms(score, part.notes).values())
        shares.append(sum(count for _, count in rhythms.most_common(2)) / rhythms.total())
    return statistics.fmean(shares) if shares else None


def velocity_deviation(score: Score) -> float | None:
    """The standard deviation of an accompanying part's velocities, the mean over the parts."""
    found = [statistics.pstdev(note.velocity for note in part.notes) for part in accompanying_parts(score)]
    return statistics.fmean(found) if found else None


def copied_bars(score: Score) -> float:
    """The share of bars that the whole band plays as one before, note for note, however loud.

    The band is all that has a pitch: drums are struck with a chance, and a brush that was left out would hide that all
    else is copied.
    """
    bars: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    bar = beats_per_bar(score)
    for part in score.parts:
        for note in part.notes if part.role not in _NO_PITCH else ():
            number, place = divmod(round(note.start, _DECIMALS), bar)
            length = round(note.length, _DECIMALS)
            bars[int(number)].add((part.role, round(place, _DECIMALS), length, note.pitch, note.voice))
    seen: set[frozenset[tuple[object, ...]]] = set()
    copied = 0
    for number in range(score.bars):
        played = frozenset(bars[number])
        copied += played in seen
        seen.add(played)
    return copied / score.bars if score.bars else 0.0
