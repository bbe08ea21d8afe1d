"""Power chords, open or muted."""

from collections.abc import Iterator

from ...score import Note
from ..harmony import Span
from ..piece import Piece
from .bass import MUTE, MUTE_LENGTH, root_of


def play_power(piece: Piece, role: str) -> Iterator[Note]:
    """X is an open power chord, m a palm-muted one without its octave."""
    for section, name in piece.sections_of(role):
        for beat, hit in piece.hits(role, section, name):
            pitches = power_chord(piece, role, piece.chart.at(beat))
            if hit.symbol == "m":
                velocity = piece.velocity(role, section, beat, "o")
                yield from (Note(beat, MUTE_LENGTH, pitch, velocity, MUTE) for pitch in pitches[:2])
            else:
                velocity = piece.velocity(role, section, beat, "X")
                length = hit.length * piece.player(role).legato
                yield from (Note(beat, length, pitch, velocity) for pitch in pitches)


def power_chord(piece: Piece, role: str, span: Span) -> tuple[int, int, int]:
    """Root, fifth (as the chord has it) and octave."""
    root = root_of(piece, role, span)
    fifth = 6 if 6 in span.chord.intervals and 7 not in span.chord.intervals else 7
    return root, root + fifth, root + 12
