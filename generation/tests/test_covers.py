"""Covers: the same for the same piece, others for others, and the PNG shows what the SVG does."""

import random
import subprocess
import sys
from io import BytesIO
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from PIL import Image

from generation.composer.genre.catalog import GENRES
from generation.composer.theory import SCALES
from generation.covers.colours import Colour, palette_of
from generation.covers.cover import COMPOSITIONS, OF_GENRE, cover_of
from generation.covers.pixels import cover_png

SVG = Template("{% load music %}{% cover genre seed key %}")
LARGEST = 2048
# Of 0 to 255, how far two pictures are apart on average that nobody takes for each other.
APART = 20


def picture(genre: str, seed: int, key: str = "", size: int = 32) -> Image.Image:
    return Image.open(BytesIO(cover_png(genre, seed, key, size))).convert("RGB")


def distance(one: Image.Image, other: Image.Image) -> float:
    """How far apart two pictures are in a channel of a pixel, on average."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(one.tobytes())


def hue_of(key: str) -> float:
    return sum(palette_of("pop", key, random.Random(seed)).main.hue for seed in range(40)) / 40 % 360


def test_the_genres_of_the_composer_have_compositions_of_their_own():
    assert set(OF_GENRE) == set(GENRES)
    assert len({tuple(sorted(each.__name__ for each in own)) for own in OF_GENRE.values()}) == len(OF_GENRE)


def test_a_cover_is_the_same_for_the_same_piece():
    assert cover_of("lofi", 7, "A minor") == cover_of("lofi", 7, "A minor")
    assert cover_png("lofi", 7, "A minor", 64) == cover_png("lofi", 7, "A minor", 64)


@pytest.mark.parametrize("genre", ["lofi", "techno", "", "shoegaze"])
def test_variations_which_have_one_key_are_told_apart(genre):
    pictures = [picture(genre, seed, "A minor") for seed in range(1000, 1004)]
    assert min(distance(one, other) for one, other in combinations(pictures, 2)) > APART


def test_covers_of_a_library_are_told_apart():
    draw = random.Random(3)
    pictures = [picture(draw.choice(list(GENRES)), draw.randrange(2**32)) for _ in range(60)]
    distances = [distance(one, other) for one, other in combinations(pictures, 2)]
    assert min(distances) > APART / 2
    assert sorted(distances)[len(distances) // 100] > APART


def test_the_hue_goes_round_with_the_fifths_and_a_minor_key_is_darker():
    fifths = ["C major", "G major", "D major", "A major", "E major", "B major", "F# major"]
    steps = [hue_of(after) - hue_of(before) for before, after in pairwise(fifths)]
    assert all(step % 360 == pytest.approx(30, abs=0.1) for step in steps)
    for seed in range(20):
        grounds = [palette_of("jazz", key, random.Random(seed)).ground for key in ("C major", "A minor")]
        assert grounds[0].lightness > 0.7 > 0.5 > grounds[1].lightness


@pytest.mark.parametrize("key", ["", "nothing", "H major", *(f"Eb {mode}" for mode in SCALES)])
def test_every_key_and_what_is_none_gives_a_cover(key):
    assert cover_of("folk", 5, key).layers


def test_a_piece_keeps_its_composition_when_its_key_becomes_known():
    before, after = cover_of("house", 12), cover_of("house", 12, "F# minor")
    assert len(before.layers) == len(after.layers)


def test_an_svg_is_small_and_holds_no_style_and_no_id():
    for seed in range(25 * len(COMPOSITIONS)):
        svg = SVG.render(Context({"genre": "", "seed": seed, "key": "D minor"}))
        assert len(svg) <= LARGEST
        names = {name for element in ElementTree.fromstring(svg).iter() for name in element.attrib}
        assert names == {"class", "viewBox", "aria-hidden", "fill", "d"}


@pytest.mark.parametrize("seed", range(len(COMPOSITIONS)))
def test_png_and_svg_have_the_same_colours(seed):
    cover = cover_of("", seed, "G major")
    image = picture("", seed, "G major", 512)
    assert image.size == (512, 512)
    counts = {"#{:02x}{:02x}{:02x}".format(*colour): count for count, colour in image.getcolors(1 << 20)}
    colours = {cover.ground, *(layer.colour for layer in cover.layers)}
    shown = colours & set(counts)
    assert len(shown) >= 3
    # The rest are edges, where two colours meet in a pixel.
    assert sum(counts[colour] for colour in shown) > 0.8 * 512 * 512


def test_a_colour_that_no_screen_shows_keeps_its_hue_and_lightness():
    assert Colour(0.6, 0.0, 0).hex == "#808080"
    red, green, blue = (int(Colour(0.5, 0.4, 264).hex[at : at + 2], 16) for at in (1, 3, 5))
    assert blue > green
    assert blue > red


def test_a_cover_is_composed_without_what_is_heavy():
    code = "from generation.covers import cover, pixels; import sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "PIL", "django"} & set(loaded)
    code = "from generation.covers.pixels import cover_png; cover_png('', 1); import sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "numpy" not in loaded
