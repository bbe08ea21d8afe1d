"""Compositions that picture nothing: records, rays, dots, bars, orbits, tiles, shards, stripes, strings, arcs."""

import math
import random

from generation.covers.colours import Palette
from generation.covers.shapes import (
    SIZE,
    Circle,
    Layer,
    Outline,
    Point,
    Shape,
    band,
    box,
    ring_points,
    wedge,
)

# From a corner to the far one, and a little more.
REACH = 150.0


def records(draw: random.Random, palette: Palette) -> list[Layer]:
    """A record with its grooves and its label, whole or cut by the edge."""
    x, y = draw.choice(((50, 50), (draw.uniform(20, 80), draw.choice((14, 86))), (draw.choice((8, 92)), 50)))
    radius = draw.uniform(40, 44) if (x, y) == (50, 50) else draw.uniform(52, 74)
    label = radius * draw.uniform(0.3, 0.42)
    dark = min(palette.pole, palette.main, palette.ground, key=lambda colour: colour.lightness)
    disc = palette.pole if dark is palette.ground else dark
    grooves = draw.choice((2, 3, 4))
    rings = []
    for number in range(grooves):
        at = label + (radius - label) * (number + 1) / (grooves + 1)
        rings.append(Circle(x, y, at, at - draw.uniform(0.8, 2.4)))
    half = wedge(x, y, label, turn := draw.uniform(0, math.tau), turn + math.pi)
    return [
        Layer(disc.hex, (Circle(x, y, radius),)),
        Layer(disc.mixed(palette.second, 0.45).hex, tuple(rings)),
        Layer(palette.accent.hex, (Circle(x, y, label),)),
        Layer(palette.second.hex, (half,)),
        Layer(palette.ground.hex, (Circle(x, y, radius * 0.05),)),
    ]


def rays(draw: random.Random, palette: Palette) -> list[Layer]:
    """Beams from a disc within the square or at its edge."""
    x, y = draw.choice(((50, 50), (50, 100), (draw.choice((0, 100)), 100), (draw.uniform(20, 80), 62)))
    count = draw.choice((8, 10, 12, 16))
    turn, part = draw.uniform(0, math.tau), draw.uniform(0.4, 0.6)
    step = math.tau / count
    beams = tuple(_beam(x, y, turn + step * number, step * part) for number in range(count))
    disc = draw.uniform(16, 30)
    layers = [Layer(palette.main.hex, beams), Layer(palette.accent.hex, (Circle(x, y, disc),))]
    if draw.random() < 0.6:
        layers.append(Layer(palette.pole.hex, (Circle(x, y, disc * draw.uniform(0.4, 0.72)),)))
    return layers


def dots(draw: random.Random, palette: Palette) -> list[Layer]:
    """Discs in rows that swell towards a place, one of them struck out by colour."""
    count = draw.choice((3, 4, 5))
    step = SIZE / count
    x0, y0 = draw.uniform(0, 100), draw.uniform(0, 100)
    grows = draw.choice((True, False))
    places = [(step * (column + 0.5), step * (row + 0.5)) for row in range(count) for column in range(count)]
    struck = set(draw.sample(range(len(places)), draw.choice((1, 2, 3))))
    plain: list[Shape] = []
    bright: list[Shape] = []
    for number, (x, y) in enumerate(places):
        near = 1 - min(1.0, math.hypot(x - x0, y - y0) / 100)
        radius = step * (0.1 + 0.36 * (near if grows else 1 - near))
        (bright if number in struck else plain).append(Circle(x, y, radius))
    return [
        Layer(palette.clearest(palette.main, palette.pole).hex, tuple(plain)),
        Layer(palette.accent.hex, tuple(bright)),
    ]


def bars(draw: random.Random, palette: Palette) -> list[Layer]:
    """Levels side by side, from the middle or from the floor, in two colours."""
    count = draw.choice((4, 5, 7, 9))
    step = SIZE / (count + 1)
    width, floor = step * draw.uniform(0.5, 0.8), draw.choice((True, False))
    sideways = draw.random() < 0.3
    one: list[Shape] = []
    other: list[Shape] = []
    for number in range(count):
        at = step * (number + 1) - width / 2
        height = draw.uniform(14, 80)
        top = 100 - height if floor else 50 - height / 2
        bar = box(top, at, height, width) if sideways else box(at, top, width, height)
        (one if draw.random() < 0.6 else other).append(bar)
    behind: list[Layer] = []
    if draw.random() < 0.6:
        disc = Circle(draw.uniform(25, 75), draw.uniform(25, 60), draw.uniform(18, 32))
        behind = [Layer(palette.accent.hex, (disc,))]
    ends = palette.second if behind else palette.accent
    return [*behind, Layer(palette.main.hex, tuple(one)), Layer(ends.hex, tuple(other))]


def orbits(draw: random.Random, palette: Palette) -> list[Layer]:
    """Thin rings around a centre, with bodies on them."""
    x, y = draw.choice(((50, 50), (draw.uniform(15, 85), draw.uniform(15, 85)), (draw.choice((0, 100)), 0)))
    count = draw.choice((3, 4, 5))
    first, width = draw.uniform(16, 22), draw.uniform(0.7, 1.6)
    step = (112 if (x, y) != (50, 50) else 46) / count * draw.uniform(0.8, 1.0)
    rings: list[Shape] = []
    planets: list[Shape] = []
    for number in range(count):
        radius = first + step * number * (0.85 if (x, y) != (50, 50) else 0.7)
        rings.append(Circle(x, y, radius, radius - width))
        angle = draw.uniform(0, math.tau) if (x, y) == (50, 50) else _inwards(x, y) + draw.uniform(-0.6, 0.6)
        [place] = ring_points(x, y, radius - width / 2, [angle])
        planets.append(Circle(*place, draw.uniform(3, 7.5)))
    return [
        Layer(palette.ground.mixed(palette.pole, 0.55).hex, tuple(rings)),
        Layer(palette.main.hex, (Circle(x, y, first * 0.62),)),
        Layer(palette.accent.hex, tuple(planets[::2])),
        Layer(palette.second.hex, tuple(planets[1::2])),
    ]


def tiles(draw: random.Random, palette: Palette) -> list[Layer]:
    """Quarter discs, half discs and squares in a grid, as a tiled floor."""
    count = draw.choice((2, 3, 4))
    step = SIZE / count
    parts: dict[str, list[Shape]] = {
        colour.hex: [] for colour in (palette.main, palette.second, palette.accent, palette.pole)
    }
    kinds = draw.sample(("quarter", "half", "square", "disc", "triangle"), 3)
    for number in range(count * count):
        left, top = step * (number % count), step * (number // count)
        colour = draw.choice(list(parts)) if draw.random() < 0.86 else None
        if colour:
            parts[colour].append(_tile(draw, draw.choice(kinds), left, top, step))
    return [Layer(colour, tuple(shapes)) for colour, shapes in parts.items() if shapes]


def shards(draw: random.Random, palette: Palette) -> list[Layer]:
    """Broken glass: splinters from one blow."""
    x, y = draw.uniform(25, 75), draw.uniform(25, 75)
    count = draw.choice((7, 9, 11))
    angles = sorted(math.tau * (number + draw.uniform(0.1, 0.9)) / count for number in range(count))
    colours = [palette.main, palette.second, palette.pole, palette.accent]
    layers = []
    for number, (start, stop) in enumerate(zip(angles, [*angles[1:], angles[0] + math.tau], strict=True)):
        if number % 3 == 2:
            continue
        reach = draw.choice((draw.uniform(30, 55), REACH))
        near = draw.uniform(0, 9)
        [root] = ring_points(x, y, near, [(start + stop) / 2])
        [one] = ring_points(x, y, reach, [start + 0.04])
        [other] = ring_points(x, y, reach * draw.uniform(0.6, 1), [stop - 0.04])
        layers.append(Layer(colours[number % 4].hex, (Outline((root, one, other)),)))
    return layers


def stripes(draw: random.Random, palette: Palette) -> list[Layer]:
    """Broad stripes across the square, straight or round a corner, as on an old van, and a disc."""
    colours = [colour.hex for colour in (palette.main, palette.second, palette.accent, palette.pole)]
    draw.shuffle(colours)
    count, width = draw.choice((3, 4)), draw.uniform(9, 14)
    gap = draw.choice((1.0, 0.84))
    right, low = draw.choice((True, False)), draw.choice((True, False))
    x, y = 100.0 * right, 100.0 * low
    disc = Circle(abs(x - draw.uniform(74, 84)), abs(y - draw.uniform(74, 84)), draw.uniform(8, 15))
    if draw.random() < 0.5:
        outer = draw.uniform(66, 88)
        rings = [
            Circle(x, y, outer - width * number, outer - width * (number + gap)) for number in range(count)
        ]
        layers = [Layer(colour, (ring,)) for colour, ring in zip(colours, rings, strict=False)]
    else:
        slope, top = draw.uniform(0.3, 1.1), 50 - width * count / 2 - draw.uniform(-6, 14)
        layers = []
        for number in range(count):
            left, end = top + width * number - 52 * slope, top + width * number + 52 * slope
            edges: list[Point] = [(-2, left), (102, end), (102, end + width * gap), (-2, left + width * gap)]
            turned = tuple((100 - across if right is low else across, down) for across, down in edges)
            layers.append(Layer(colours[number], (Outline(turned),)))
    return [*layers, Layer(colours[-1], (disc,))] if draw.random() < 0.7 else layers


def strings(draw: random.Random, palette: Palette) -> list[Layer]:
    """Fine lines drawn tight from one side to another, before a disc."""
    count, width = draw.choice((9, 12, 15)), draw.uniform(0.6, 1.1)
    lines: tuple[list[Shape], list[Shape]] = ([], [])
    turned, twist = draw.choice((True, False)), draw.choice((1, -1))
    spread, reach = draw.uniform(0.15, 0.9), draw.uniform(0.7, 1.1)
    for number in range(count):
        part = number / (count - 1) - 0.5
        a, b = 50 + 100 * part * spread, 50 + twist * 110 * part * reach
        points: tuple[Point, ...] = ((a - width, -2), (a + width, -2), (b + width, 102), (b - width, 102))
        lines[number % 2].append(Outline(tuple((y, x) for x, y in points) if turned else points))
    disc = Circle(draw.uniform(28, 72), draw.uniform(28, 72), draw.uniform(20, 33))
    return [
        Layer(palette.accent.hex, (disc,)),
        Layer(palette.main.hex, tuple(lines[0])),
        Layer(palette.pole.hex, tuple(lines[1])),
    ]


def arcs(draw: random.Random, palette: Palette) -> list[Layer]:
    """Pieces of rings around one centre, each turned otherwise."""
    x, y = draw.choice(((50, 50), (draw.uniform(30, 70), draw.uniform(30, 70))))
    colours = [palette.main, palette.second, palette.accent, palette.pole]
    count = draw.choice((3, 4, 5))
    step = 46 / count
    layers = []
    for number in range(count):
        start = draw.uniform(0, math.tau)
        piece = band(x, y, 46 - step * number, step * 0.74, start, start + draw.uniform(1.6, 5.2))
        layers.append(Layer(colours[number % 4].hex, (piece,)))
    return layers


def bolts(draw: random.Random, palette: Palette) -> list[Layer]:
    """Zigzags across the square, wide ones, one below the other."""
    count, teeth = draw.choice((2, 3, 4)), draw.choice((2, 3, 4, 5))
    step, turned = SIZE / count, draw.random() < 0.5
    height, width = draw.uniform(8, 18), step * draw.uniform(0.35, 0.6)
    colours = [palette.main, palette.accent, palette.second, palette.pole]
    layers = []
    for number in range(count):
        level = step * (number + 0.5) - width / 2
        along = [-10 + 120 * tooth / (2 * teeth) for tooth in range(2 * teeth + 1)]
        top = [(x, level + (height if tooth % 2 else -height)) for tooth, x in enumerate(along)]
        points: list[Point] = [*top, *((x, y + width) for x, y in reversed(top))]
        shape = Outline(tuple((y, x) for x, y in points) if turned else tuple(points))
        layers.append(Layer(colours[number].hex, (shape,)))
    return layers


def _beam(x: float, y: float, angle: float, width: float) -> Outline:
    return Outline(((x, y), *ring_points(x, y, REACH, (angle, angle + width))))


def _inwards(x: float, y: float) -> float:
    """The direction from a place to the middle of the square."""
    return math.atan2(50 - y, 50 - x)


def _tile(draw: random.Random, kind: str, left: float, top: float, step: float) -> Shape:
    right, bottom = left + step, top + step
    turn = draw.randrange(4)
    corners: list[Point] = [(left, top), (right, top), (right, bottom), (left, bottom)]
    if kind == "square":
        return box(left, top, step, step)
    if kind == "disc":
        return Circle(left + step / 2, top + step / 2, step / 2 * draw.choice((1.0, 0.55)))
    if kind == "triangle":
        return Outline((corners[turn], corners[(turn + 1) % 4], corners[(turn + 2) % 4]))
    quarter = math.pi / 2
    if kind == "quarter":
        x, y = corners[turn]
        return wedge(x, y, step, quarter * turn, quarter * (turn + 1))
    sides = [
        (left + step / 2, top),
        (right, top + step / 2),
        (left + step / 2, bottom),
        (left, top + step / 2),
    ]
    x, y = sides[turn]
    return wedge(x, y, step / 2, quarter * turn, quarter * (turn + 2))
