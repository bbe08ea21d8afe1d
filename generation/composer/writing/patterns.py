"""What accompanying players play bar by bar: their pattern, another one that answers it, and small changes.

A pattern stands for two bars or so; the ends of phrases and of sections, and every return, bring something else.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

from ..metre import PHRASE_BARS, STEP, Metre
from ..randomness import Stream
from ..rhythm import Hit, Pattern

_EIGHTH = 0.5
_LONGEST_JOINED = 3.0
# How often a bar is changed, by its place in a phrase of four; the last bar of a section always is.
_CHANGED = (0.08, 0.55, 0.3, 0.95)
_ANSWERS_FROM = 2
_ANSWERS_A_REST = 0.8


def play_patterns(
    options: Sequence[Pattern],
    choice: Stream,
    bars: int,
    *,
    metre: Metre,
    liveliness: float,
    again: Callable[[str, Stream], str],
    rests: Collection[int],
    random: Stream,
) -> list[tuple[Hit, ...]]:
    """The hits of each bar of a section.

    Of the `options` two are chosen: one for all phrases, the other answers in the second half of every other one.
    `liveliness` from 0 to 1 is how much bars depart from them, and once more in the bars in which the tune `rests`.
    What becomes of a hit that is struck once more, `again` says: (its symbol, random numbers) -> a symbol.
    """
    main = choice.pick(options)
    other = choice.pick([pattern for pattern in options if pattern != main] or options)
    playing: list[tuple[Hit, ...]] = []
    for number in range(bars):
        place, odd = number % PHRASE_BARS, number // PHRASE_BARS % 2
        answers = odd and place >= _ANSWERS_FROM and liveliness > 0
        hits = (other if answers else main).bar(number)
        ends = number == bars - 1 and bars > 1
        if random.chance(liveliness * (1.0 if ends else _CHANGED[place])):
            hits = changed(hits, metre, again, random)
        if number in rests and random.chance(liveliness * _ANSWERS_A_REST):
            hits = changed(hits, metre, again, random)
        playing.append(hits)
    return playing


def struck_again(style: str, symbol: str, random: Stream) -> str:
    """What a hit becomes that a player of a style strikes once more: a lighter chord, another note of the chord."""
    if style == "comp":
        return {"X": "x", "x": "o"}.get(symbol, symbol)
    if style == "bass" and symbol == "R":
        return random.pick(("R", "5", "8"))
    if style == "arpeggio":
        return str((int(symbol) + 1) % 8)
    return symbol


def changed(
    hits: tuple[Hit, ...], metre: Metre, again: Callable[[str, Stream], str], random: Stream
) -> tuple[Hit, ...]:
    """The bar with one of its hits left out, struck twice, held over the next, or early by an eighth.

    What stands on the bar's first beat stays. A bar in which nothing can be changed stays as it is.
    """
    ways: Mapping[str, list[int]] = {
        "left out": [place for place, hit in enumerate(hits) if place and not metre.is_strong(hit.start)],
        "twice": [place for place, hit in enumerate(hits) if hit.length >= 2 * _EIGHTH],
        "held": [
            place
            for place, (hit, after) in enumerate(pairwise(hits))
            if after.end - hit.start <= _LONGEST_JOINED and not metre.is_strong(after.start)
        ],
        "early": [
            place + 1
            for place, (hit, after) in enumerate(pairwise(hits))
            if after.start - hit.start > _EIGHTH and metre.is_counted(after.start)
        ],
    }
    possible = [way for way, places in ways.items() if places]
    if not possible:
        return hits
    way = random.pick(possible)
    place = random.pick(ways[way])
    hit = hits[place]
    if way == "left out":
        return (*hits[:place], *hits[place + 1 :])
    if way == "held":
        return (*hits[:place], hit._replace(length=hits[place + 1].end - hit.start), *hits[place + 2 :])
    if way == "twice":
        half = max(_EIGHTH, round(hit.length / 2 / STEP) * STEP)
        first, second = (
            hit._replace(length=hit.length - half),
            Hit(hit.end - half, half, again(hit.symbol, random)),
        )
        return (*hits[:place], first, second, *hits[place + 1 :])
    before = hits[place - 1]
    start = hit.start - _EIGHTH
    return (
        *hits[: place - 1],
        before._replace(length=min(before.length, start - before.start)),
        hit._replace(start=start, length=hit.length + _EIGHTH),
        *hits[place + 1 :],
    )
