"""Waves: what is drawn of how loud a piece of music is."""

import re

import pytest

from generation.web.wave import HEIGHT, bars_of, dotted_path, path_of, width_of


def signed(*values: int) -> bytes:
    return bytes(value % 256 for value in values)


def test_a_bar_is_the_power_of_the_loudest_value_in_its_part():
    assert bars_of(signed(-64, 10, 0, 0, -3, 32), 3) == [1.0, 0.0, 0.25]


def test_the_loudest_negative_value_counts_in_full():
    assert bars_of(signed(-128, 127), 1) == [1.0]


@pytest.mark.parametrize(("values", "count"), [((), 4), ((0, 0), 4), ((1, 2, 3), 90), (range(-100, 100), 7)])
def test_there_are_always_as_many_bars_as_asked_for(values, count):
    bars = bars_of(signed(*values), count)
    assert len(bars) == count
    assert all(0 <= bar <= 1 for bar in bars)


def test_a_path_has_a_bar_for_each_value_within_its_box():
    path = path_of([0.0, 0.5, 1.0])
    bars = re.findall(r"M(\d+) ([\d.]+)h(\d+)v([\d.]+)h-\3z", path)
    assert "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in bars) == path
    assert [float(h) for *_, h in bars] == [3, 50, 100]
    assert all(float(y) + float(h) / 2 == HEIGHT / 2 for _, y, _, h in bars)
    assert int(bars[-1][0]) + int(bars[-1][2]) == width_of(3)


def test_a_wave_that_is_not_there_yet_is_flat():
    assert len(set(re.findall(r"v([\d.]+)", dotted_path(9)))) == 1
