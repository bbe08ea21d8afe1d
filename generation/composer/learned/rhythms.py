"""Where notes begin in a bar, and phrases with them: what songs and dances do in the metres that people left us.

Places are counted in sixteenths from the bar's line. Songs are the airs and songs of O'Neill's collection, dances
the rest of it and Ryan's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

Shares = Mapping[int, float]
"""A distribution: shares that add up to 1."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What tunes of a kind do in a metre. All lengths in sixteenths.

    `next_onset` has for each place of the bar (`steps` of them) how far off the next note begins, after a note there.
    `begins` is where strains begin: -2 two sixteenths before the bar, 0 with it, 4 a quarter late. `end_places` are
    those of a four-bar phrase's last note, `end_lengths` its lengths and `end_rests` the rests after it.
    `across` is the share of bar lines within a strain that a note sounds over; of those notes `starts_before` and
    `ends_after` say from how far to how far.
    """

    steps: int
    strains: int
    next_onset: tuple[Shares, ...]
    begins: Shares
    end_places: Shares
    end_lengths: Shares
    end_rests: Shares
    across: float
    starts_before: Shares
    ends_after: Shares


@cache
def rhythms() -> Mapping[tuple[str, str], Rhythm]:
    """By metre ("4/4", "3/4", "6/8", "9/8", "12/8") and "song" or "dance".

    A bar of 4/4 may have been two of 2/4, one of 12/8 two of 6/8.
    """
    read = json.loads(resources.files(__package__).joinpath("rhythms.json").read_text("utf-8"))
    return {(metre, kind): _rhythm(table) for metre, kinds in read.items() for kind, table in kinds.items()}


def rhythm(metre: str, kind: str) -> Rhythm:
    """Raises KeyError, saying which there are, for a metre or kind that the collections have too few tunes of."""
    known = rhythms()
    if (metre, kind) not in known:
        there = ", ".join(" ".join(key) for key in known)
        raise KeyError(f"Of {metre} {kind} nothing was learned; there are {there}.")
    return known[metre, kind]


def _rhythm(table: Mapping[str, Any]) -> Rhythm:
    return Rhythm(
        steps=len(table["next_onset"]),
        strains=table["strains"],
        next_onset=tuple(_shares(row) for row in table["next_onset"]),
        begins=_shares(table["begins"]),
        end_places=_shares(table["end_places"]),
        end_lengths=_shares(table["end_lengths"]),
        end_rests=_shares(table["end_rests"]),
        across=table["across"],
        starts_before=_shares(table["starts_before"]),
        ends_after=_shares(table["ends_after"]),
    )


def _shares(counts: Mapping[str, int]) -> Shares:
    """The shares of counts."""
    total = sum(counts.values())
    return {int(place): count / total for place, count in counts.items()}
