"""Guests: parts for instruments that a prompt asks for and the genre has none for, in roles that suit them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from ..instruments import DRUM_KITS, TEXTURES
from ..rhythm import Pattern
from .file import read_grooves, read_player
from .metres import grooves_in_metre, player_in_metre
from .tables import Table
from .types import Genre, Player, SectionKind

_FILE = "guests.toml"
_PATTERN = "guest"
_SOLOIST = ("lead", "counter", "keys")
_RISERS = ("riser", "swell")
_ENDING_DRUMS = ("kick",)


@dataclass(frozen=True, slots=True)
class _Guests:
    seats: Mapping[str, tuple[str, ...]]
    from_energy: Mapping[str, float]
    players: Mapping[str, Player]
    grooves: tuple[Mapping[str, Pattern], ...]


@lru_cache(maxsize=1)
def _guests() -> _Guests:
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    table = Table(tomllib.loads(text), f"{_FILE}: ")
    guests = _Guests(
        seats=dict(table.table("seats").each(Table.texts)),
        from_energy=dict(table.table("from").each(Table.number)),
        players=dict(table.table("players").each(read_player)),
        grooves=dict(table.table("grooves").each(read_grooves))[_PATTERN],
    )
    table.close()
    return guests


def seats_for(instrument: str) -> tuple[str, ...]:
    """The roles that suit an instrument, best first."""
    if instrument in DRUM_KITS:
        return ("drums",)
    if instrument in TEXTURES:
        return ("fx",)
    return _guests().seats.get(instrument, _SOLOIST)


def with_guests(genre: Genre, seats: Mapping[str, str]) -> Genre:
    """The genre with a part for every instrument in `seats` (by role); itself where it has them all."""
    for role, instrument in seats.items():
        if instrument not in (*genre.instruments.get(role, ()), *genre.on_request.get(role, ())):
            genre = _with_guest(genre, role, instrument)
    return genre


def _with_guest(genre: Genre, role: str, instrument: str) -> Genre:
    on_request = {**genre.on_request, role: (*genre.on_request.get(role, ()), instrument)}
    known = role in genre.players and (
        role != "fx" or genre.players[role].style == _texture_style(instrument)
    )
    if known:
        return replace(genre, on_request=on_request)
    guests = _guests()
    player = player_in_metre(
        guests.players[_texture_style(instrument) if role == "fx" else role], genre.metre
    )
    joined = replace(
        genre,
        on_request=on_request,
        players={**genre.players, role: player},
        sections=_joined(genre, role, player, guests.from_energy.get(role, 0.0)),
        ending=(*genre.ending, role),
    )
    if role != "drums":
        return joined
    voices = tuple(dict.fromkeys(voice for groove in guests.grooves for voice in groove))
    return replace(
        joined,
        grooves={**genre.grooves, _PATTERN: grooves_in_metre(guests.grooves, genre.metre)},
        drum_voices=tuple(dict.fromkeys((*genre.drum_voices, *voices))),
        ending_drums=genre.ending_drums or _ENDING_DRUMS,
    )


def _texture_style(instrument: str) -> str:
    return "riser" if instrument in _RISERS else "texture"


def _joined(genre: Genre, role: str, player: Player, from_energy: float) -> dict[str, SectionKind]:
    """The genre's sections, with the guest in those that are strong enough for it."""
    pattern = _PATTERN if player.patterns or player.style == "drums" else ""
    strongest = max(kind.energy for kind in genre.sections.values())

    def plays(kind: SectionKind) -> bool:
        return bool(kind.theme) if player.style == "lead" else kind.energy >= min(from_energy, strongest)

    return {
        name: replace(kind, roles={**kind.roles, role: pattern}) if plays(kind) else kind
        for name, kind in genre.sections.items()
    }


def guest_seat(genre: Genre, instrument: str, taken: Iterable[str]) -> str:
    """The best role for a guest that is not taken, "" where there is none."""
    taken = set(taken)
    free = [role for role in (*seats_for(instrument), *_spare(instrument)) if role not in taken]
    return free[0] if free else ""


def _spare(instrument: str) -> tuple[str, ...]:
    """Roles for one who finds the usual seats taken."""
    if instrument in DRUM_KITS or instrument in TEXTURES or seats_for(instrument) == ("bass",):
        return ()
    return _SOLOIST
