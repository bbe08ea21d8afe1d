"""Pitches brought to where they can be played."""

import pytest

from generation.composer.instruments import RANGES
from generation.composer.writing.piece import clamped_velocity, in_range, nearest


@pytest.mark.parametrize("instrument", ["flute", "timpani"])
def test_a_pitch_is_moved_by_octaves_to_where_the_instrument_sounds(instrument):
    low, high = RANGES[instrument]
    for pitch in range(128):
        moved = in_range(pitch, instrument)
        assert low <= moved <= high
        assert (moved - pitch) % 12 == 0
        assert moved == pitch or not low <= pitch <= high


def test_an_instrument_of_no_known_range_plays_what_is_written():
    assert [in_range(pitch, "kazoo") for pitch in (0, 127)] == [0, 127]


def test_the_nearest_pitch_of_a_class_lies_between_the_limits():
    assert nearest(0, 61.0, 48, 72) == 60
    assert nearest(0, 67.0, 48, 72) == 72
    assert nearest(14, 30.0, 50, 72) == 50


def test_velocities_are_those_of_midi():
    assert [clamped_velocity(level) for level in (-3.0, 0.4, 63.6, 127.4, 300.0)] == [1, 1, 64, 127, 127]
