"""Rhythms of melodies, bar by bar: drawn like a genre's own and what tunes do, and varied where they return."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from ..genre.types import MelodyStyle
from ..learned.rhythms import rhythms
from ..metre import STEP, Metre
from ..randomness import Stream
from ..rhythm import Hit, Pattern

Move = tuple[int, int]
"""From one note to the next: how far off it begins, and how long the first one sounds, in sixteenths."""

_OWN, _BY_PLACE_IN_BEAT = 1.0, 0.3
_TRIES = 24
_SYMBOL = "x"


class BarRhythms:
    """Draws rhythms of one bar. A chain of notes: where the next one begins hangs on where the last one did (Markov).

    Its chances are those of the genre's cells, as they stand and wherever they would come to lie at the same place of a
    beat, and those of songs or dances of the metre in old collections, as far as the style has learned of them.
    """

    def __init__(self, cells: tuple[Pattern, ...], style: MelodyStyle, metre: Metre) -> None:
        self._steps = metre.steps
        bars = [bar for cell in cells for bar in cell.bars if bar]
        self._firsts: dict[int, float] = {}
        self._moves: list[dict[Move, float]] = [{} for _ in range(self._steps)]
        self._stock = frozenset(bars)
        counts = [len(bar) for bar in bars]
        self._fewest, self._most = min(counts), max(counts) + 1
        beat = round(metre.count / STEP)
        for bar in bars:
            first = _step(bar[0].start)
            self._firsts[first] = self._firsts.get(first, 0.0) + 1.0
            for hit, following in pairwise([*bar, bar[0]._replace(start=bar[0].start + metre.beats)]):
                place, move = _step(hit.start), (_step(following.start - hit.start), _step(hit.length))
                for other in range(place % beat, self._steps, beat):
                    weight = _OWN if other == place else _BY_PLACE_IN_BEAT
                    self._add(other, move, weight)
        table = rhythms().get((metre.name, style.kind)) if style.learned else None
        if table:
            own = sum(sum(moves.values()) for moves in self._moves) / self._steps
            for place, shares in enumerate(table.next_onset):
                for distance, share in shares.items():
                    if distance > 1 or style.has_sixteenths:
                        self._add(place, (distance, distance), own * style.learned * share)

    def _add(self, place: int, move: Move, weight: float) -> None:
        self._moves[place][move] = self._moves[place].get(move, 0.0) + weight

    def draw(self, random: Stream, known: Iterable[tuple[Hit, ...]] = ()) -> tuple[Hit, ...]:
        """A rhythm with about as many notes as the cells, but neither theirs nor one `known` if another can be had."""
        avoided = {*self._stock, *known}
        best: tuple[Hit, ...] = ()
        for _ in range(_TRIES):
            bar = self._drawn(random)
            if self._fewest <= len(bar) <= self._most:
                best = bar
                if bar not in avoided:
                    break
        return best or bar

    def _drawn(self, random: Stream) -> tuple[Hit, ...]:
        place, hits = random.weighted(self._firsts), []
        while place < self._steps:
            moves = self._moves[place] or {(self._steps - place, self._steps - place): 1.0}
            distance, length = random.weighted(moves)
            hits.append(Hit(place * STEP, length * STEP, _SYMBOL))
            place += distance
        return tuple(hits)


@lru_cache(maxsize=128)
def bar_rhythms(cells: tuple[Pattern, ...], style: MelodyStyle, metre: Metre) -> BarRhythms:
    """Those of some of a style's cells in a metre."""
    return BarRhythms(cells, style, metre)


def split(hits: tuple[Hit, ...], place: int) -> tuple[Hit, ...]:
    """The rhythm with a note struck once more, in its middle or a little later."""
    hit = hits[place]
    late = _step(hit.length) // 2 * STEP
    if _step(hit.length) >= 6 and _step(hit.length) % 4 == 2:
        late = STEP * 2
    return (
        *hits[:place],
        hit._replace(length=hit.length - late),
        hit._replace(start=hit.end - late, length=late),
        *hits[place + 1 :],
    )


def joined(hits: tuple[Hit, ...], place: int) -> tuple[Hit, ...]:
    """The rhythm with a note held over the one after it."""
    hit, after = hits[place : place + 2]
    return (*hits[:place], hit._replace(length=after.end - hit.start), *hits[place + 2 :])


def moved(hits: tuple[Hit, ...], place: int, steps: int) -> tuple[Hit, ...]:
    """The rhythm with a note so many sixteenths earlier, taken from the one before it."""
    before, hit = hits[place - 1 : place + 1]
    start = hit.start - steps * STEP
    return (
        *hits[: place - 1],
        before._replace(length=min(before.length, start - before.start)),
        hit._replace(start=start, length=hit.length + steps * STEP),
        *hits[place + 1 :],
    )


def variations(hits: tuple[Hit, ...], finest: int) -> Mapping[str, list[int]]:
    """Where a rhythm may be split, joined or moved, by the way; nothing becomes shorter than `finest` sixteenths."""
    splits = [place for place, hit in enumerate(hits) if _step(hit.length) >= 2 * finest]
    joins = [
        place
        for place, (hit, after) in enumerate(pairwise(hits))
        if _step(after.start - hit.end) == 0 and hit.length + after.length <= 2.0
    ]
    moves = [
        place + 1
        for place, (hit, after) in enumerate(pairwise(hits))
        if _step(after.start - hit.start) >= 2 * finest and _step(after.start) % 4 == 0
    ]
    return {"split": splits, "joined": joins, "moved": moves}


def _step(beats: float) -> int:
    return round(beats / STEP)
