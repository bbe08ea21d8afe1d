"""What a cover is made of: plain shapes in a square, of which both the SVG and the PNG are drawn."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

SIZE = 100.0
# SVG coordinates are whole numbers of such parts of a unit, which keeps paths short.
FINENESS = 4
# How far, in units, a polygon may stay behind the arc that it stands for.
ROUGHNESS = 0.12

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc, or a ring if it has a hole of that radius."""

    x: float
    y: float
    radius: float
    hole: float = 0.0

    def path(self) -> str:
        return _disc(self.x, self.y, self.radius, 1) + (
            _disc(self.x, self.y, self.hole, 0) if self.hole else ""
        )


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed polygon, or the smooth closed curve that its points pull (a quadratic spline through their middles).

    A point that a curved outline has twice is a corner.
    """

    points: tuple[Point, ...]
    curved: bool = False

    def path(self) -> str:
        if not self.curved:
            return _path(self.points[0], "l", self.points[1:])
        ends = [_middle(self.points[-1], self.points[0])]
        ends += [_middle(point, following) for point, following in pairwise((*self.points, self.points[0]))]
        pulls = zip(self.points, ends[1:], strict=True)
        return _path(ends[0], "q", [point for pair in pulls for point in pair])

    def flattened(self, steps: int) -> list[Point]:
        """The outline as a polygon, each of its curves in so many steps."""
        if not self.curved:
            return list(self.points)
        start = _middle(self.points[-1], self.points[0])
        flat = []
        for pull, end in _pulls(self.points):
            for step in range(1, steps + 1):
                t = step / steps
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
                flat.append(
                    (a * start[0] + b * pull[0] + c * end[0], a * start[1] + b * pull[1] + c * end[1])
                )
            start = end
        return flat


Shape = Circle | Outline


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes of one colour, "#rrggbb"."""

    colour: str
    shapes: tuple[Shape, ...]

    @property
    def path(self) -> str:
        """The shapes as one SVG path, in a square of SIZE times FINENESS."""
        return "".join(shape.path() for shape in self.shapes)


def box(left: float, top: float, width: float, height: float) -> Outline:
    """A rectangle."""
    right, bottom = left + width, top + height
    return Outline(((left, top), (right, top), (right, bottom), (left, bottom)))


def wedge(x: float, y: float, radius: float, start: float, stop: float) -> Outline:
    """The piece of a disc between two angles in radians, of less than a whole turn."""
    return Outline(((x, y), *ring_points(x, y, radius, _angles(radius, start, stop))))


def band(x: float, y: float, radius: float, width: float, start: float, stop: float) -> Outline:
    """The piece of a ring of that outer radius between two angles in radians."""
    angles = _angles(radius, start, stop)
    outer = ring_points(x, y, radius, angles)
    return Outline((*outer, *ring_points(x, y, radius - width, reversed(angles))))


def ring_points(x: float, y: float, radius: float, angles: Iterable[float]) -> tuple[Point, ...]:
    return tuple((x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles)


def _angles(radius: float, start: float, stop: float) -> list[float]:
    """The angles of an arc, near enough to each other that no corner is seen."""
    steps = math.ceil((stop - start) / math.acos(1 - ROUGHNESS / radius) / 2)
    return [start + (stop - start) * step / steps for step in range(steps + 1)]


def _pulls(points: tuple[Point, ...]) -> Iterator[tuple[Point, Point]]:
    """Each point of a curved outline, with the place to which the curve goes that it pulls."""
    for point, following in pairwise((*points, points[0])):
        yield point, _middle(point, following)


def _middle(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _path(start: Point, command: str, points: Iterable[Point]) -> str:
    """A closed path of lines ("l") or curves ("q") by steps, each from where the rounded ones before it have led."""
    x, y = _whole(start)
    path, is_pull = f"M{x}{_number(y)}{command}", command == "q"
    for number, point in enumerate(points):
        to_x, to_y = _whole(point)
        path += f"{_number(to_x - x)}{_number(to_y - y)}"
        if not (is_pull and number % 2 == 0):
            x, y = to_x, to_y
    return f"{path}z".replace(f"{command} ", command)


def _number(value: int) -> str:
    """A number after another one: a minus sign sets it apart by itself."""
    return str(value) if value < 0 else f" {value}"


def _disc(x: float, y: float, radius: float, sweep: int) -> str:
    left, middle = _whole((x - radius, y))
    r = round(radius * FINENESS)
    return f"M{left} {middle}a{r} {r} 0 1 {sweep} {2 * r} 0a{r} {r} 0 1 {sweep}-{2 * r} 0z"


def _whole(point: Point) -> tuple[int, int]:
    return round(point[0] * FINENESS), round(point[1] * FINENESS)
