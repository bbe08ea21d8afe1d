"""Durations as people read them."""

import pytest

from musicgen.durations import clock, clock_with_unit


@pytest.mark.parametrize(
    ("seconds", "shown", "in_a_sentence"),
    [
        (0, "0:00", "0:00 min"),
        (29.6, "0:30", "0:30 min"),
        (3599.4, "59:59", "59:59 min"),
        (3599.6, "1:00:00", "1:00:00 h"),
        (90_125, "25:02:05", "25:02:05 h"),
    ],
)
def test_hours_are_said_where_there_are_any(seconds, shown, in_a_sentence):
    assert (clock(seconds), clock_with_unit(seconds)) == (shown, in_a_sentence)
