"""The cover of a piece: which composition, in which colours."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from generation.covers import patterns, scenes
from generation.covers.colours import Palette, palette_of
from generation.covers.shapes import Layer

Composition = Callable[[random.Random, Palette], list[Layer]]

COMPOSITIONS: tuple[Composition, ...] = (
    scenes.waves,
    patterns.records,
    patterns.tiles,
    scenes.ridges,
    patterns.rays,
    scenes.paper,
    patterns.orbits,
    patterns.bars,
    scenes.petals,
    patterns.shards,
    scenes.moons,
    patterns.stripes,
    scenes.leaves,
    patterns.dots,
    patterns.strings,
    scenes.arches,
    patterns.bolts,
    patterns.arcs,
)
# What pieces of a genre look like. Consecutive seeds, which variations have, take turns.
OF_GENRE: dict[str, tuple[Composition, ...]] = {
    "ambient": (scenes.waves, patterns.orbits, scenes.moons, scenes.paper),
    "cinematic": (scenes.ridges, patterns.orbits, patterns.strings, patterns.rays),
    "classical": (patterns.strings, scenes.arches, scenes.petals, patterns.arcs),
    "drum and bass": (patterns.shards, patterns.bars, patterns.bolts, patterns.dots),
    "folk": (scenes.leaves, scenes.ridges, scenes.petals, scenes.paper),
    "funk": (patterns.stripes, patterns.records, patterns.rays, scenes.petals),
    "hip hop": (patterns.records, patterns.tiles, patterns.bolts, patterns.arcs),
    "house": (patterns.dots, patterns.tiles, patterns.bars, patterns.arcs),
    "jazz": (scenes.paper, patterns.records, patterns.strings, patterns.tiles),
    "lofi": (scenes.waves, scenes.moons, patterns.records, scenes.leaves),
    "pop": (patterns.rays, scenes.petals, patterns.tiles, scenes.arches),
    "reggae": (patterns.rays, patterns.stripes, scenes.waves, scenes.leaves),
    "rock": (patterns.bolts, patterns.shards, patterns.stripes, scenes.ridges),
    "techno": (patterns.bars, patterns.dots, patterns.arcs, patterns.orbits),
}
OF_OTHER_GENRES = 4
# Changes when the same piece gets another cover.
VERSION = 2


@dataclass(frozen=True, slots=True)
class Cover:
    """The colour of the ground and the layers on it, from the back to the front."""

    ground: str
    layers: tuple[Layer, ...]


def cover_of(genre: str, seed: int, key: str = "") -> Cover:
    """The cover of a piece, always the same: genre and seed compose it, the key colours it, without one the seed."""
    compositions = _compositions_of(genre)
    number = (seed + crc32(genre.encode())) % len(compositions)
    palette = palette_of(genre, key, random.Random(f"colours {seed}"))
    layers = compositions[number](random.Random(f"{genre} {seed}"), palette)
    return Cover(palette.ground.hex, tuple(layers))


def _compositions_of(genre: str) -> tuple[Composition, ...]:
    """Those of its genre; of an unknown one some by its name, and of none all there are."""
    if not genre:
        return COMPOSITIONS
    return OF_GENRE.get(genre) or tuple(random.Random(genre).sample(COMPOSITIONS, OF_OTHER_GENRES))
