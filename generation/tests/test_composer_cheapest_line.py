from itertools import product

import pytest

from generation.composer.randomness import stream
from generation.composer.writing.cheapest_line import cheapest_line


def _step(index: int, before: int, pitch: int) -> float:
    return abs(pitch - before) * 0.7 + (0.3 if (pitch + index) % 3 else 0.0)


def _steps(index, before, pitch):
    return [_step(index, other, pitch) for other in before]


def test_no_other_line_is_cheaper():
    random = stream(1, "line")
    rows = [[(60 + random.below(12), random.random() * 5) for _ in range(4)] for _ in range(5)]

    def cost(line):
        return sum(own for _, own in line) + sum(
            _step(index, line[index - 1][0], line[index][0]) for index in range(1, len(line))
        )

    best = min(cost(line) for line in product(*rows))
    found = cheapest_line(rows, _steps)
    reached = min(cost(line) for line in product(*rows) if [pitch for pitch, _ in line] == found)
    assert reached == pytest.approx(best)


def test_no_rows_give_no_line_and_an_empty_row_is_refused():
    assert cheapest_line([], _steps) == []
    with pytest.raises(ValueError, match="at least one pitch"):
        cheapest_line([[(60, 0.0)], []], _step)


def test_as_many_moves_as_pitches_are_asked_for():
    with pytest.raises(ValueError, match="1 costs of moves from 2 pitches"):
        cheapest_line([[(60, 0.0), (62, 0.0)], [(64, 0.0)]], lambda index, before, pitch: [0.0])
