"""What a prompt asks of the form: sections, beginning, end, and the course of the energy."""

from collections.abc import Mapping
from dataclasses import dataclass

Arc = tuple[tuple[float, float], ...]
"""What is added to the energy, by place in the piece: (0 to 1, -1 to 1), straight between."""

ARCS: Mapping[str, Arc] = {
    "build": ((0.0, -0.5), (0.85, 0.1), (1.0, 0.1)),
    "wane": ((0.0, 0.1), (0.2, 0.05), (1.0, -0.5)),
    "quiet start": ((0.0, -0.45), (0.3, 0.0), (1.0, 0.0)),
    "quiet end": ((0.0, 0.0), (0.7, 0.0), (1.0, -0.45)),
    "loud end": ((0.0, -0.1), (0.6, -0.1), (0.85, 0.2), (1.0, 0.2)),
    "climax": ((0.0, -0.12), (0.6, -0.12), (0.8, 0.2), (1.0, 0.2)),
}


@dataclass(frozen=True, slots=True)
class Structure:
    """What is asked of the form; the default leaves it to the genre.

    `intro` is "", "none", "short" or "long", `outro` "", "none" or "long". `sections` must occur: "bridge",
    "break", "drop", "solo" or "verse chorus"; `without` may not. `course` names ARCS. `last` is "", "quiet" or "loud".
    `abrupt`: the last chord is short. `pulse` is "", "half" or "double": how fast the drums go.
    """

    intro: str = ""
    outro: str = ""
    sections: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    course: tuple[str, ...] = ()
    last: str = ""
    abrupt: bool = False
    pulse: str = ""

    @property
    def course_asked(self) -> bool:
        """Whether the energy is to take another course than the genre's."""
        return bool(self.course or self.last)

    def lift_at(self, place: float) -> float:
        """What the course adds to the energy at a place in the piece, from 0 to 1."""
        names = [*self.course, *([f"{self.last} end"] if self.last else [])]
        return sum(_value(ARCS[name], place) for name in names)


AS_USUAL = Structure()


def _value(arc: Arc, place: float) -> float:
    before, level = arc[0]
    for point, value in arc:
        if place <= point:
            share = (place - before) / (point - before) if point > before else 1.0
            return level + share * (value - level)
        before, level = point, value
    return level
