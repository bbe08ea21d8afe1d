"""Chord players: rhythmic comping, sustained pads, arpeggios."""

from collections.abc import Iterator

from ...rhythm import Hit
from ...score import Note
from ..harmony import Span
from ..piece import Piece
from ..plan import PlannedSection
from .bass import MUTE, MUTE_LENGTH

_TOP_VOICE_LOUDER = 4
_DAMPED = "m"


def play_comp(piece: Piece, role: str) -> Iterator[Note]:
    """The voicing in the rhythm of the section's pattern; a chord that changes under a held one is struck
    anew; m is a short stroke on damped strings.
    """
    player = piece.player(role)
    for section, name in piece.sections_of(role):
        for beat, hit in hits_of(piece, role, section, name):
            for start, end, span in _struck(piece, beat, beat + hit.length):
                symbol = hit.symbol if start == beat else "o"
                velocity = piece.velocity(role, section, start, symbol)
                if hit.symbol == _DAMPED:
                    dampened = piece.voicing_of(span)
                    yield from (Note(start, MUTE_LENGTH, pitch, velocity, MUTE) for pitch in dampened)
                    continue
                yield from chord_notes(
                    piece.voicing_of(span), start, (end - start) * player.legato, velocity, player.roll
                )


def hits_of(piece: Piece, role: str, section: PlannedSection, name: str) -> Iterator[tuple[float, Hit]]:
    """The notes of a role's pattern through a section, with their beats."""
    pattern = piece.pattern(role, name)
    for number in range(section.bars):
        for hit in pattern.bar(number):
            yield (section.start_bar + number) * piece.bar_beats + hit.start, hit


def _struck(piece: Piece, start: float, end: float) -> Iterator[tuple[float, float, Span]]:
    """The stretch from start to end, parted where chords change."""
    here = piece.chart.at(start)
    later = [span for span in piece.chart.between(start + 0.01, end) if span.chord != here.chord]
    edges = [start, *(span.start for span in later), end]
    for place, span in enumerate([here, *later]):
        yield edges[place], edges[place + 1], span


def chord_notes(
    pitches: tuple[int, ...], start: float, length: float, velocity: int, roll: float = 0.0
) -> Iterator[Note]:
    """A chord from its lowest note up, `roll` beats apart, the top voice a little louder."""
    for place, pitch in enumerate(pitches):
        top = _TOP_VOICE_LOUDER if place == len(pitches) - 1 else 0
        late = min(place * roll, length / 2)
        yield Note(start + late, length - late, pitch, min(127, velocity + top))


def play_pad(piece: Piece, role: str) -> Iterator[Note]:
    """The voicing's upper voices for as long as the chord lasts."""
    player = piece.player(role)
    for section, _ in piece.sections_of(role):
        for span in _merged(piece.spans_of(section)):
            pitches = piece.voicing_of(span)[-player.voices :]
            velocity = piece.velocity(role, section, span.start)
            for place, pitch in enumerate(pitches):
                late = min(place * player.stagger, span.length / 2)
                length = span.length - late + player.overlap
                yield Note(span.start + late, length, pitch + player.shift, velocity)


def _merged(spans: tuple[Span, ...]) -> list[Span]:
    """The spans with neighbours of the same notes joined, whatever the bass does."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].chord.pitch_classes == span.chord.pitch_classes:
            joined[-1] = Span(joined[-1].start, joined[-1].length + span.length, joined[-1].chord)
        else:
            joined.append(span)
    return joined


def play_arpeggio(piece: Piece, role: str) -> Iterator[Note]:
    """The voicing note by note: 0 is its lowest, and past its highest it goes on an octave up."""
    player = piece.player(role)
    for section, name in piece.sections_of(role):
        random = piece.stream("arpeggio", role, section.kind, section.time)
        for beat, hit in hits_of(piece, role, section, name):
            if not random.chance(player.density):
                continue
            octave, place = divmod(int(hit.symbol), len(piece.voicing_of(piece.chart.at(beat))))
            pitch = piece.voicing_of(piece.chart.at(beat))[place] + 12 * octave + player.shift
            counted = piece.plan.metre.is_counted(beat)
            symbol = "X" if counted and hit.symbol == "0" else "x" if counted else "o"
            yield Note(beat, hit.length * player.ring, pitch, piece.velocity(role, section, beat, symbol))
