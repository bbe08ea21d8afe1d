"""Colours of a cover: the hue by the key around the circle of fifths, light or dark by major or minor."""

import math
import random
from dataclasses import dataclass

from generation.composer.genre.catalog import GENRES
from generation.composer.theory import family, parse_key

FIFTH = 7
# Semitones from a minor key's tonic to that of the major key with the same notes.
RELATIVE = 3
# C major and A minor are coral; every fifth up is 30 degrees on, towards yellow.
HUE_OF_C = 32.0
DEFAULT_ENERGY = 0.5
YELLOW = 95.0
DARK = 0.46
CLEAR = 0.2


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in OKLCH: lightness 0 to 1, chroma, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @property
    def hex(self) -> str:
        """The colour as "#rrggbb"; what no screen shows is made less colourful until it does.

        Yellow and green are lighter than other hues before they look like olive or mud, and dark ones more grey.
        """
        yellow = max(0.0, math.cos(math.radians(self.hue - YELLOW))) ** 2
        middle = max(0.0, 1 - abs(self.lightness - 0.62) / 0.24)
        lightness = self.lightness + 0.15 * yellow * middle
        chroma = self.chroma * (1 - 0.55 * yellow * (self.lightness < DARK))
        while (rgb := _linear_rgb(lightness, chroma, self.hue)) and not _is_shown(rgb) and chroma > 0:
            chroma -= 0.005
        return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, part)))):02x}" for part in rgb)

    def mixed(self, other: "Colour", part: float) -> "Colour":
        """The colour so far on the way to another one, the short way round the hues."""
        turn = (other.hue - self.hue + 180) % 360 - 180
        return Colour(
            self.lightness + (other.lightness - self.lightness) * part,
            self.chroma + (other.chroma - self.chroma) * part,
            self.hue + turn * part,
        )


@dataclass(frozen=True, slots=True)
class Palette:
    """What a cover is painted with: a ground, two colours that stand out from it, one that strikes, and a far pole."""

    ground: Colour
    main: Colour
    second: Colour
    accent: Colour
    pole: Colour

    def clearest(self, first: Colour, *others: Colour) -> Colour:
        """The first of these that is lighter or darker than the ground by far, else the one that is so the most."""
        contrast = {colour: abs(colour.lightness - self.ground.lightness) for colour in (first, *others)}
        return next(
            (colour for colour in contrast if contrast[colour] > CLEAR),
            max(contrast, key=contrast.__getitem__),
        )

    def steps(self, count: int, *, to: Colour | None = None) -> list[str]:
        """So many colours from near the ground to another one, by default the main one."""
        end = to or self.main
        return [self.ground.mixed(end, (number + 1) / count).hex for number in range(count)]


def palette_of(genre: str, key: str, draw: random.Random) -> Palette:
    """The palette of a piece; without a key (one like "A minor", or "") the seed's."""
    fifths, is_minor = _fifths_of(key) or (draw.randrange(12), draw.random() < 0.5)
    hue = HUE_OF_C + 30 * fifths + draw.uniform(-7, 7)
    energy = GENRES[genre].energy if genre in GENRES else DEFAULT_ENERGY
    vivid = 0.095 + 0.075 * energy + draw.uniform(0, 0.02)
    near, far = draw.choice((-1, 1)) * draw.uniform(35, 60), draw.uniform(130, 230)
    other, strike = (near, far) if draw.random() < 0.6 else (far, near)
    schemes = (_night, _deep, _dusk) if is_minor else (_paper, _bright, _noon)
    return draw.choice(schemes)(vivid, hue, hue + other, hue + strike)


def _paper(vivid: float, hue: float, other: float, strike: float) -> Palette:
    return Palette(
        ground=Colour(0.93, 0.045, hue),
        main=Colour(0.66, vivid + 0.03, hue),
        second=Colour(0.76, vivid, other),
        accent=Colour(0.6, vivid + 0.04, strike),
        pole=Colour(0.3, 0.07, hue),
    )


def _bright(vivid: float, hue: float, other: float, strike: float) -> Palette:
    return Palette(
        ground=Colour(0.79, vivid + 0.02, hue),
        main=Colour(0.95, 0.045, hue),
        second=Colour(0.6, vivid + 0.03, other),
        accent=Colour(0.52, vivid + 0.04, strike),
        pole=Colour(0.33, 0.09, hue),
    )


def _noon(vivid: float, hue: float, other: float, strike: float) -> Palette:
    return Palette(
        ground=Colour(0.88, vivid * 0.75, other),
        main=Colour(0.63, vivid + 0.05, hue),
        second=Colour(0.73, vivid + 0.03, hue),
        accent=Colour(0.98, 0.02, hue),
        pole=Colour(0.4, vivid + 0.02, strike),
    )


def _night(vivid: float, hue: float, other: float, strike: float) -> Palette:
    return Palette(
        ground=Colour(0.27, 0.06, hue),
        main=Colour(0.6, vivid + 0.03, hue),
        second=Colour(0.45, vivid, other),
        accent=Colour(0.78, vivid, strike),
        pole=Colour(0.93, 0.04, hue),
    )


def _deep(vivid: float, hue: float, other: float, strike: float) -> Palette:
    return Palette(
        ground=Colour(0.43, vivid + 0.02, hue),
        main=Colour(0.26, 0.07, hue),
        second=Colour(0.62, vivid + 0.03, other),
        accent=Colour(0.8, vivid, strike),
        pole=Colour(0.93, 0.04, hue),
    )


def _dusk(vivid: float, hue: float, other: float, strike: float) -> Palette:
    return Palette(
        ground=Colour(0.34, 0.075, other),
        main=Colour(0.58, vivid + 0.05, hue),
        second=Colour(0.7, vivid + 0.02, hue),
        accent=Colour(0.87, 0.08, strike),
        pole=Colour(0.2, 0.045, hue),
    )


def _fifths_of(key: str) -> tuple[int, bool] | None:
    """How many fifths above C the major key with the same notes lies, and whether the key is a minor one."""
    try:
        tonic, mode = parse_key(key)
    except ValueError:
        return None
    is_minor = family(mode) == "minor"
    return (tonic + RELATIVE * is_minor) * FIFTH % 12, is_minor


def _linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Björn Ottosson's OKLab, to linear sRGB."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_shown(rgb: tuple[float, float, float]) -> bool:
    return all(-0.001 <= part <= 1.001 for part in rgb)


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
