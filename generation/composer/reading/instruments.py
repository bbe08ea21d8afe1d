"""Which instruments a prompt asks for, and whether one of them plays alone."""

import re

from ..casting import can_cast, seats, solo_seats
from ..genre import Genre
from ..instruments import DRUM_KITS
from .instrument_words import MEANINGS, Meaning
from .matching import Notes, found
from .texture import TEXTURES

_TERMS = "|".join(map(re.escape, sorted(MEANINGS, key=lambda term: (-len(term), term))))
_SOLO = re.compile(
    rf"(?<!\w)(?:solo|only|just|nothing but)\s+(?:an?\s+)?({_TERMS})s?(?!\w)"
    rf"|(?<!\w)({_TERMS})s?\s+(?:only|alone)(?!\w)|^\s*(piano|organ|harp|harpsichord)\s+solo(?!\w)"
)
_STOOD_IN = "There is no {word} here; {article} {instrument} plays in its place."


def read_wanted(text: str, genre: Genre, without: frozenset[str], notes: Notes) -> tuple[str, ...]:
    """The instruments that are asked for, each with a role in the genre, its own or a guest's."""
    wanted: list[str] = []
    for word in found(text, {**MEANINGS, **TEXTURES}):
        if word not in MEANINGS or not MEANINGS[word].options:
            continue
        instrument = _chosen(MEANINGS[word], genre, without)
        if _is_unwanted(instrument, word, without):
            notes.notice(f"'{word}' is asked for and ruled out at once: it was left out.")
            continue
        if instrument in wanted:
            notes.reason(word, _name(instrument))
            continue
        if instrument not in seats(genre, (*wanted, instrument), without).values():
            notes.notice(f"There is no room for '{word}' beside the others here.")
            continue
        wanted.append(instrument)
        _tell(word, instrument, genre, notes)
    return tuple(wanted)


def read_solo(text: str, genre: Genre, without: frozenset[str], notes: Notes) -> str:
    """The one instrument that plays alone, or ""."""
    match = _SOLO.search(text)
    if match is None:
        return ""
    word = next(filter(None, match.groups()))
    instrument = _chosen(MEANINGS[word], genre, without)
    if not MEANINGS[word].options or not set(solo_seats(genre, instrument)) - without:
        return ""
    if MEANINGS[word].stands_in:
        _tell(word, instrument, genre, notes)
    notes.reason(match[0].strip(), f"{_name(instrument)} alone")
    return instrument


def _chosen(meaning: Meaning, genre: Genre, without: frozenset[str]) -> str:
    """The first that the genre has a part for, else the guest."""
    options = [name for name in meaning.options if can_cast(genre, name) and name not in without]
    return options[0] if options else meaning.guest


def _is_unwanted(instrument: str, word: str, without: frozenset[str]) -> bool:
    return instrument in without or (instrument in DRUM_KITS and "drums" in without)


def _tell(word: str, instrument: str, genre: Genre, notes: Notes) -> None:
    guest = "" if can_cast(genre, instrument) else ", as a guest"
    notes.reason(word, f"{_name(instrument)}{guest}")
    if MEANINGS[word].stands_in:
        article = "an" if instrument[0] in "aeiou" else "a"
        notes.notice(_STOOD_IN.format(word=word, article=article, instrument=_name(instrument)))


def _name(instrument: str) -> str:
    return instrument.replace("_", " ")
