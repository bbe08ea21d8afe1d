"""Stretches the sections of a form to a number of bars, the flexible ones most."""

import math
from collections.abc import Sequence

Shape = tuple[tuple[str, int], ...]
"""The sections of a form: of what kind, and how many bars by nature."""

# Few lengths bend a shape little: the many others are looked at only where those do not fit.
_LIMITS = (4.0, 16.0, math.inf)


def fitted_lengths(shape: Shape, bars: int, flexible: frozenset[str]) -> tuple[float, tuple[int, ...]]:
    """How much the shape must bend to last `bars`, and the lengths in bars that bend it least, one for each section.

    Kinds that are `flexible` bend more easily. Of lengths as good as each other the last sections' are the longest.
    Raises ValueError where there are fewer bars than sections.
    """
    if bars < len(shape):
        raise ValueError(f"{len(shape)} sections need as many bars at least; there are {bars}.")
    room = max(0, bars - sum(_longest(natural) for _, natural in shape))
    bends = [
        [bend(length, natural, kind in flexible) for length in range(1, _longest(natural) + room + 1)]
        for kind, natural in shape
    ]
    return next(filter(None, (_least_bent(bends, bars, limit) for limit in _LIMITS)))


def _longest(natural: int) -> int:
    return 2 * natural + 4


def bend(length: int, natural: int, flexible: bool) -> float:
    """How much a section bends that is so long instead of its natural length, both in bars: 0 or more."""
    stretch = (length / natural + natural / length - 2) * natural
    squareness = 0.0 if length % 4 == 0 or length == natural else 0.6 if length % 2 == 0 else 2.4
    return stretch * (0.6 if flexible else 1.0) + squareness * (0.3 if flexible else 1.0)


def _least_bent(
    bends: Sequence[Sequence[float]], bars: int, limit: float
) -> tuple[float, tuple[int, ...]] | None:
    """The least sum of bends, if it is at most `limit`, of lengths that sum to `bars`, and the lengths.

    `bends` are those of each section's lengths from 1 on.
    """
    costs, chosen = {0: 0.0}, []
    for place, of_section in enumerate(bends):
        fewest_left, most_left = len(bends) - place - 1, sum(map(len, bends[place + 1 :]))
        slight = sorted((bent, length) for length, bent in enumerate(of_section, 1) if bent <= limit)
        longer: dict[int, float] = {}
        last: dict[int, int] = {}
        for total, cost in sorted(costs.items()):
            fewest, most = bars - total - most_left, bars - total - fewest_left
            for more, length in slight:
                bent = cost + more
                if bent > limit:
                    break
                if fewest <= length <= most and bent < longer.get(total + length, math.inf):
                    longer[total + length] = bent
                    last[total + length] = length
        costs = longer
        chosen.append(last)
    if bars not in costs:
        return None
    lengths: list[int] = []
    total = bars
    for last in reversed(chosen):
        lengths.append(last[total])
        total -= lengths[-1]
    return costs[bars], tuple(reversed(lengths))
