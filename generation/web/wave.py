"""The picture of a wave, as the bars of an SVG path."""

from functools import lru_cache
from itertools import pairwise

STEP, BAR = 3, 2
HEIGHT = 100
LEAST = 3
DOT = 0.2
# Of a signed byte how far it is from nothing.
_LOUDNESS = bytes(min(value, 256 - value) for value in range(256))
# What follows the start of a bar of each height from 0, which are whole numbers.
_BARS = [
    f" {(HEIGHT - height) / 2:g}h{BAR}v{height}h-{BAR}z"
    for height in (max(LEAST, height) for height in range(HEIGHT + 1))
]


def bars_of(peaks: bytes, count: int) -> list[float]:
    """How loud each of `count` equal parts of `peaks` (signed bytes) gets, the loudest of all as 1.

    Drawn as power, the square of the peak: mastered music peaks nearly everywhere, and its form would not be seen.
    """
    if not peaks:
        return [0.0] * count
    loudness = peaks.translate(_LOUDNESS)
    loudest = [max(loudness[part], default=0) for part in _parts(len(loudness), count)]
    top = max(loudest) or 1
    return [(value / top) ** 2 for value in loudest]


def path_of(bars: list[float]) -> str:
    """The `d` of a path with one upright bar for each value from 0 to 1, about the middle of HEIGHT."""
    return "".join([f"M{number * STEP}{_BARS[round(value * HEIGHT)]}" for number, value in enumerate(bars)])


def dotted_path(count: int) -> str:
    """The path of a wave that is not there yet: a line of `count` dots."""
    return path_of([DOT] * count)


def width_of(count: int) -> int:
    """The width of a picture of `count` bars, in the units of the path."""
    return count * STEP - (STEP - BAR)


@lru_cache(maxsize=256)
def _parts(length: int, count: int) -> list[slice]:
    """`count` equal parts of something so long, each of at least one value."""
    edges = [round(part * length / count) for part in range(count + 1)]
    return [slice(start, max(stop, start + 1)) for start, stop in pairwise(edges)]
