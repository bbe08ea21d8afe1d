"""Textures and risers: one long note each."""

from collections.abc import Iterator

from ...score import Note
from ..piece import Piece

_PITCH = 60
_RISER_BARS = 2


def play_texture(piece: Piece, role: str) -> Iterator[Note]:
    """From the first beat to the end of the tail."""
    length = piece.end + piece.chart.ending.length
    yield Note(0.0, length, _PITCH, piece.player(role).velocity)


def play_riser(piece: Piece, role: str) -> Iterator[Note]:
    """Through the last two bars of a section, into the next."""
    for section, _ in piece.sections_of(role):
        bars = min(_RISER_BARS, section.bars)
        start = (section.end_bar - bars) * piece.bar_beats
        if section.end_bar < piece.plan.bars:
            yield Note(start, bars * piece.bar_beats, _PITCH, piece.player(role).velocity)
