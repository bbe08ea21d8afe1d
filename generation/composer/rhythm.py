"""Rhythm written as text: one character for a sixteenth, so many to a bar as its metre has.

`.` is a rest, `-` holds what came before, anything else starts a note; bars are parted by `|`, in four:
`"X.....x...x..... | X......o..x....."`. Drums also roll: `r` is struck twice a step, `t` three times over its
whole length, so `"x.r-x.t-"` has four thirty-seconds and a triplet of sixteenths.
"""

from dataclasses import dataclass
from typing import NamedTuple

from .metre import FOUR_FOUR, STEP, Metre

REST, HOLD = ".", "-"


class Hit(NamedTuple):
    """A note of a pattern. `start` in beats from its bar's start, `length` in beats, `symbol` as written."""

    start: float
    length: float
    symbol: str

    @property
    def end(self) -> float:
        return self.start + self.length


def strokes(hit: Hit) -> tuple[Hit, ...]:
    """The strokes of a drum's hit: those of a roll, or the one that it is."""
    counts = {"r": round(2 * hit.length / STEP), "t": 3}
    count = counts.get(hit.symbol, 1)
    length = hit.length / count
    return tuple(Hit(hit.start + number * length, length, hit.symbol) for number in range(count))


@dataclass(frozen=True, slots=True)
class Pattern:
    """One or more bars of rhythm that repeat."""

    bars: tuple[tuple[Hit, ...], ...]

    def bar(self, index: int) -> tuple[Hit, ...]:
        return self.bars[index % len(self.bars)]


def parse_pattern(text: str, symbols: str, metre: Metre = FOUR_FOUR) -> Pattern:
    """The pattern of a text in which only `symbols` start a note.

    Raises ValueError where a bar has not as many steps as its metre, a symbol is unknown or nothing is there to hold.
    """
    return Pattern(tuple(_parse_bar(bar.strip(), symbols, metre.steps) for bar in text.split("|")))


def _parse_bar(bar: str, symbols: str, steps: int) -> tuple[Hit, ...]:
    if len(bar) != steps:
        raise ValueError(f"the bar {bar!r} has {len(bar)} steps, not {steps}")
    hits: list[Hit] = []
    for step, symbol in enumerate(bar):
        if symbol == REST:
            continue
        if symbol == HOLD:
            if step == 0 or bar[step - 1] == REST:
                raise ValueError(f"the bar {bar!r} holds a note at step {step + 1} where none sounds")
            hits[-1] = hits[-1]._replace(length=hits[-1].length + STEP)
        elif symbol in symbols:
            hits.append(Hit(step * STEP, STEP, symbol))
        else:
            raise ValueError(f"the bar {bar!r} has {symbol!r}; known are {symbols!r}, '.' and '-'")
    return tuple(hits)
