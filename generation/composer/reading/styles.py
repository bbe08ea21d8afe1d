"""Which genre a prompt asks for."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import prod

from ..genre.types import Genre
from ..instruments import DRUM_KITS
from ..randomness import stream
from .instrument_words import MEANINGS, Meaning
from .matching import Notes, found, pattern_of

_NAMED, _HINTED, _STOOD_IN = 3.0, 1.0, 2.0
_ON_REQUEST, _STRANGE = 0.25, 0.05
# A drum and a bass guitar are two instruments and no style.
_BASS_PLAYED = re.compile(r"(?<!\w)drum(?=\s+(?:and|&|\+)\s+bass\s+(?:guitar|clarinet|drum|synth)s?(?!\w))")


def pick_genre(
    text: str,
    genres: Mapping[str, Genre],
    fitting: Mapping[str, Genre],
    energy: float,
    valence: float,
    seed: int,
    notes: Notes,
) -> str:
    """The genre that the words point to most; of equals, the one named first.

    Where they point to none, one is drawn of those that are `fitting`.
    """
    scores: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    adjectives = _adjectives(text, genres, notes)
    for name, genre in genres.items():
        for terms, weight in ((genre.aliases, _NAMED), (genre.nearest, _STOOD_IN), (genre.keywords, _HINTED)):
            for word in notes.found(text, terms):
                weight_here = _HINTED if word in adjectives else weight
                scores[name] = scores.get(name, 0.0) + weight_here - text.find(word) / (10 * len(text))
                words.setdefault(name, []).append(word)
    if scores:
        name = max(scores, key=lambda name: scores[name])
        for word in words[name]:
            notes.reason(word, genres[name].title)
            if word in genres[name].nearest:
                notes.notice(f"There is no style called '{word}' yet; {genres[name].title} stands in for it.")
        return name
    return _drawn_genre(fitting, _instruments(text, notes), energy, valence, seed, notes)


def with_bass_played(text: str, notes: Notes) -> str:
    """The text with "drums and bass guitar" for "drum and bass guitar", where no style is named."""
    return notes.without(_BASS_PLAYED, text, "drums")


def without_drums_in_names(text: str, genres: Mapping[str, Genre], notes: Notes) -> str:
    """The text without names such as "drum and bass", whose drum is not an instrument that is asked for."""
    names = tuple(alias for genre in genres.values() for alias in genre.aliases)
    return notes.without(pattern_of(_with_drums(names)), text)


@lru_cache(maxsize=8)
def _with_drums(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name for name in names if any(MEANINGS[word].options == DRUM_KITS for word in found(name, MEANINGS))
    )


def _adjectives(text: str, genres: Mapping[str, Genre], notes: Notes) -> set[str]:
    """Names of styles that another one directly follows: the "jazz" of "jazz lofi"."""
    names = pattern_of(tuple(alias for genre in genres.values() for alias in genre.aliases))
    matches = notes.matches(names, text)
    return {
        match[0]
        for match, following in pairwise(matches)
        if text[match.end() : following.start()] in ("", " ", "-")
    }


def _instruments(text: str, notes: Notes) -> list[Meaning]:
    return [MEANINGS[word] for word in notes.found(text, MEANINGS)]


def _drawn_genre(
    genres: Mapping[str, Genre],
    instruments: Sequence[Meaning],
    energy: float,
    valence: float,
    seed: int,
    notes: Notes,
) -> str:
    """A genre whose mood is near, rather one where the instruments that are asked for are at home."""

    def weight(genre: Genre) -> float:
        far = (genre.energy - 0.5 - energy) ** 2 + 0.3 * (genre.valence - valence) ** 2
        return prod((_familiarity(genre, instrument) for instrument in instruments), start=1 / (0.03 + far))

    name = stream(seed, "genre").weighted({name: weight(genre) for name, genre in genres.items()})
    notes.reason("", f"{genres[name].title}, drawn by mood and seed")
    return name


def _familiarity(genre: Genre, instrument: Meaning) -> float:
    if any(name in names for names in genre.instruments.values() for name in instrument.options):
        return 1.0
    if any(name in names for names in genre.on_request.values() for name in instrument.options):
        return _ON_REQUEST
    return _STRANGE
