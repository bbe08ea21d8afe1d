"""What is written, before anyone plays it: the laws of harmony that hold without exception."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from generation.composer.brief import Brief
from generation.composer.score import Note, Part, Score
from generation.composer.writing.compose import compose, plan_piece
from generation.composer.writing.harmony import Chart
from generation.composer.writing.melody_fitting import HELD, clashes, heard_at, is_strong


@dataclass(frozen=True, slots=True)
class Writing:
    """Counts over one piece. `opening` is what its tune (or else its first part) begins with."""

    strong: int
    foreign: int
    clashing: int
    motion: float
    ends_at_home: bool
    opening: tuple[tuple[float, int], ...]


def writing(brief: Brief, lift: int = 0) -> Writing:
    """The counts of a brief's piece; `lift` moves its tunes by semitones, for the control."""
    score, chart, voicings = compose(brief), *_harmony(brief)
    tunes = [part for part in score.parts if part.role == "lead"]
    notes = [note for part in tunes for note in part.notes]
    heard = [(note, heard_at(score.metre, note.start, note.length)) for note in notes]
    strong = [
        (note, beat) for note, beat in heard if is_strong(score.metre, beat, note.start + note.length - beat)
    ]
    return Writing(
        strong=len(strong),
        foreign=sum(
            (note.pitch + lift) % 12 not in chart.at(beat).chord.pitch_classes for note, beat in strong
        ),
        clashing=sum(_clashing(note, beat, lift, chart) for note, beat in heard),
        motion=_motion(voicings),
        ends_at_home=_ends_at_home(score, chart),
        opening=_opening(tunes[0] if tunes else score.parts[0]),
    )


def _harmony(brief: Brief) -> tuple[Chart, tuple[tuple[int, ...], ...]]:
    piece = plan_piece(brief)
    return piece.chart, piece.voicings


def _clashing(note: Note, heard: float, lift: int, chart: Chart) -> bool:
    """Whether a held note lies a minor ninth above a note of a chord that it is heard with, from a beat on."""
    if note.length < HELD:
        return False
    spans = (span for span in chart.spans if span.end > heard and span.start < note.start + note.length)
    return any(clashes(note.pitch + lift, span.chord) for span in spans)


def _motion(voicings: tuple[tuple[int, ...], ...]) -> float:
    """Semitones that a voice moves from chord to chord."""
    moves = list(_moves(voicings))
    return sum(moves) / len(moves) if moves else 0.0


def _moves(voicings: tuple[tuple[int, ...], ...]) -> Iterator[float]:
    for before, after in pairwise(voicings):
        if before != after:
            yield sum(abs(now - then) for now, then in zip(after, before, strict=True)) / len(after)


def _ends_at_home(score: Score, chart: Chart) -> bool:
    """Whether the last chord is that of the key it is in, and the lowest note that ends the piece one of its notes."""
    last = [
        note
        for part in score.parts
        for note in part.notes
        if note.pitch and note.start >= chart.ending.start and part.role not in ("fx", "drums")
    ]
    if not last or chart.ending.chord.root != chart.tonic_of(chart.ending):
        return False
    lowest = min(note.pitch for note in last)
    return lowest % 12 in chart.ending.chord.pitch_classes


def _opening(part: Part) -> tuple[tuple[float, int], ...]:
    return tuple((note.start, note.pitch) for note in part.notes[:8])
