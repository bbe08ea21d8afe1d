"""The final chord: it falls on the beat after the last bar and rings through the tail."""

from collections.abc import Iterator

from ..instruments import TEXTURES
from ..score import Note
from .arrangers.bass import root_of
from .arrangers.chords import chord_notes
from .arrangers.drums import HIT_LENGTH
from .arrangers.guitars import power_chord
from .arrangers.lead import last_pitch
from .piece import Piece, clamped_velocity, nearest

_RING = 0.92
_SHORT = 0.5
_ROLL = 0.06
_LEVEL_WITHOUT_SECTION = 0.85


def play_ending(piece: Piece, role: str, before: list[Note]) -> Iterator[Note]:
    """What a role plays at the end, given what it played before."""
    if role not in _roles(piece):
        return
    player = piece.player(role)
    start, span = piece.end, piece.chart.ending
    length = min(span.length, _SHORT) if piece.structure.abrupt else span.length * _RING
    last = piece.plan.sections[-1] if piece.plan.sections else None
    loud = piece.loudness(last, piece.end) if last else _LEVEL_WITHOUT_SECTION
    velocity = clamped_velocity(player.velocity * loud)
    match player.style:
        case "drums":
            voices = piece.genre.ending_drums
            yield from (Note(start, HIT_LENGTH, 0, velocity, voice) for voice in voices)
        case "lead":
            yield Note(start, length, last_pitch(piece, role, before[-1].pitch if before else None), velocity)
        case "bass":
            yield Note(start, length, root_of(piece, role, span), velocity)
        case "drone" | "counter":
            middle = (player.low + player.high) / 2
            yield Note(start, length, nearest(span.chord.root, middle, player.low, player.high), velocity)
        case "power":
            yield from (Note(start, length, pitch, velocity) for pitch in power_chord(piece, role, span))
        case "comp" | "pad" | "arpeggio":
            pitches = tuple(pitch + player.shift for pitch in piece.voicing_of(span)[-player.voices :])
            roll = 0.0 if player.style == "pad" else _ROLL
            yield from chord_notes(pitches, start, length, velocity, roll)


def _roles(piece: Piece) -> list[str]:
    """Who plays the final chord: the genre's choice of those on stage at the end, or else everyone."""
    on_stage = set(piece.playing(piece.plan.sections[-1])) if piece.plan.sections else set(piece.casting)
    wanted = [role for role in piece.genre.ending if role in piece.casting]
    silent_leads = [role for role in wanted if _plays_alone(piece, role) and role not in on_stage]
    chosen = [role for role in wanted if role not in silent_leads]
    everyone = [role for role in piece.casting if piece.casting[role] not in TEXTURES]
    pitched = [role for role in chosen if piece.player(role).style != "drums"]
    return chosen if pitched else everyone


def _plays_alone(piece: Piece, role: str) -> bool:
    """Whether a role would stand out if it came in for the last chord alone."""
    return piece.player(role).style in ("lead", "drums", "counter", "power", "arpeggio")
