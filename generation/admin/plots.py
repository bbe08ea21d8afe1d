"""Small plots as SVG, drawn by the server: what fits into a title, a few labels and paths for the style sheet."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format

# In units of the picture, which is as wide as its place.
WIDTH, HEIGHT = 320, 132
LEFT, RIGHT, TOP, BASE = 54, 314, 12, 106
# Seconds between which people count in minutes and hours.
_ROUND_SECONDS = (
    1,
    5,
    10,
    30,
    60,
    120,
    300,
    600,
    1200,
    1800,
    3600,
    7200,
    4 * 3600,
    8 * 3600,
    12 * 3600,
    86_400,
)
MOST_GAPS_SAID = 3
# The middle of a label below is no farther to the right, for its other half.
LAST_LABEL = 300


@dataclass(frozen=True, slots=True)
class Axis:
    """The time of a plot in steps, of which the first begins at `begin` and `count` follow each other.

    `ticks` are what is written below, at these moments; `named` writes one in a sentence.
    """

    begin: datetime
    step: timedelta
    count: int
    ticks: Sequence[tuple[datetime, str]]
    named: Callable[[datetime], str]

    def x(self, moment: datetime) -> float:
        return LEFT + (RIGHT - LEFT) * ((moment - self.begin) / (self.step * self.count))

    def at(self, place: int) -> datetime:
        return self.begin + place * self.step


@dataclass(frozen=True, slots=True)
class Unit:
    """How values of a kind are written in a sentence and on an axis, and the round number at which an axis ends."""

    written: Callable[[float], str]
    marked: Callable[[float], str]
    rounded_up: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Label:
    """Words of an axis, and whether their `middle` or their `end` stands there."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What the template draws. `line` and `area` are paths; `gaps` are the left ends and widths of what is not known.

    `essentials` says in words what one would see.
    """

    line: str
    area: str
    gaps: list[tuple[float, float]]
    labels: list[Label]
    essentials: str


def plotted(values: Sequence[float | None], axis: Axis, *, unit: Unit) -> Plot:
    """A step for each value, from 0 to a round number; a gap where there is none."""
    top = unit.rounded_up(max((value for value in values if value is not None), default=0))
    runs = list(_runs(values))
    points = [
        [(axis.x(axis.at(place)), axis.x(axis.at(place + 1)), _y(values[place] or 0, top)) for place in run]
        for is_known, run in runs
        if is_known
    ]
    gaps = [(axis.x(axis.at(run[0])), axis.x(axis.at(run[-1] + 1))) for is_known, run in runs if not is_known]
    scale = [Label(LEFT - 6, _y(value, top) + 4, unit.marked(value), "end") for value in (0, top)]
    ticks = [_tick(axis.x(moment), text) for moment, text in axis.ticks]
    return Plot(
        line=" ".join(_line(run) for run in points),
        area=" ".join(f"{_line(run)} V{BASE} H{run[0][0]:.1f} Z" for run in points),
        gaps=[(round(begin, 1), round(end - begin, 1)) for begin, end in gaps],
        labels=[*scale, *ticks],
        essentials=_essentials(values, axis, runs, unit.written),
    )


def round_up(value: float) -> float:
    """The next number that people write on an axis: 1, 2 or 5 times a power of ten; 1 at least."""
    if value <= 1:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return float(next(each for each in (power, 2 * power, 5 * power, 10 * power) if each >= value))


def round_money_up(value: float) -> float:
    """The same of dollars, of which a cent is the least."""
    return round_up(value * 100) / 100


def round_seconds_up(value: float) -> float:
    """The same of seconds, by minutes, hours and days."""
    days = math.ceil(value / 86_400)
    return next((float(each) for each in _ROUND_SECONDS if each >= value), days * 86_400.0)


def hours(begin: datetime, end: datetime, every: timedelta) -> Iterator[tuple[datetime, str]]:
    """The moments of a day that are whole multiples of some minutes or hours on the site's clock."""
    moment = timezone.localtime(begin).replace(hour=0, minute=0, second=0, microsecond=0)
    while moment <= end:
        if moment >= begin:
            yield moment, date_format(moment, "H:i")
        moment += every


def days(begin: datetime, end: datetime, every: int) -> Iterator[tuple[datetime, str]]:
    """Every so many midnights of the site's clock."""
    moment = timezone.localtime(begin).replace(hour=0, minute=0, second=0, microsecond=0)
    while moment <= end:
        if moment >= begin:
            yield moment, date_format(moment, "j M")
            moment += timedelta(days=every - 1)
        moment += timedelta(days=1)


def _runs(values: Sequence[float | None]) -> Iterator[tuple[bool, list[int]]]:
    """The places of values that follow each other and are known, or are not."""
    for is_known, places in groupby(range(len(values)), lambda place: values[place] is not None):
        yield is_known, list(places)


def _y(value: float, top: float) -> float:
    return BASE - (BASE - TOP) * value / top


def _line(steps: Sequence[tuple[float, float, float]]) -> str:
    begin, _, first = steps[0]
    return f"M{begin:.1f} {first:.1f} " + " ".join(f"V{y:.1f} H{end:.1f}" for _, end, y in steps)


def _tick(x: float, text: str) -> Label:
    return Label(min(round(x, 1), LAST_LABEL), BASE + 18, text, "middle")


def _essentials(
    values: Sequence[float | None],
    axis: Axis,
    runs: Sequence[tuple[bool, list[int]]],
    written: Callable[[float], str],
) -> str:
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    if not known:
        return "Nothing is known."
    most, when = max(known, key=lambda pair: pair[0])
    words = [
        f"Most: {written(most)}{f' at {axis.named(axis.at(when))}' if most else ''}. Last: {written(known[-1][0])}."
    ]
    gaps = [run for is_known, run in runs if not is_known]
    words += [
        f"Not known from {axis.named(axis.at(run[0]))} to {axis.named(axis.at(run[-1] + 1))}."
        for run in gaps[:MOST_GAPS_SAID]
    ]
    if len(gaps) > MOST_GAPS_SAID:
        words.append(f"{len(gaps) - MOST_GAPS_SAID} more gaps.")
    return " ".join(words)
