"""How each genre is mixed: the lower half of `genre/files/*.toml` as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from generation.composer.genre.catalog import GENRES, file_name


@dataclass(frozen=True, slots=True)
class RoleMix:
    """One role's place: LUFS where it plays, pan from -1 to 1, sends and ducking in dB (None: no send).

    At 0 dB a send is as loud as the dry sound. `top` in Hz closes the role's highs, `drive` bends it by tanh.
    """

    lufs: float = -23.0
    pan: float = 0.0
    reverb_db: float | None = -9.0
    delay_db: float | None = None
    duck_db: float = 0.0
    top: float | None = None
    drive: float = 0.0


@dataclass(frozen=True, slots=True)
class Reverb:
    """`seconds` to fall by 60 dB, `predelay` in seconds, `brightness` of what lies above 2 kHz."""

    seconds: float
    predelay: float
    brightness: float


@dataclass(frozen=True, slots=True)
class TapeSetting:
    """See `dsp.tape.Tape`."""

    wow_cents: float
    drive: float
    top: float


@dataclass(frozen=True, slots=True)
class GenreMix:
    """A genre's whole mix.

    `energy_db` lies between a section of energy 0 and the piece's strongest, `delay_beats` between echoes;
    `low_cut` in Hz is for all that is not bass or drums; `low_db` and `high_db` are shelves at 120 Hz and
    7.5 kHz. `width` scales what differs between left and right.
    """

    energy_db: float
    delay_beats: float
    low_cut: float
    low_db: float
    high_db: float
    threshold_db: float
    ratio: float
    reverb: Reverb
    tape: TapeSetting | None
    roles: dict[str, RoleMix]
    width: float = 1.0

    def role(self, name: str) -> RoleMix:
        """The role's place in this genre, or a middling one."""
        return self.roles.get(name, RoleMix())


@lru_cache(maxsize=32)
def load_mix(genre: str) -> GenreMix:
    """The mix of a genre. Raises ValueError where there is no such genre or its table is incomplete."""
    if genre not in GENRES:
        raise ValueError(f"There is no genre called {genre!r}; there are {', '.join(GENRES)}.")
    try:
        return _mix(GENRES[genre].sound["mix"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"The mix in {file_name(genre)} is not whole: {error}.") from error


def _mix(table: Mapping[str, Any]) -> GenreMix:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    tape = table.get("tape")
    return GenreMix(
        **plain,
        reverb=Reverb(**table["reverb"]),
        tape=TapeSetting(**tape) if tape else None,
        roles={name: _role(row) for name, row in table["roles"].items()},
    )


def _role(row: Mapping[str, Any]) -> RoleMix:
    # TOML has no null: a role that writes no send has none, while a role that is not listed gets the default.
    return RoleMix(**{"reverb_db": None, **row})
