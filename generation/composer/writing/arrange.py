"""Arranges a piece: every role's notes, tidied into the parts of a score."""

from collections.abc import Iterable

from ..score import Note, Part
from .arrangers import STYLES
from .casting import is_pitched
from .ending import play_ending
from .piece import Piece, in_range

_DECIMALS = 6


def write_parts(piece: Piece) -> tuple[Part, ...]:
    """What every role of the cast plays; roles that never play are left out."""
    parts = []
    for role, instrument in piece.casting.items():
        absences = piece.absences(role)
        notes = [
            note
            for note in STYLES[piece.player(role).style](piece, role)
            if not any(start <= note.start < end for start, end in absences)
        ]
        notes += play_ending(piece, role, notes)
        if notes:
            parts.append(Part(role, instrument, _tidied(notes, instrument, piece)))
    return tuple(parts)


def _tidied(notes: Iterable[Note], instrument: str, piece: Piece) -> tuple[Note, ...]:
    """The notes in order, in the instrument's range, none past the end, each heard once."""
    end = piece.end + piece.chart.ending.length
    pitched = is_pitched(instrument)
    heard: dict[tuple[float, int, str], Note] = {}
    for start, length, pitch, velocity, voice in notes:
        start, length = round(start, _DECIMALS), round(min(length, end - start), _DECIMALS)
        if pitched:
            pitch = in_range(pitch, instrument)
        known = heard.get((start, pitch, voice))
        if length > 0 and (known is None or known.velocity < velocity):
            heard[start, pitch, voice] = Note(start, length, pitch, velocity, voice)
    return tuple(note for _, note in sorted(heard.items()))
