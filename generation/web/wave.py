"""The picture of a wave, as the bars of an SVG path."""

from itertools import pairwise

STEP, BAR = 3, 2
HEIGHT = 100
LEAST = 3
DOT = 0.2


def bars_of(peaks: bytes, count: int) -> list[float]:
    """How loud each of `count` equal parts of `peaks` (signed bytes) gets, the loudest of all as 1.

    Drawn as power, the square of the peak: mastered music peaks nearly everywhere, and its form would not be seen.
    """
    values = memoryview(peaks).cast("b")
    if not values:
        return [0.0] * count
    edges = [round(part * len(values) / count) for part in range(count + 1)]
    loudest = [
        max(map(abs, values[start : max(stop, start + 1)]), default=0) for start, stop in pairwise(edges)
    ]
    top = max(loudest) or 1
    return [(value / top) ** 2 for value in loudest]


def path_of(bars: list[float]) -> str:
    """The `d` of a path with one upright bar for each value from 0 to 1, about the middle of HEIGHT."""
    halves = [max(LEAST, round(value * HEIGHT)) / 2 for value in bars]
    return "".join(
        f"M{number * STEP} {HEIGHT / 2 - half:g}h{BAR}v{2 * half:g}h-{BAR}z"
        for number, half in enumerate(halves)
    )


def dotted_path(count: int) -> str:
    """The path of a wave that is not there yet: a line of `count` dots."""
    return path_of([DOT] * count)


def width_of(count: int) -> int:
    """The width of a picture of `count` bars, in the units of the path."""
    return count * STEP - (STEP - BAR)
