"""Makes a genre's arrangement fuller or sparser, and lets it fill up as it builds."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from .types import Genre

# Who stays longest where few play: the first of each of these first.
_BACKBONE = (
    "drums",
    "bass",
    "drone",
    "lead",
    "comp",
    "pad",
    "arpeggio",
    "power",
    "counter",
    "texture",
    "riser",
)
# Who is there first where a piece builds up.
_ENTRANCES = (
    "texture",
    "pad",
    "comp",
    "arpeggio",
    "bass",
    "drone",
    "lead",
    "drums",
    "power",
    "counter",
    "riser",
)
_FEWEST = 2


def with_density(genre: Genre, density: float) -> Genre:
    """The genre with everybody there from the start where much is to play, and fewer notes where little is."""
    if density == 0:
        return genre
    players = {
        role: replace(player, density=adjusted_chance(player.density, density))
        for role, player in genre.players.items()
    }
    sections = {
        name: replace(
            kind,
            roles={**kind.roles, **(kind.later if density > 0 else {})},
            density=adjusted_chance(kind.density, density),
        )
        for name, kind in genre.sections.items()
    }
    if density < 0:
        return replace(genre, players=players, sections=sections)
    return replace(genre, players=players, sections=sections, chance={}, quiet_without=())


def adjusted_chance(chance: float, density: float) -> float:
    """A chance between 0 and 1 that a note or a bar sounds, moved by a density from -1 to 1."""
    if density == 0 or (chance == 1.0 and density > 0):
        return chance
    return chance + (1 - chance) * density if density > 0 else chance * (1 + 0.5 * density)


def thinned(
    cast: Mapping[str, str], genre: Genre, asked: Collection[str], density: float, lift: float
) -> dict[str, str]:
    """Those of a section's cast (role to pattern) who play at a density, and where `lift` is below 0."""
    share = 1 + 0.5 * min(0.0, density) + 1.3 * min(0.0, lift)
    count = max(_FEWEST, round(share * len(cast)))
    if count >= len(cast):
        return dict(cast)
    order = _ENTRANCES if lift < 0 else _BACKBONE
    ranked = sorted(cast, key=lambda role: (role not in asked, _rank(cast, genre, role, order)))
    staying = ranked[:count]
    return {role: pattern for role, pattern in cast.items() if role in staying}


def _rank(cast: Mapping[str, str], genre: Genre, role: str, order: tuple[str, ...]) -> tuple[int, int]:
    """How many of the same style come before, then the style's place."""
    style = genre.players[role].style
    same = [other for other in cast if genre.players[other].style == style]
    return same.index(role), order.index(style) if style in order else len(order)
