"""The cheapest line through a row of choices: how melodies and walking basses find their notes."""

from collections.abc import Callable, Sequence
from operator import add

Choice = tuple[int, float]
"""A pitch and what it costs by itself."""


Steps = Callable[[int, Sequence[int], int], list[float]]
"""(index of a row, the pitches of the row before, a pitch) -> what it costs to come to that pitch from each of them."""


def cheapest_line(choices: Sequence[Sequence[Choice]], steps: Steps) -> list[int]:
    """One pitch of each row of choices, so that the sum of all costs is least.

    This is Viterbi's algorithm (1967): it looks at every pair of neighbours once and finds the best of all lines.
    Equal costs fall to the choice that stands first. Raises ValueError where a row is empty, or
    `steps` gives not one cost for each pitch.
    """
    if not choices:
        return []
    if not all(choices):
        raise ValueError("Every note of a line needs at least one pitch to choose from.")
    costs = [cost for _, cost in choices[0]]
    origins: list[list[int]] = []
    for index in range(1, len(choices)):
        before = [pitch for pitch, _ in choices[index - 1]]
        row_costs, row_origins = [], []
        for pitch, own in choices[index]:
            moves = steps(index, before, pitch)
            if len(moves) != len(costs):
                raise ValueError(f"Row {index} has {len(moves)} costs of moves from {len(costs)} pitches.")
            reached = list(map(add, costs, moves))
            least = min(reached)
            row_costs.append(least + own)
            row_origins.append(reached.index(least))
        costs = row_costs
        origins.append(row_origins)
    place = min(range(len(costs)), key=costs.__getitem__)
    line = [choices[-1][place][0]]
    for index in range(len(choices) - 1, 0, -1):
        place = origins[index - 1][place]
        line.append(choices[index - 1][place][0])
    return line[::-1]
