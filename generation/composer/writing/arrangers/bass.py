"""Bass lines: patterns on the chord's notes, walking lines and drones."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ...randomness import Stream
from ...score import Note
from ..cheapest_line import Choice, cheapest_line
from ..harmony import Span
from ..piece import Piece, nearest

MUTE = "mute"
MUTE_LENGTH = 0.22

WALK = "W"
_DEAD = "m"
_APPROACH = "A"
_OCTAVE_ABOVE_TOP = 7
_GHOST_CHANCE = 0.1
_DEAD_LEVEL = 0.7
_TURN_COST = 0.9
_WALK_LEAPS = (2.2, 0.0, 0.0, 0.3, 0.4, 0.6, 2.5, 0.8, 2.0, 2.0, 3.0, 3.0, 1.2)


def play(piece: Piece, role: str) -> Iterator[Note]:
    """The section's pattern: R, 3, 5, 7, 8 are the chord's notes above its bass, A leads to the next bass, W walks
    there, m is the bass with a hand on the string.
    """
    for section, name in piece.sections_of(role):
        random = piece.stream("bass", role, section.kind, section.time)
        hits = list(piece.hits(role, section, name))
        walking = iter(_walk(piece, role, [beat for beat, hit in hits if hit.symbol == WALK], random))
        for beat, hit in hits:
            pitch = next(walking) if hit.symbol == WALK else _degree(piece, role, beat, hit.symbol, random)
            symbol = "x" if piece.plan.metre.is_counted(beat) else "o"
            velocity = piece.velocity(role, section, beat, symbol)
            if hit.symbol == _DEAD:
                yield Note(beat, MUTE_LENGTH, pitch, round(velocity * _DEAD_LEVEL), MUTE)
                continue
            yield Note(beat, hit.length * piece.player(role).legato, pitch, velocity)
            if hit.symbol == WALK and random.chance(_GHOST_CHANCE):
                yield Note(beat + 0.5, 0.3, pitch, round(velocity * 0.6))


def play_drone(piece: Piece, role: str) -> Iterator[Note]:
    """The bass for as long as it stays, through several chords where it is a pedal point."""
    player = piece.player(role)
    for section, _ in piece.sections_of(role):
        for pitch_class, spans in groupby(piece.spans_of(section), key=lambda span: span.chord.bass):
            stretch = list(spans)
            start, end = stretch[0].start, stretch[-1].end
            pitch = nearest(pitch_class, (player.low + player.high) / 2, player.low, player.high)
            yield Note(start, end - start + player.overlap, pitch, piece.velocity(role, section, start))


def root_of(piece: Piece, role: str, span: Span) -> int:
    """The chord's root in the role's register."""
    return _placed(piece, role, span.chord.root)


def bass_of(piece: Piece, role: str, span: Span) -> int:
    """The chord's bass in the role's register."""
    return _placed(piece, role, span.chord.bass)


def _placed(piece: Piece, role: str, pitch_class: int) -> int:
    player = piece.player(role)
    return nearest(pitch_class, player.low + 5, player.low, player.high)


def _degree(piece: Piece, role: str, beat: float, symbol: str, random: Stream) -> int:
    player, span = piece.player(role), piece.chart.at(beat)
    bass = bass_of(piece, role, span)
    if symbol == _APPROACH:
        return _approach(piece, role, beat, random)
    if symbol == "8":
        return bass + 12 if bass + 12 <= player.high + _OCTAVE_ABOVE_TOP else bass
    wanted = {"R": (0,), "3": (3, 4, 2, 5), "5": (7, 6), "7": (10, 11, 9, 7), _DEAD: (0,)}[symbol]
    above = [(pitch_class - span.chord.bass) % 12 for pitch_class in span.chord.pitch_classes]
    interval = next((step for step in wanted if step in above), 0)
    return bass + interval if bass + interval <= player.high + 2 else bass + interval - 12


def _approach(piece: Piece, role: str, beat: float, random: Stream) -> int:
    """A step below or above the next bass, or the fifth where it stays."""
    here, after = piece.chart.at(beat), piece.chart.at(beat + 1)
    target = bass_of(piece, role, after)
    if here.chord.bass == after.chord.bass:
        return _degree(piece, role, beat, "5", random)
    scale = piece.chart.scale_at(beat)
    steps = [step for step in (-2, 2, -1, 1) if (target + step) % 12 in scale] or [-1]
    player = piece.player(role)
    near = [target + step for step in steps if player.low <= target + step <= player.high]
    return random.pick(near) if near else target


def _walk(piece: Piece, role: str, beats: list[float], random: Stream) -> list[int]:
    """A walking line: basses where chords change, steps and chord notes between, a leading note before."""

    bar = piece.bar_beats
    rising = {int(beat // bar): random.chance(0.5) for beat in beats}
    player = piece.player(role)
    free, up, down = (_walk_moves(player.high - player.low, against) for against in (0, -1, 1))
    moves = [(up if rising[int(beat // bar)] else down) if beat % bar else free for beat in beats]

    def steps(index: int, before: Sequence[int], pitch: int) -> list[float]:
        costs = moves[index]
        return [costs[pitch - other] for other in before]

    rows = [_walk_choices(piece, role, beat, random) for beat in beats]
    return cheapest_line(rows, steps)


def _walk_moves(furthest: int, against: int) -> dict[int, float]:
    """What each move costs that is no longer than `furthest`; those with the sign of `against` turn the line back."""
    return {
        move: (_TURN_COST if move * against > 0 else 0.0)
        + (_WALK_LEAPS[abs(move)] if abs(move) < len(_WALK_LEAPS) else 6.0)
        for move in range(-furthest, furthest + 1)
    }


def _walk_choices(piece: Piece, role: str, beat: float, random: Stream) -> list[Choice]:
    player, span, after = piece.player(role), piece.chart.at(beat), piece.chart.at(beat + 1)
    scale, notes = piece.chart.scale_at(beat), span.chord.pitch_classes
    next_bass = after.chord.bass if after.start > span.start else None
    begins = beat == span.start and not _continues(piece, span)
    middle = (player.low + player.high) / 2
    rows: list[Choice] = []
    for pitch in range(player.low, player.high + 1):
        luck = 0.9 * random.random()
        pitch_class = pitch % 12
        if begins:
            if pitch_class != span.chord.bass:
                continue
            cost = 0.0
        elif next_bass is not None and (pitch - next_bass) % 12 in (1, 11):
            cost = 0.1
        elif pitch_class in scale:
            cost = 0.3 if pitch_class in notes else 0.8
        else:
            continue
        rows.append((pitch, cost + luck + 0.05 * abs(pitch - middle)))
    return rows


def _continues(piece: Piece, span: Span) -> bool:
    """Whether the chord before is the same, so that the line may go on over it."""
    place = piece.chart.index_at(span.start)
    return place > 0 and piece.chart.spans[place - 1].chord == span.chord
