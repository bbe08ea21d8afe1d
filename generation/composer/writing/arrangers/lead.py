"""The lead melody, and a counter-melody in long notes."""

from collections.abc import Iterator, Sequence
from functools import partial

from ...randomness import Stream
from ...score import Note
from ..cheapest_line import Choice, cheapest_line
from ..harmony import Span
from ..melody_fitting import MelodyNote
from ..piece import Piece
from ..plan import PlannedSection

_COUNTER_LEAPS = (1.6, 0.0, 0.0, 0.2, 0.3, 0.5, 3.0, 0.9)


def play(piece: Piece, role: str) -> Iterator[Note]:
    """The melody in the sections where the role plays."""
    middle = sum(piece.register(role)) / 2
    for section, _ in piece.sections_of(role):
        for tune_note in piece.melody(role).get(section, ()):
            yield _note(piece, role, section, tune_note, middle)


def _note(piece: Piece, role: str, section: PlannedSection, tune_note: MelodyNote, middle: float) -> Note:
    """Louder on strong beats and towards the top; held over the next note only inside its chord."""
    metre = piece.plan.metre
    accent = 6 if metre.is_strong(tune_note.start) else 2 if metre.is_counted(tune_note.start) else -4
    velocity = piece.velocity(role, section, tune_note.start, more=accent + 0.5 * (tune_note.pitch - middle))
    length = tune_note.length * piece.player(role).legato
    room = max(tune_note.length, piece.chart.at(tune_note.start).end - tune_note.start)
    return Note(tune_note.start, min(length, room), tune_note.pitch, velocity)


def play_counter(piece: Piece, role: str) -> Iterator[Note]:
    """Long notes of the chords, moving in steps where they can, in another rhythm from bar to bar."""
    low, high = piece.register(role)
    for section, _ in piece.sections_of(role):
        random = piece.stream("counter", section.kind, section.time)
        stretches = [
            stretch for span in piece.spans_of(section) for stretch in _counter_stretches(piece, span, random)
        ]
        rows: list[list[Choice]] = [
            [
                (pitch, 0.8 * random.random() + 0.06 * abs(pitch - (low + high) / 2))
                for pitch in range(low, high + 1)
                if pitch % 12 in piece.chart.at(start).chord.pitch_classes
            ]
            for start, _ in stretches
        ]
        for (start, length), pitch in zip(stretches, cheapest_line(rows, _counter_steps), strict=True):
            yield Note(start, length, pitch, piece.velocity(role, section, start))


def _counter_stretches(piece: Piece, span: Span, random: Stream) -> list[tuple[float, float]]:
    """(start, length) of the notes on a chord: one, one on each strong place, or some of its counts."""
    metre = piece.plan.metre
    strong = [start for start, _ in metre.cut(span.start, span.end)]
    counted = [start for start, _ in metre.counted(span.start, span.end)]
    ways = {"strong": 1.0, "held": 0.8, "late": 0.5, "counted": 0.5, "dotted": 0.5}
    match random.weighted(ways) if random.chance(piece.genre.feel.liveliness) else "strong":
        case "held":
            starts = [span.start]
        case "late" if len(counted) > 1:
            starts = counted[1:]
        case "counted":
            starts = counted
        case "dotted":
            starts = [span.start, *counted[-1:]]
        case _:
            starts = strong
    ends = [*starts[1:], span.end]
    return [(start, end - start) for start, end in zip(starts, ends, strict=True) if end > start]


def _counter_steps(index: int, before: Sequence[int], pitch: int) -> list[float]:
    sizes = [abs(pitch - other) for other in before]
    return [_COUNTER_LEAPS[size] if size < len(_COUNTER_LEAPS) else 3.0 for size in sizes]


def last_pitch(piece: Piece, role: str, before: int | None) -> int:
    """The note on which a tune ends: root, third or fifth of the final chord, near where it was."""
    low, high = piece.register(role)
    chord = piece.chart.ending.chord
    costs = dict(zip(chord.pitch_classes[:3], (0.0, 1.0, 2.0), strict=False))
    reference = before if before is not None else (low + high) // 2
    options = [pitch for pitch in range(low, high + 1) if pitch % 12 in costs]
    return min(options, key=partial(_last_cost, costs=costs, reference=reference))


def _last_cost(pitch: int, costs: dict[int, float], reference: int) -> float:
    return costs[pitch % 12] + 0.5 * abs(pitch - reference)
