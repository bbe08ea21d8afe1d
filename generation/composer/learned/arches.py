"""How high phrases of two and four bars lie from quarter bar to quarter bar, in scale steps above their own mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

PLACES = ("opening", "inner", "closing")
"""Where in its strain a phrase stands: first, between, last."""

POINTS_PER_BAR = 4


@dataclass(frozen=True, slots=True)
class Arch:
    """Mean heights, four a bar, and their standard deviations among `phrases` phrases."""

    phrases: int
    heights: tuple[float, ...]
    spreads: tuple[float, ...]


@cache
def arches() -> Mapping[tuple[int, str], Arch]:
    """By the bars of a phrase, 2 or 4, and its place in the strain."""
    read = json.loads(resources.files(__package__).joinpath("arches.json").read_text("utf-8"))
    return {
        (int(bars), place): Arch(arch["phrases"], tuple(arch["heights"]), tuple(arch["spreads"]))
        for bars, places in read.items()
        for place, arch in places.items()
    }
