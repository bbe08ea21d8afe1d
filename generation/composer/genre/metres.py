"""A genre in another metre than four: by what its file says of it, and for the rest derived from its four."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..metre import FOUR_FOUR, METRES, Metre
from ..rhythm import Hit, Pattern
from .types import Fill, Genre, MelodyStyle, MetreStyle, Player

# The beats of a bar of four that make a bar of another metre: those of 5/4 are three and two, 7/8 ends within a beat.
_BEATS: Mapping[str, tuple[int, ...]] = {"3/4": (0, 1, 2), "5/4": (0, 1, 2, 2, 3), "7/8": (0, 1, 2, 3)}
# Where the four sixteenths of a beat come to lie in a beat of three eighths.
_SWUNG = (0.0, 0.5, 1.0, 1.25, 1.5)
# A bar of three is shorter than one of four, and a dotted beat longer than a plain one.
_PACE: Mapping[str, float] = {"6/8": 0.7, "12/8": 0.7}


def in_metre(genre: Genre, metre: Metre) -> Genre:
    """The genre in a metre. `genre` is in four.

    Raises KeyError where it is never played in it.
    """
    if metre == genre.metre:
        return genre
    style = genre.metres[metre.name]
    low, high = genre.tempo
    pace = _PACE.get(metre.name, 1.0)
    return replace(
        genre,
        metre=metre,
        tempo=style.tempo or (low * pace, high * pace),
        swing=style.swing or ((0.5, 0.5) if metre.count != 1.0 else genre.swing),
        players={role: player_in_metre(player, metre, style, role) for role, player in genre.players.items()},
        grooves={
            name: style.grooves.get(name) or grooves_in_metre(some, metre)
            for name, some in genre.grooves.items()
        },
        fills={
            name: style.fills.get(name) or tuple(_fill(fill, metre) for fill in some)
            for name, some in genre.fills.items()
        },
        melody=_melody(genre.melody, style, metre),
    )


def metres_of(genre: Genre) -> tuple[str, ...]:
    """The names of the metres that a genre is played in, as they are ordered in METRES."""
    return tuple(name for name in METRES if name in genre.metres)


def player_in_metre(player: Player, metre: Metre, style: MetreStyle | None = None, role: str = "") -> Player:
    """A player of four with patterns for a metre."""
    own = style.patterns.get(role, {}) if style else {}
    patterns = {name: own.get(name) or _patterns(some, metre) for name, some in player.patterns.items()}
    return replace(player, patterns=patterns)


def grooves_in_metre(
    grooves: Sequence[Mapping[str, Pattern]], metre: Metre
) -> tuple[Mapping[str, Pattern], ...]:
    """Grooves of four in a metre."""
    return tuple(
        {voice: pattern_in_metre(pattern, metre) for voice, pattern in each.items()} for each in grooves
    )


def pattern_in_metre(pattern: Pattern, metre: Metre) -> Pattern:
    """A pattern of four in a metre: with fewer or more of its beats, or each beat as three eighths.

    In 6/8 a bar of four makes two.
    """
    if metre == FOUR_FOUR:
        return pattern
    if metre.name in _BEATS:
        return Pattern(tuple(_chosen(bar, metre) for bar in pattern.bars))
    swung = [tuple(_swung(hit) for hit in bar) for bar in pattern.bars]
    if metre.name == "12/8":
        return Pattern(tuple(swung))
    halves = [half for bar in swung for half in _parted(bar, metre.beats)]
    return Pattern(tuple(halves))


def _chosen(bar: Sequence[Hit], metre: Metre) -> tuple[Hit, ...]:
    """The hits of the chosen beats, none of which lasts beyond the bar or what follows it."""
    found: list[Hit] = []
    for place, beat in enumerate(_BEATS[metre.name]):
        found += [hit._replace(start=hit.start - beat + place) for hit in bar if beat <= hit.start < beat + 1]
    inside = [hit for hit in found if hit.start < metre.beats]
    ends = [hit.start for hit in inside[1:]] + [metre.beats]
    return tuple(
        hit._replace(length=min(hit.length, end - hit.start)) for hit, end in zip(inside, ends, strict=False)
    )


def _swung(hit: Hit) -> Hit:
    start, end = _swung_place(hit.start), _swung_place(hit.end)
    return hit._replace(start=start, length=end - start)


def _swung_place(place: float) -> float:
    beat, within = divmod(place, 1.0)
    return beat * _SWUNG[-1] + _SWUNG[round(within * 4)]


def _parted(bar: Sequence[Hit], half: float) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    first = [hit._replace(length=min(hit.length, half - hit.start)) for hit in bar if hit.start < half]
    second = [hit._replace(start=hit.start - half) for hit in bar if hit.start >= half]
    return tuple(first), tuple(second)


def _patterns(patterns: Sequence[Pattern], metre: Metre) -> tuple[Pattern, ...]:
    return tuple(pattern_in_metre(pattern, metre) for pattern in patterns)


def _fill(fill: Fill, metre: Metre) -> Fill:
    """A fill that ends with the bar, as it does in four; of one that is longer, what fits."""
    voices = {voice: _late(pattern, metre) for voice, pattern in fill.voices.items()}
    return Fill(max(0.0, metre.beats - _beats_in(FOUR_FOUR.beats - fill.start, metre)), voices)


def _late(pattern: Pattern, metre: Metre) -> Pattern:
    """The end of each bar of a pattern at the end of a bar of a metre."""
    return Pattern(
        tuple(
            tuple(
                hit._replace(start=start, length=_beats_in(hit.length, metre))
                for hit in bar
                if (start := metre.beats - _beats_in(FOUR_FOUR.beats - hit.start, metre)) >= 0
            )
            for bar in pattern.bars
        )
    )


def _beats_in(beats: float, metre: Metre) -> float:
    """How long a stretch of four is in a metre that counts in threes."""
    return beats * metre.count


def _melody(four: MelodyStyle, style: MetreStyle, metre: Metre) -> MelodyStyle:
    return replace(
        four,
        cells=style.cells or _whole(four.cells, metre),
        cadences=style.cadences or _whole(four.cadences, metre),
        solo=style.solo or _whole(four.solo, metre),
    )


def _whole(cells: Sequence[Pattern], metre: Metre) -> tuple[Pattern, ...]:
    """One-bar rhythms in a metre; none is empty."""
    bars = [Pattern((bar,)) for cell in cells for bar in pattern_in_metre(cell, metre).bars if bar]
    return tuple(dict.fromkeys(bars))
