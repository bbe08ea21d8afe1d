"""Covers and waves: what is drawn of a piece of music."""

import re
from xml.etree import ElementTree

import pytest

from generation.web.cover import SIZE, cover_of
from generation.web.wave import HEIGHT, bars_of, dotted_path, path_of, width_of

COVER_COLOURS = [
    "oklch(0.88 0.07 257)",
    "oklch(0.68 0.13 243)",
    "oklch(0.57 0.13 230)",
    "oklch(0.47 0.13 217)",
    "oklch(0.36 0.13 204)",
]
COVER_HILL = (
    "M0 38.6Q0 38.6 5 40.0Q10 41.4 15 39.9Q20 38.4 25 35.3Q30 32.3 35 30.4Q40 28.6 45 29.7"
    "Q50 30.8 55 33.8Q60 36.8 65 39.0Q70 41.2 75 40.5Q80 39.9 85 37.0Q90 34.1 95 31.7L100 29.2V100H0z"
)


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


def test_a_cover_is_the_same_for_the_same_music_and_another_for_another():
    assert cover_of("lofi", 7) == cover_of("lofi", 7)
    assert len({cover_of("lofi", seed) for seed in range(50)}) == 50
    assert cover_of("lofi", 7) != cover_of("jazz", 7)


def test_a_cover_stays_in_its_square_and_its_colours_are_colours():
    for seed in range(200):
        cover = cover_of("ambient", seed)
        for layer in cover.layers:
            ElementTree.fromstring(f'<path d="{layer.path}"/>')
            heights = [float(y) for y in re.findall(r"[\d.]+ (-?[\d.]+)", layer.path)]
            assert min(heights) >= 0
            assert max(heights) <= SIZE
            assert re.fullmatch(r"oklch\(0\.\d\d 0\.\d\d \d{1,3}\)", layer.colour)


def test_the_cover_of_a_piece_stays_what_it_is():
    cover = cover_of("lofi", 7)
    assert [cover.ground, *(layer.colour for layer in cover.layers)] == COVER_COLOURS
    assert cover.layers[0].path == COVER_HILL
