"""The cheapest line through a row of choices: how melodies and walking basses find their notes."""

from collections.abc import Callable, Sequence

Choice = tuple[int, float]
"""A pitch and what it costs by itself."""


def cheapest_line(choices: Sequence[Sequence[Choice]], step: Callable[[int, int, int], float]) -> list[int]:
    """One pitch of each row of choices, so that the sum of all costs is least.

    `step(index, before, pitch)` is the cost of going from row index - 1 to row index. This is Viterbi's
    algorithm (1967): it looks at every pair of neighbours once and finds the best of all lines. Equal costs
    fall to the choice that stands first. Raises ValueError where a row is empty.
    """
    if not choices:
        return []
    if not all(choices):
        raise ValueError("Every note of a line needs at least one pitch to choose from.")
    costs = [cost for _, cost in choices[0]]
    origins: list[list[int]] = []
    for index in range(1, len(choices)):
        before = choices[index - 1]
        row_costs, row_origins = [], []
        for pitch, own in choices[index]:
            reached = [costs[place] + step(index, before[place][0], pitch) for place in range(len(before))]
            least = min(range(len(reached)), key=reached.__getitem__)
            row_costs.append(reached[least] + own)
            row_origins.append(least)
        costs = row_costs
        origins.append(row_origins)
    place = min(range(len(costs)), key=costs.__getitem__)
    line = [choices[-1][place][0]]
    for index in range(len(choices) - 1, 0, -1):
        place = origins[index - 1][place]
        line.append(choices[index - 1][place][0])
    return line[::-1]
