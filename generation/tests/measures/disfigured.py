"""What is done to scores so that a measure must fail them, or must not change."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from generation.composer.score import Note, Part, Score
from generation.composer.writing.outline import Outline, Stretch
from generation.tests.measures.bar_rhythms import beats_per_bar, on_grid
from generation.tests.measures.chords import BARS_AGO, chords_by_bar
from generation.tests.measures.melody import is_pickup, melody, phrases

_TWELFTHS = 12


def shuffled_bars(score: Score, seed: int) -> Score:
    """The same bars in another order, the same for all parts; notes end with their bar."""
    order = random.Random(seed).sample(range(score.bars), score.bars)
    return _with_parts(score, lambda part: _reordered(score, part, order))


def shuffled_parts(score: Score, seed: int) -> Score:
    """The bars of every part in an order of its own."""
    draw = random.Random(seed)
    return _with_parts(
        score, lambda part: _reordered(score, part, draw.sample(range(score.bars), score.bars))
    )


def looped(score: Score) -> Score:
    """Every part's first bar in each of the bars in which it begins a note."""

    def loop(part: Part) -> Part:
        bars = _bars(score, part)
        sung = [number for number in sorted(bars) if number < score.bars]
        return replace(
            part,
            notes=tuple(note for number in sung for note in _moved(score, bars[sung[0]], sung[0], number)),
        )

    return _with_parts(score, loop)


def without_pickups(score: Score) -> Score:
    """A melody whose phrases that begin before the bar lack what stands there."""
    bar = beats_per_bar(score)
    notes: list[Note] = []
    for phrase in phrases(score):
        kept = list(phrase)
        while is_pickup(kept, bar):
            line = (kept[0].start // bar + 1) * bar
            kept = [note for note in kept if note.start >= line]
        notes += kept
    return _with_melody(score, notes)


def shuffled_pitches(score: Score, seed: int) -> Score:
    """The melody's pitches in another order."""
    notes = melody(score)
    pitches = [note.pitch for note in notes]
    random.Random(seed).shuffle(pitches)
    return _with_melody(
        score, [note._replace(pitch=pitch) for note, pitch in zip(notes, pitches, strict=True)]
    )


def level(score: Score) -> Score:
    """Every part played evenly loud."""
    return _with_parts(
        score,
        lambda part: replace(
            part, notes=tuple(note._replace(velocity=part.notes[0].velocity) for note in part.notes)
        ),
    )


def shuffled_chords(outline: Outline, seed: int) -> Outline:
    """The chords of the bars in another order."""
    bars = chords_by_bar(outline)
    random.Random(seed).shuffle(bars)
    return _with_chords(outline, bars)


def looped_chords(outline: Outline) -> Outline:
    """The first four bars' chords over and over, and at last the first of them."""
    bars = chords_by_bar(outline)
    return _with_chords(outline, [bars[number % BARS_AGO] for number in range(len(bars))])


def two_bars_of_chords(outline: Outline) -> Outline:
    """The first two bars' chords over and over."""
    bars = chords_by_bar(outline)
    return _with_chords(outline, [bars[number % 2] for number in range(len(bars))])


def _with_melody(score: Score, notes: Sequence[Note]) -> Score:
    others = tuple(part for part in score.parts if part.role != "lead")
    return replace(score, parts=(*others, Part("lead", "piano", tuple(notes))))


def _with_parts(score: Score, change: Callable[[Part], Part]) -> Score:
    return replace(score, parts=tuple(change(part) for part in score.parts))


def _bars(score: Score, part: Part) -> dict[int, list[Note]]:
    """The part's notes by the bar in which they begin; those of the last chord are in the bar after all."""
    bar = round(_TWELFTHS * beats_per_bar(score))
    bars: dict[int, list[Note]] = defaultdict(list)
    for note in part.notes:
        bars[min(on_grid(note.start) // bar, score.bars)].append(note)
    return bars


def _reordered(score: Score, part: Part, order: Sequence[int]) -> Part:
    bars = _bars(score, part)
    notes = [
        note for place, number in enumerate(order) for note in _moved(score, bars[number], number, place)
    ]
    return replace(part, notes=(*notes, *bars[score.bars]))


def _moved(score: Score, notes: Sequence[Note], source: int, target: int) -> list[Note]:
    """The notes of a bar in another, none longer than the bar."""
    bar = beats_per_bar(score)
    return [
        note._replace(
            start=max(0.0, note.start + (target - source) * bar),
            length=min(note.length, (source + 1) * bar - note.start),
        )
        for note in notes
    ]


def _with_chords(outline: Outline, bars: Sequence[Sequence[str]]) -> Outline:
    beat = 60 / outline.bpm
    chords = [
        Stretch(name, start + number * beat, start + (number + 1) * beat)
        for start, names in zip(outline.bars, bars, strict=False)
        for number, name in enumerate(names)
    ]
    last = outline.chords[-1]
    return replace(outline, chords=(*chords, last._replace(name=bars[0][0]) if bars else last))
