"""Casting: which instrument plays each role of a piece."""

from collections.abc import Collection

from ..genre.guests import guest_seat, seats_for
from ..genre.types import Genre
from ..instruments import DRUM_KITS, TEXTURES
from ..randomness import stream

QUIET_BELOW = 0.3
# What plays the beat where a genre's one kit is unwanted.
_OTHER_KITS = {"electronic_kit": "rock_kit", "techno_kit": "electronic_kit", "hip_hop_kit": "electronic_kit"}


def cast(
    genre: Genre,
    *,
    seed: int,
    energy: float,
    wanted: tuple[str, ...],
    without: frozenset[str],
    only: str = "",
    prefers: Collection[str] = (),
) -> dict[str, str]:
    """The instrument of each role that plays.

    What is wanted is found a role first, what is unwanted (roles or instruments) is left out, `only` leaves
    the roles that this instrument can play, and the rest is drawn by seed, from what is preferred where the
    role has any of it. If nothing that sounds a pitch or a beat were left, the genre's first role plays all
    the same.
    """
    if only:
        return {role: only for role in genre.roles if can_play(genre, role, only)}
    asked = seats(genre, wanted, without)
    casting: dict[str, str] = {}
    for role in genre.roles:
        if role in asked:
            casting[role] = asked[role]
        elif role not in without and _joins(genre, role, seed, energy):
            options = _options(genre, role, prefers, without)
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


def seats(genre: Genre, wanted: tuple[str, ...], without: frozenset[str]) -> dict[str, str]:
    """The role of each instrument that is wanted, the genre's own roles before a guest's.

    One that finds every role that suits it taken or unwanted has none.
    """
    asked: dict[str, str] = {}
    for instrument in wanted:
        usual = [role for role, names in genre.instruments.items() if instrument in names]
        possible = [role for role, names in genre.on_request.items() if instrument in names]
        free = [role for role in (*usual, *possible) if role not in asked and role not in without]
        role = free[0] if free else guest_seat(genre, instrument, {*asked, *without})
        if role and instrument not in without:
            asked[role] = instrument
    return asked


def solo_seats(genre: Genre, instrument: str) -> dict[str, str]:
    """The roles of a piece that an instrument plays alone: the genre's for it, or one that suits it and the
    tune.
    """
    own = [role for role in genre.roles if can_play(genre, role, instrument)]
    suiting = seats_for(instrument)
    guest = [suiting[0], *(role for role in suiting if role == "lead")]
    return dict.fromkeys(own or guest, instrument)


def _options(genre: Genre, role: str, prefers: Collection[str], without: frozenset[str]) -> tuple[str, ...]:
    """Who may be drawn for a role. Beat and bass go on where it is only the usual instrument that is unwanted."""
    usual, others = genre.instruments.get(role, ()), genre.on_request.get(role, ())
    if not usual:
        return ()
    preferred = tuple(name for name in (*usual, *others) if name in prefers)
    other_kits = tuple(_OTHER_KITS[name] for name in usual if name in _OTHER_KITS)
    instead = {"bass": others, "drums": other_kits}.get(role, ())
    ways = (tuple(name for name in names if name not in without) for names in (preferred, usual, instead))
    return next(filter(None, ways), ())


def _joins(genre: Genre, role: str, seed: int, energy: float) -> bool:
    if energy < QUIET_BELOW and role in genre.quiet_without:
        return False
    return stream(seed, genre.name, "joins", role).chance(genre.chance.get(role, 1.0))


def is_pitched(instrument: str) -> bool:
    return instrument not in DRUM_KITS and instrument not in TEXTURES
