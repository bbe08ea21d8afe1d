"""Drums: grooves, fills at section ends, crashes where a section enters."""

from collections.abc import Iterator, Mapping

from ...genre.density import adjusted_chance
from ...genre.types import Fill
from ...metre import PHRASE_BARS
from ...randomness import Stream
from ...rhythm import Pattern, strokes
from ...score import Note
from ..piece import Piece, clamped_velocity
from ..plan import PlannedSection

HIT_LENGTH = 0.2
LEAD_IN = "lead_in"

_LEVELS = {"X": 1.12, "x": 0.96, "o": 0.64, "g": 0.38, "r": 0.6, "t": 0.66}
_CHANCES = {"o": 0.88, "g": 0.62}
# What rises and falls with the phrase; the beat itself stays.
_BREATHING = frozenset({"hat", "open_hat", "ride", "shaker", "brush", "rim", "taiko_high"})
_SMALL_FILL_FROM = 3
_SMALL_FILL_CHANCE = 0.45


def play(piece: Piece, role: str) -> Iterator[Note]:
    for place, section in enumerate(piece.plan.sections):
        name = piece.playing(section).get(role)
        if name is not None:
            yield from _section(piece, role, section, name)
        elif place + 1 < len(piece.plan.sections) and role in piece.playing(piece.plan.sections[place + 1]):
            yield from _lead_in(piece, role, section)


def _section(piece: Piece, role: str, section: PlannedSection, name: str) -> Iterator[Note]:
    groove = piece.stream("groove", name).pick(piece.genre.grooves[name])
    random = piece.stream("drums", section.kind, section.time)
    fills = piece.stream("fills", section.kind, section.time)
    if piece.kind(section).crash and "crash" in piece.genre.drum_voices:
        start = section.start_bar * piece.bar_beats
        yield Note(start, HIT_LENGTH, 0, piece.velocity(role, section, start, "X"), "crash")
    for number in range(section.bars):
        fill = _fill(piece, section, number, fills)
        until = fill.start if fill else piece.bar_beats
        yield from _bar(piece, role, section, number, groove, random, 0, until)
        if fill:
            yield from _bar(piece, role, section, number, fill.voices, random, fill.start, piece.bar_beats)


def _fill(piece: Piece, section: PlannedSection, number: int, random: Stream) -> Fill | None:
    """A fill for the last bar, and now and then a small one where a phrase ends.

    Into a stronger section leads a long one, into a calmer one a short one.
    """
    options = piece.genre.fills.get(piece.kind(section).fill, ())
    if number == section.bars - 1 and section.bars > 1 and options:
        longest_first = sorted(options, key=lambda fill: fill.start)
        half = max(1, (len(options) + 1) // 2)
        return random.pick(longest_first[:half] if _rises(piece, section) else longest_first[-half:])
    small = [fill for fill in piece.genre.fills.get("main", ()) if fill.start >= _SMALL_FILL_FROM]
    phrase_ends = number % PHRASE_BARS == PHRASE_BARS - 1 and number < section.bars - 1
    if small and phrase_ends and random.chance(_SMALL_FILL_CHANCE):
        return random.pick(small)
    return None


def _rises(piece: Piece, section: PlannedSection) -> bool:
    """Whether the next section is stronger; the end of the piece is."""
    place = piece.plan.sections.index(section) + 1
    if place == len(piece.plan.sections):
        return True
    return piece.energy_of(piece.plan.sections[place]) > piece.energy_of(section)


def _bar(
    piece: Piece,
    role: str,
    section: PlannedSection,
    number: int,
    voices: Mapping[str, Pattern],
    random: Stream,
    start: float,
    end: float,
) -> Iterator[Note]:
    """What the voices play from beat `start` to beat `end` of a section's bar."""
    bar = (section.start_bar + number) * piece.bar_beats
    for voice, pattern in voices.items():
        for hit in pattern.bar(number):
            heard = random.chance(adjusted_chance(_CHANCES.get(hit.symbol, 1.0), piece.density))
            if not heard or not start <= hit.start < end:
                continue
            for stroke in strokes(hit):
                beat = bar + stroke.start
                level = piece.player(role).velocity * piece.loudness(section, beat) * _level(hit.symbol)
                if voice in _BREATHING:
                    level *= piece.breath(section, beat)
                yield Note(beat, HIT_LENGTH, 0, clamped_velocity(level), voice)


def _level(symbol: str) -> float:
    return 0.28 + 0.09 * int(symbol) if symbol.isdigit() else _LEVELS[symbol]


def _lead_in(piece: Piece, role: str, section: PlannedSection) -> Iterator[Note]:
    """A few strokes at the end of a section without drums, before one that has them."""
    options = piece.genre.fills.get(LEAD_IN, ())
    if options:
        fill = piece.stream("fills", LEAD_IN, section.kind, section.time).pick(options)
        random = piece.stream("drums", LEAD_IN, section.kind, section.time)
        yield from _bar(
            piece, role, section, section.bars - 1, fill.voices, random, fill.start, piece.bar_beats
        )
