"""Chord players: rhythmic comping, sustained pads, arpeggios."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...randomness import Stream
from ...score import Note
from ..harmony import Span
from ..piece import Piece
from .bass import MUTE, MUTE_LENGTH

_TOP_VOICE_LOUDER = 4
# How often the top voice of a held chord moves, by the bar of the phrase.
_TOP_MOVES = (0.15, 0.6, 0.3, 0.9)
_FURTHEST = 5
_SHORTEST_HELD = 0.5
_DAMPED = "m"


def play_comp(piece: Piece, role: str) -> Iterator[Note]:
    """The voicing in the rhythm of the section's pattern; a chord that changes under a held one is struck
    anew; m is a short stroke on damped strings.
    """
    player = piece.player(role)
    for section, name in piece.sections_of(role):
        for beat, hit in piece.hits(role, section, name):
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
    """The voicing's upper voices for as long as the chord lasts; now and then the top one moves within it."""
    player = piece.player(role)
    for section, _ in piece.sections_of(role):
        random = piece.stream("pad", role, section.kind, section.time)
        for span in _merged(piece.spans_of(section)):
            pitches = [pitch + player.shift for pitch in piece.voicing_of(span)[-player.voices :]]
            velocity = piece.velocity(role, section, span.start)
            for place, pitch in enumerate(pitches[:-1]):
                late = min(place * player.stagger, span.length / 2)
                yield Note(span.start + late, span.length - late + player.overlap, pitch, velocity)
            late = min((len(pitches) - 1) * player.stagger, span.length / 2)
            edges = [span.start + late, *_moves_of(piece, span, random), span.end + player.overlap]
            top = pitches[-1]
            for start, end in pairwise(edges):
                yield Note(start, end - start, top, piece.velocity(role, section, start))
                top = _next_top(top, span, pitches, random)


def _moves_of(piece: Piece, span: Span, random: Stream) -> list[float]:
    """The beats within a chord on which its top voice moves: the middle of a bar, or its last count."""
    metre, lively = piece.plan.metre, piece.genre.feel.liveliness
    found = []
    bar = span.start - span.start % metre.beats
    while bar < span.end:
        chance = _TOP_MOVES[round(bar / metre.beats) % len(_TOP_MOVES)]
        place = bar + random.pick((metre.middle, metre.last_count))
        if random.chance(lively * chance) and span.start + 1 <= place <= span.end - _SHORTEST_HELD:
            found.append(place)
        bar += metre.beats
    return found


def _next_top(top: int, span: Span, pitches: Sequence[int], random: Stream) -> int:
    """Another note of the chord for the top voice, above the others and not far; the same where there is none."""
    above = pitches[-2] if len(pitches) > 1 else top - _FURTHEST
    near = [
        pitch
        for pitch in range(max(above + 1, top - _FURTHEST), top + _FURTHEST + 1)
        if pitch != top and pitch % 12 in span.chord.pitch_classes
    ]
    return random.pick(near) if near else top


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
        for beat, hit in piece.hits(role, section, name):
            if not random.chance(player.density):
                continue
            octave, place = divmod(int(hit.symbol), len(piece.voicing_of(piece.chart.at(beat))))
            pitch = piece.voicing_of(piece.chart.at(beat))[place] + 12 * octave + player.shift
            counted = piece.plan.metre.is_counted(beat)
            symbol = "X" if counted and hit.symbol == "0" else "x" if counted else "o"
            yield Note(beat, hit.length * player.ring, pitch, piece.velocity(role, section, beat, symbol))
