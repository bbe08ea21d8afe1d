"""Players: a function for each style, which turns a piece into notes."""

from collections.abc import Callable, Iterator, Mapping

from ...score import Note
from ..piece import Piece
from . import bass, chords, drums, guitars, lead, textures

STYLES: Mapping[str, Callable[[Piece, str], Iterator[Note]]] = {
    "drums": drums.play,
    "bass": bass.play,
    "drone": bass.play_drone,
    "comp": chords.play_comp,
    "pad": chords.play_pad,
    "arpeggio": chords.play_arpeggio,
    "power": guitars.play_power,
    "lead": lead.play,
    "counter": lead.play_counter,
    "texture": textures.play_texture,
    "riser": textures.play_riser,
}
"""`play(piece, role)` for each style that a genre's players may have."""
