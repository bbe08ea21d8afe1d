"""Which instruments a prompt asks for, and whether one of them plays alone."""

import re

from ..genre.types import Genre
from ..instruments import DRUM_KITS
from ..writing.casting import can_cast, seats, solo_seats
from .instrument_words import MEANINGS, Meaning, title_of
from .matching import Notes
from .texture import TEXTURES

_TERMS = "|".join(map(re.escape, sorted(MEANINGS, key=lambda term: (-len(term), term))))
_SOLO = re.compile(
    rf"(?<!\w)(?:solo|only|just|nothing but)\s+(?:an?\s+)?({_TERMS})s?(?!\w)"
    rf"|(?<!\w)({_TERMS})s?\s+(?:only|alone)(?!\w)|^\s*(piano|organ|harp|harpsichord)\s+solo(?!\w)"
)


def read_wanted(text: str, genre: Genre, without: frozenset[str], notes: Notes) -> tuple[str, ...]:
    """The instruments that are asked for, each with a role in the genre, its own or a guest's."""
    wanted: list[str] = []
    for word in notes.found(text, {**MEANINGS, **TEXTURES}):
        if word not in MEANINGS or not MEANINGS[word].options:
            continue
        instrument = _chosen(MEANINGS[word], genre, without)
        if _is_unwanted(instrument, word, without):
            notes.notice(f"'{word}' is asked for and ruled out at once: it was left out.")
            continue
        if instrument in wanted:
            notes.reason(word, title_of(instrument))
            continue
        if instrument not in seats(genre, (*wanted, instrument), without).values():
            notes.notice(f"There is no room for '{word}' beside the others here.")
            continue
        wanted.append(instrument)
        _note_instrument(word, instrument, genre, notes)
    return tuple(wanted)


def read_solo(text: str, genre: Genre, without: frozenset[str], notes: Notes) -> str:
    """The one instrument that plays alone, or ""."""
    match = next(iter(notes.matches(_SOLO, text)), None)
    if match is None:
        return ""
    word = next(filter(None, match.groups()))
    if notes.ignored.name(word):
        return ""
    instrument = _chosen(MEANINGS[word], genre, without)
    if not MEANINGS[word].options or not set(solo_seats(genre, instrument)) - without:
        return ""
    if MEANINGS[word].stands_in:
        _note_instrument(word, instrument, genre, notes)
    notes.reason(match[0].strip(), f"{title_of(instrument)} alone")
    return instrument


def _chosen(meaning: Meaning, genre: Genre, without: frozenset[str]) -> str:
    """The first that the genre has a part for, else the guest."""
    options = [name for name in meaning.options if can_cast(genre, name) and name not in without]
    return options[0] if options else meaning.guest


def _is_unwanted(instrument: str, word: str, without: frozenset[str]) -> bool:
    return instrument in without or (instrument in DRUM_KITS and "drums" in without)


def _note_instrument(word: str, instrument: str, genre: Genre, notes: Notes) -> None:
    guest = "" if can_cast(genre, instrument) else ", as a guest"
    notes.reason(word, f"{title_of(instrument)}{guest}")
    if MEANINGS[word].stands_in:
        notes.notice(f"There is no {word} here; {_playing(title_of(instrument))} in its place.")


def _playing(title: str) -> str:
    """The start of a sentence on one instrument or several: "an oboe plays", "rock drums play"."""
    if title.endswith("s"):
        return f"{title} play"
    return f"{'an' if title[0] in 'aeio' else 'a'} {title} plays"
