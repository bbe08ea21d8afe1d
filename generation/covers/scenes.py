"""Compositions that picture something: hills, ridges, a garden, cut paper, moons, a road of arches."""

import math
import random

from generation.covers.colours import Palette
from generation.covers.shapes import SIZE, Circle, Layer, Outline, Point, box, ring_points

# Shapes go so far beyond the square that their ends are not seen.
BEYOND = 20.0


def waves(draw: random.Random, palette: Palette) -> list[Layer]:
    """Swells one behind the other, and a sun or moon over them."""
    count = draw.choice((3, 4, 5))
    sun = Circle(draw.uniform(18, 82), draw.uniform(16, 36), draw.uniform(9, 20))
    layers = [Layer(palette.accent.hex, (sun,))]
    for number, colour in enumerate(palette.steps(count)):
        level = 36 + (54 * (number + 0.3)) / count
        layers.append(Layer(colour, (_swell(draw, level, draw.uniform(4, 14)),)))
    return layers


def ridges(draw: random.Random, palette: Palette) -> list[Layer]:
    """Mountains with edges, the nearest the darkest or the lightest, and a disc that may set behind them."""
    count = draw.choice((2, 3, 4))
    disc = Circle(draw.uniform(20, 80), draw.uniform(20, 48), draw.uniform(10, 24))
    layers = [Layer(palette.accent.hex, (disc,))]
    for number, colour in enumerate(palette.steps(count, to=draw.choice((palette.main, palette.pole)))):
        layers.append(Layer(colour, (_ridge(draw, 45 + 40 * number / count, draw.uniform(10, 26)),)))
    return layers


def petals(draw: random.Random, palette: Palette) -> list[Layer]:
    """A flower that fills the square, or grows beyond it."""
    x, y = draw.choice(((50, 50), (draw.uniform(25, 75), draw.uniform(25, 75)), (draw.uniform(30, 70), 96)))
    count, length = draw.choice((5, 6, 8, 10)), draw.uniform(42, 60)
    turn, width = draw.uniform(0, math.tau), draw.uniform(0.55, 0.95)
    layers = []
    for scale, colour, shift in ((1.0, palette.main, 0.0), (0.66, palette.second, 0.5)):
        angles = [turn + math.tau * (number + shift) / count for number in range(count)]
        leaves = tuple(_leaf((x, y), angle, length * scale, width * math.pi / count) for angle in angles)
        layers.append(Layer(colour.hex, leaves))
    return [*layers, Layer(palette.accent.hex, (Circle(x, y, draw.uniform(7, 13)),))]


def leaves(draw: random.Random, palette: Palette) -> list[Layer]:
    """A branch across the square with leaves on both sides, before a large disc."""
    lean, side = draw.uniform(-0.6, 0.6), draw.choice((-1, 1))
    foot, tip = (50 - 45 * lean, 104.0), (50 + 40 * lean, draw.uniform(2, 14))
    disc = Circle(50 + side * draw.uniform(8, 22), draw.uniform(30, 60), draw.uniform(22, 36))
    along = math.atan2(tip[1] - foot[1], tip[0] - foot[0])
    count, length, spread = draw.choice((4, 5, 6)), draw.uniform(24, 36), draw.uniform(0.6, 1.0)
    pairs: tuple[list[Outline], list[Outline]] = ([], [])
    for number in range(count):
        part = 0.12 + 0.75 * number / (count - 1)
        root = (foot[0] + (tip[0] - foot[0]) * part, foot[1] + (tip[1] - foot[1]) * part)
        for hand, kept in zip((-1, 1), pairs, strict=True):
            kept.append(_leaf(root, along + hand * spread, length * (1 - 0.45 * part), 0.42))
    stem = _stroke(foot, tip, 0.9)
    return [
        Layer(palette.accent.hex, (disc,)),
        Layer(palette.main.hex, (*pairs[0], stem)),
        Layer(palette.second.hex, tuple(pairs[1])),
    ]


def paper(draw: random.Random, palette: Palette) -> list[Layer]:
    """Round pieces of cut paper laid over each other."""
    colours = [palette.second, palette.main, palette.accent, palette.pole]
    middle = draw.uniform(0, math.tau)
    layers = []
    for number, colour in enumerate(colours):
        angle = middle + number * (math.tau / 4 + draw.uniform(-0.3, 0.3))
        x, y = 50 + 27 * math.cos(angle), 50 + 27 * math.sin(angle)
        radius = (34, 28, 21, 12)[number] * draw.uniform(0.9, 1.15)
        corners = draw.choice((5, 6, 7))
        start = draw.uniform(0, math.tau)
        points = tuple(
            ring_points(x, y, radius * draw.uniform(0.6, 1.45), [start + math.tau * corner / corners])[0]
            for corner in range(corners)
        )
        layers.append(Layer(colour.hex, (Outline(points, curved=True),)))
    return layers


def moons(draw: random.Random, palette: Palette) -> list[Layer]:
    """The phases of a moon in rows, or one great moon among stars."""
    dark = palette.ground.mixed(palette.main, 0.4).hex
    lit = draw.choice((palette.accent, palette.pole)).hex
    if draw.random() < 0.4:
        x, y, radius = draw.uniform(36, 64), draw.uniform(36, 64), draw.uniform(26, 38)
        stars = tuple(
            Circle(draw.uniform(4, 96), draw.uniform(4, 96), draw.uniform(0.8, 1.9)) for _ in range(8)
        )
        phase = _phase(x, y, radius, draw.uniform(-0.75, 0.6), draw.uniform(0, math.tau))
        return [
            Layer(palette.pole.hex, stars),
            Layer(dark, (Circle(x, y, radius),)),
            Layer(lit, (phase,)),
        ]
    columns, rows = draw.choice(((3, 3), (3, 2), (2, 2), (1, 3), (3, 1)))
    step = SIZE / max(columns, rows)
    radius, turn = step * draw.uniform(0.34, 0.44), draw.choice((0, math.pi / 2, math.pi / 4))
    full: list[Circle] = []
    phases: list[Outline] = []
    for number in range(columns * rows):
        x = 50 + step * (number % columns - (columns - 1) / 2)
        y = 50 + step * (number // columns - (rows - 1) / 2)
        full.append(Circle(x, y, radius))
        share = 1 - 2 * (number + 0.5) / (columns * rows)
        phases.append(_phase(x, y, radius, share, turn))
    return [Layer(dark, tuple(full)), Layer(lit, tuple(phases))]


def arches(draw: random.Random, palette: Palette) -> list[Layer]:
    """Gates one within the other, as a rainbow or as doors, on a floor."""
    x, floor = draw.choice((50, draw.uniform(30, 70))), draw.uniform(72, 92)
    outer, count = draw.uniform(34, 46), draw.choice((3, 4, 5))
    spring = floor - draw.uniform(0, 24)
    colours = [palette.main.hex, palette.second.hex, palette.accent.hex, palette.pole.hex, palette.ground.hex]
    layers = []
    for number in range(count):
        radius = outer * (1 - number / count)
        gate = (Circle(x, spring, radius), box(x - radius, spring, 2 * radius, floor - spring))
        layers.append(Layer(colours[number], gate))
    ground = palette.ground.mixed(palette.pole, 0.82).hex
    return [*layers, Layer(ground, (box(-1, floor, SIZE + 2, SIZE),))]


def _swell(draw: random.Random, level: float, height: float) -> Outline:
    """A wave across the square, filled down to the bottom."""
    count, phase, length = 9, draw.uniform(0, math.tau), draw.uniform(0.7, 1.7)
    crest: list[Point] = []
    for number in range(count):
        x = -BEYOND + (SIZE + 2 * BEYOND) * number / (count - 1)
        crest.append((x, level + height * math.sin(phase + length * math.tau * x / SIZE)))
    return _filled(crest, curved=True)


def _ridge(draw: random.Random, level: float, height: float) -> Outline:
    """A line of peaks across the square, filled down to the bottom."""
    x, top, peaks = -BEYOND, draw.choice((True, False)), []
    while x < SIZE + BEYOND:
        peaks.append((x, level + (-height if top else height * 0.3) * draw.uniform(0.5, 1.1)))
        x += draw.uniform(12, 26)
        top = not top
    return _filled([*peaks, (x, level)], curved=False)


def _filled(line: list[Point], *, curved: bool) -> Outline:
    bottom = SIZE + BEYOND
    right, left = (line[-1][0], bottom), (line[0][0], bottom)
    corners = (right, right, left, left) if curved else (right, left)
    return Outline((*line, *corners), curved=curved)


def _leaf(root: Point, angle: float, length: float, spread: float) -> Outline:
    """A leaf from its root to its tip; `spread` in radians says how wide."""
    tip = (root[0] + length * math.cos(angle), root[1] + length * math.sin(angle))
    [one] = ring_points(*root, length * 0.66, [angle - spread])
    [other] = ring_points(*root, length * 0.66, [angle + spread])
    return Outline((root, root, one, tip, tip, other), curved=True)


def _stroke(start: Point, end: Point, width: float) -> Outline:
    angle = math.atan2(end[1] - start[1], end[0] - start[0]) + math.pi / 2
    x, y = width * math.cos(angle), width * math.sin(angle)
    return Outline(((start[0] + x, start[1] + y), (end[0], end[1]), (start[0] - x, start[1] - y)))


def _phase(x: float, y: float, radius: float, share: float, turn: float) -> Outline:
    """The lit part of a moon: none of it at a share of -1, half at 0, all at 1."""
    steps = 8 + round(radius / 3)
    rim = [-math.pi / 2 + math.pi * step / steps for step in range(steps + 1)]
    flat = [(math.cos(angle), math.sin(angle)) for angle in rim]
    flat += [(-share * across, along) for across, along in reversed(flat[1:-1])]
    sine, cosine = math.sin(turn), math.cos(turn)
    return Outline(
        tuple((x + radius * (a * cosine - b * sine), y + radius * (a * sine + b * cosine)) for a, b in flat)
    )
