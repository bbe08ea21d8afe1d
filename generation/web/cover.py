"""A cover for a piece of music: layered waves whose colours come from the genre and whose shapes from the seed."""

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

SIZE = 100
LAYERS = 4
POINTS = 10


@dataclass(frozen=True, slots=True)
class Layer:
    """One filled shape: an SVG path in a square of SIZE and its colour."""

    path: str
    colour: str


@dataclass(frozen=True, slots=True)
class Cover:
    """The colour of the ground and the layers on it, from the back to the front."""

    ground: str
    layers: tuple[Layer, ...]


def cover_of(genre: str, seed: int) -> Cover:
    """The cover of a piece: the same for the same genre and seed, and of one family within a genre."""
    draw = random.Random(seed)
    hue = (crc32(genre.encode()) % 360 + draw.uniform(-18, 18)) % 360
    turn = draw.choice((-1, 1)) * draw.uniform(35, 80)
    layers = []
    for number in range(LAYERS):
        depth = (number + 1) / LAYERS
        layers.append(Layer(_hill(draw, depth), _colour(0.78 - 0.42 * depth, 0.13, hue + turn * depth)))
    return Cover(_colour(0.88, 0.07, hue), tuple(layers))


def _hill(draw: random.Random, depth: float) -> str:
    """A wave across the square, filled down to the bottom; the nearer, the lower."""
    level = 22 + 52 * depth
    swing = draw.uniform(6, 15)
    waves = draw.uniform(0.6, 1.8)
    phase = draw.uniform(0, math.tau)
    points = [
        (x, level + swing * math.sin(phase + waves * math.tau * x / SIZE))
        for x in (SIZE * step / POINTS for step in range(POINTS + 1))
    ]
    curve = f"M{points[0][0]:.0f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        curve += f"Q{x0:.0f} {y0:.1f} {(x0 + x1) / 2:.0f} {(y0 + y1) / 2:.1f}"
    return f"{curve}L{SIZE} {points[-1][1]:.1f}V{SIZE}H0z"


def _colour(lightness: float, chroma: float, hue: float) -> str:
    return f"oklch({lightness:.2f} {chroma:.2f} {hue % 360:.0f})"
