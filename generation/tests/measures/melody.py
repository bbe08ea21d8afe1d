"""What a melody does with bar lines, breaths, rhythms and intervals. It is what the parts of the role "lead" play."""

import json
import math
import statistics
from collections.abc import Sequence
from functools import cache
from itertools import pairwise, permutations
from pathlib import Path

from generation.composer.learned.pitches import PitchModel
from generation.composer.score import Note, Score
from generation.composer.theory import family
from generation.tests.measures.bar_rhythms import SIXTEENTH, BarRhythm, bar_rhythms, beats_per_bar

REST = 1.0
"""From this length on, in beats, a rest is a breath."""

HELD = 2.0
"""From this length on, in beats, a note ends a phrase, if it is four times as long as the melody's notes are."""

_BEFORE = 4
_SLACK = 1e-6


def melody(score: Score) -> tuple[Note, ...]:
    """The notes of the leads up to the last chord, one at a time: of those that begin together the highest."""
    end = score.bars * beats_per_bar(score)
    notes = [note for part in score.parts if part.role == "lead" for note in part.notes if note.start < end]
    highest: dict[float, Note] = {}
    for note in sorted(notes, key=lambda note: note.pitch):
        highest[note.start] = note
    return tuple(highest[start] for start in sorted(highest))


def lines_across(score: Score) -> tuple[int, int]:
    """How many bar lines a melody note sounds across, and how many lie between two sung bars.

    A note sounds across that begins at least a sixteenth before the line and ends at least a sixteenth after it. A
    bar is sung where a note of the melody begins in it, or sounds across its line.
    """
    notes, bar = melody(score), beats_per_bar(score)
    crossed = {line for note in notes for line in _lines_under(note, bar)}
    sung = {int((note.start + _SLACK) // bar) for note in notes} | crossed
    between = {number for number in sung if number - 1 in sung}
    return len(crossed & between), len(between)


def _lines_under(note: Note, bar: float) -> range:
    """The bars whose first line the note sounds across."""
    first = math.floor((note.start + SIXTEENTH - _SLACK) / bar) + 1
    last = math.floor((note.start + note.length - SIXTEENTH + _SLACK) / bar)
    return range(first, last + 1)


def phrases(score: Score) -> list[tuple[Note, ...]]:
    """The melody between breaths: after a rest of a beat, or a held note.

    A note is held that lasts, with what rest follows, two beats and four times the median of all.
    """
    notes = melody(score)
    if not notes:
        return []
    times = [after.start - before.start for before, after in pairwise(notes)]
    held = max(HELD, 4 * statistics.median(times)) if times else HELD
    found = [[notes[0]]]
    for before, after in pairwise(notes):
        rest, time = after.start - before.start - before.length, after.start - before.start
        if rest >= REST - _SLACK or time >= held - _SLACK:
            found.append([])
        found[-1].append(after)
    return [tuple(phrase) for phrase in found]


def begun_before_the_bar(score: Score) -> tuple[int, int]:
    """How many phrases begin before the bar, and how many there are, of more than one note.

    A phrase begins before the bar that starts in a bar's second half and goes on in the next bar.
    """
    sung = [phrase for phrase in phrases(score) if len(phrase) > 1]
    return sum(is_pickup(phrase, beats_per_bar(score)) for phrase in sung), len(sung)


def is_pickup(phrase: Sequence[Note], bar: float) -> bool:
    """Whether a phrase begins before the bar."""
    if len(phrase) < 2:
        return False
    place = (phrase[0].start + _SLACK) % bar
    return place >= bar / 2 and phrase[-1].start + _SLACK >= phrase[0].start - place + bar


def melody_rhythms(score: Score) -> list[BarRhythm]:
    """The rhythm of each bar in which the melody begins a note."""
    return list(bar_rhythms(score, melody(score)).values())


def distinct_share(score: Score) -> float | None:
    """How many different bar rhythms a melody has, of its bars; None without melody."""
    rhythms = melody_rhythms(score)
    return len(set(rhythms)) / len(rhythms) if rhythms else None


def shared_rhythms(scores: Sequence[Score]) -> float | None:
    """The share of a melody's bar rhythms that one other piece has too, the mean over all pairs; each rhythm once."""
    sets = [set(rhythms) for score in scores if (rhythms := melody_rhythms(score))]
    shares = [len(own & other) / len(own) for own, other in permutations(sets, 2)]
    return statistics.fmean(shares) if shares else None


def bits_per_pitch(score: Score, model: PitchModel | None = None) -> float | None:
    """What a pitch of the melody says, in bits, by the n-gram of the corpus kept apart; None without melody.

    The mean of -log2 p over all notes from the third on, each after up to four before it, rests or not.
    """
    model, mode = model or kept_apart(), family(score.mode)
    pitches = [note.pitch - score.tonic for note in melody(score)]
    bits = [
        -model.log2_probability(mode, tuple(pitches[max(0, place - _BEFORE) : place]), pitches[place])
        for place in range(2, len(pitches))
    ]
    return statistics.fmean(bits) if bits else None


@cache
def kept_apart() -> PitchModel:
    """The model of Aird's airs and Bach's sopranos, which nothing learned has seen."""
    return PitchModel(json.loads(Path(__file__).with_name("kept_apart.json").read_text("utf-8")))
