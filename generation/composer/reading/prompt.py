"""Reads a prompt into a brief: settles genre, tempo and key."""

import math
from collections.abc import Iterable
from dataclasses import replace

from ..brief import Brief
from ..genre.catalog import GENRES
from ..genre.forms import with_form
from ..genre.metres import in_metre, metres_of
from ..genre.types import Genre
from ..metre import FOUR_FOUR, METRES
from ..randomness import stream
from ..theory import parse_key
from ..writing.plan import HIGHEST_BPM, LOWEST_BPM, draw_tempo
from .ignoring import IgnoredWords
from .words import Wishes, read_words

SHORTEST, LONGEST = 5.0, 300.0

_BRIGHTNESS = {
    "lydian": 0.7,
    "major": 1.0,
    "mixolydian": 0.5,
    "dorian": -0.4,
    "minor": -1.0,
    "phrygian": -1.2,
}


def read_prompt(
    prompt: str,
    *,
    duration: float,
    seed: int,
    genre: str | None = None,
    bpm: float | None = None,
    key: str | None = None,
    time_signature: str | None = None,
    ignored: Iterable[str] = (),
) -> Brief:
    """The brief of a prompt in any words; what is given beside it wins over what it says.

    Words of it that are `ignored` are not read where they stand by themselves, and what they would mean is left open.
    Raises ValueError for a duration outside 5 to 300 seconds, a tempo outside 30 to 300 BPM, a genre that
    does not exist, a key that cannot be read, or a time signature that the genre given is not played in. Never for the
    prompt.
    """
    _check(duration, genre, bpm)
    if time_signature is not None:
        _check_metre(time_signature, genre)
    asked_key = parse_key(key) if key is not None else None
    wishes = read_words(
        prompt, GENRES, seed=seed, genre=genre, time_signature=time_signature, ignored=IgnoredWords(ignored)
    )
    tempo = bpm if bpm is not None else wishes.bpm
    pace = (tempo, tempo) if tempo is not None else wishes.pace
    genre_in_four = GENRES[wishes.genre]
    drawn = _metre(genre_in_four, pace, seed) if time_signature is None else FOUR_FOUR.name
    metre = METRES[wishes.metre or drawn]
    chosen = in_metre(genre_in_four, metre)
    tonic, mode = asked_key or _key(chosen, wishes, seed)
    bpm = float(tempo) if tempo is not None else _tempo(chosen, wishes, seed, duration)
    return Brief(
        prompt=prompt,
        genre=chosen.name,
        seed=seed,
        duration=float(duration),
        bpm=bpm,
        tonic=tonic,
        mode=mode,
        energy=wishes.energy,
        valence=wishes.valence,
        without=wishes.without,
        wanted=wishes.wanted,
        only=wishes.only,
        reasons=wishes.reasons,
        notices=wishes.notices,
        prefers=wishes.prefers,
        shade=wishes.shade,
        structure=wishes.structure,
        readings=wishes.readings,
        metre=metre,
    )


def _check(duration: float, genre: str | None, bpm: float | None) -> None:
    if not SHORTEST <= duration <= LONGEST:
        raise ValueError(f"The composer writes {SHORTEST:g} to {LONGEST:g} seconds, not {duration:g}.")
    if genre is not None and genre not in GENRES:
        raise ValueError(f"There is no genre {genre!r}. Genres are {', '.join(GENRES)}.")
    if bpm is not None and not (math.isfinite(bpm) and LOWEST_BPM <= bpm <= HIGHEST_BPM):
        raise ValueError(f"A tempo is {LOWEST_BPM:g} to {HIGHEST_BPM:g} BPM, not {bpm:g}.")


def _check_metre(name: str, genre: str | None) -> None:
    if name not in METRES:
        raise ValueError(f"{name[:40]!r} is no time signature here. There are {', '.join(METRES)}.")
    if genre is not None and name not in GENRES[genre].metres:
        played = ", ".join(metres_of(GENRES[genre]))
        raise ValueError(f"{GENRES[genre].title} is played in {played} here, not in {name}.")


def _metre(genre: Genre, pace: tuple[float, float] | None, seed: int) -> str:
    """One of the genre's metres, drawn by how often it is in them.

    Where a tempo is asked for, it is one in which the genre goes about as fast, or else four.
    """
    name = stream(seed, genre.name, "metre").weighted(
        {name: style.weight for name, style in genre.metres.items()}
    )
    if pace is None:
        return name
    low, high = in_metre(genre, METRES[name]).tempo
    return name if low * 0.8 <= pace[1] and pace[0] <= high * 1.25 else FOUR_FOUR.name


def _tempo(genre: Genre, wishes: Wishes, seed: int, duration: float) -> float:
    pull = min(1.0, max(-1.0, wishes.pull + (wishes.energy - genre.energy)))
    genre = with_form(genre, wishes.structure)
    if wishes.pace:
        genre, pull = replace(genre, tempo=_overlap(wishes.pace, genre.tempo)), 0.0
    return draw_tempo(genre, duration, pull, stream(seed, genre.name, "tempo"))


def _overlap(pace: tuple[float, float], usual: tuple[float, float]) -> tuple[float, float]:
    """The part of a pace that is usual in the genre, or all of it where none is."""
    low, high = max(pace[0], usual[0]), min(pace[1], usual[1])
    return (low, high) if low < high else pace


def _key(genre: Genre, wishes: Wishes, seed: int) -> tuple[int, str]:
    weights = {
        mode: weight * max(0.04, 1 + 1.5 * wishes.valence * _BRIGHTNESS[mode])
        for mode, weight in genre.modes.items()
    }
    tonic = stream(seed, genre.name, "tonic").below(12) if wishes.tonic is None else wishes.tonic
    return tonic, wishes.mode or stream(seed, genre.name, "mode").weighted(weights)
