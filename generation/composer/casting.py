"""Who plays: an instrument for every role of a piece."""

from .genre import Genre
from .instruments import DRUM_KITS, TEXTURES
from .randomness import stream

QUIET_BELOW = 0.3


def cast(
    genre: Genre,
    *,
    seed: int,
    energy: float,
    wanted: tuple[str, ...],
    without: frozenset[str],
    only: str = "",
) -> dict[str, str]:
    """The instrument of each role that plays.

    What is wanted is found a role first, what is unwanted (roles or instruments) is left out, `only` leaves
    the roles that this instrument can play, and the rest is drawn by seed. If nothing that sounds a pitch
    or a beat were left, the genre's first role plays all the same.
    """
    if only:
        return {role: only for role in genre.roles if can_play(genre, role, only)}
    asked = _asked_roles(genre, wanted, without)
    casting: dict[str, str] = {}
    for role in genre.roles:
        if role in asked:
            casting[role] = asked[role]
        elif role not in without and _joins(genre, role, seed, energy):
            options = [name for name in genre.instruments.get(role, ()) if name not in without]
            if options:
                casting[role] = stream(seed, genre.name, "instrument", role).pick(options)
    if all(instrument in TEXTURES for instrument in casting.values()):
        role = next(iter(genre.instruments))
        casting[role] = genre.instruments[role][0]
    return casting


def can_play(genre: Genre, role: str, instrument: str) -> bool:
    return instrument in genre.instruments.get(role, ()) or instrument in genre.on_request.get(role, ())


def can_cast(genre: Genre, instrument: str) -> bool:
    """Whether any role of the genre may be played on it."""
    return any(can_play(genre, role, instrument) for role in genre.roles)


def _asked_roles(genre: Genre, wanted: tuple[str, ...], without: frozenset[str]) -> dict[str, str]:
    asked: dict[str, str] = {}
    for instrument in wanted:
        usual = [role for role, names in genre.instruments.items() if instrument in names]
        possible = [role for role, names in genre.on_request.items() if instrument in names]
        free = [role for role in (*usual, *possible) if role not in asked and role not in without]
        if free and instrument not in without:
            asked[free[0]] = instrument
    return asked


def _joins(genre: Genre, role: str, seed: int, energy: float) -> bool:
    if energy < QUIET_BELOW and role in genre.quiet_without:
        return False
    return stream(seed, genre.name, "joins", role).chance(genre.chance.get(role, 1.0))


def is_pitched(instrument: str) -> bool:
    return instrument not in DRUM_KITS and instrument not in TEXTURES
