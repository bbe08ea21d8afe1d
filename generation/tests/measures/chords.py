"""How harmony moves, by the outline of a piece."""

from bisect import bisect_right

from generation.composer.metre import METRES
from generation.composer.writing.outline import Outline

BARS_AGO = 4


def distinct_chords(outline: Outline) -> int:
    """How many different chords the piece has, by their names, the last one among them."""
    return len({chord.name for chord in outline.chords})


def as_four_bars_ago(outline: Outline) -> float | None:
    """The share of beats whose chord is that of the same beat four bars ago; None for four bars and less."""
    bars = chords_by_bar(outline)
    pairs = [
        pair
        for before, after in zip(bars, bars[BARS_AGO:], strict=False)
        for pair in zip(before, after, strict=True)
    ]
    return sum(before == after for before, after in pairs) / len(pairs) if pairs else None


def chords_by_bar(outline: Outline) -> list[list[str]]:
    """The chord of every beat that people count, bar by bar, without the last one that rings."""
    starts = [chord.start for chord in outline.chords]
    metre = METRES[outline.time_signature]
    seconds = metre.beat_seconds(outline.bpm)
    middles = [(start + length / 2) * seconds for start, length in metre.counted(0.0, metre.beats)]
    return [
        [outline.chords[bisect_right(starts, bar + middle) - 1].name for middle in middles]
        for bar in outline.bars[:-1]
    ]
