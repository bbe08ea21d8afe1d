"""Which genre a prompt asks for."""

from collections.abc import Mapping
from itertools import pairwise

from ..genre import Genre
from ..randomness import stream
from .matching import Notes, found, pattern_of

_NAMED, _HINTED, _STOOD_IN = 3.0, 1.0, 2.0


def pick_genre(
    text: str, genres: Mapping[str, Genre], energy: float, valence: float, seed: int, notes: Notes
) -> str:
    """The genre that the words point to most; of equals, the one named first; without any, a drawn one."""
    scores: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    adjectives = _adjectives(text, genres)
    for name, genre in genres.items():
        for terms, weight in ((genre.aliases, _NAMED), (genre.nearest, _STOOD_IN), (genre.keywords, _HINTED)):
            for word in found(text, terms):
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
    return _drawn_genre(genres, energy, valence, seed, notes)


def _adjectives(text: str, genres: Mapping[str, Genre]) -> set[str]:
    """Names of styles that another one directly follows: the "jazz" of "jazz lofi"."""
    names = pattern_of(tuple(alias for genre in genres.values() for alias in genre.aliases))
    matches = list(names.finditer(text))
    return {
        match[0]
        for match, following in pairwise(matches)
        if text[match.end() : following.start()] in ("", " ", "-")
    }


def _drawn_genre(genres: Mapping[str, Genre], energy: float, valence: float, seed: int, notes: Notes) -> str:
    def weight(genre: Genre) -> float:
        far = (genre.energy - 0.5 - energy) ** 2 + 0.3 * (genre.valence - valence) ** 2
        return 1 / (0.03 + far)

    name = stream(seed, "genre").weighted({name: weight(genre) for name, genre in genres.items()})
    notes.meanings["No style was named"] = [f"{genres[name].title}, drawn by mood and seed"]
    return name
