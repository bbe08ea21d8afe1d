"""The metre that a prompt asks for, by its signature or the name of a dance."""

import re
from collections.abc import Mapping

from ..genre.metres import metres_of
from ..genre.types import Genre
from ..metre import FOUR_FOUR, METRES
from .matching import Notes, pattern_of

_SIGNATURE = re.compile(r"(?<![\w./])(\d{1,2})\s?/\s?(2|4|8|16)(?:[\s-]time)?(?![\w/]|\.\d)")
# Counted as four: the bars are only shorter or written otherwise.
_AS_FOUR = ("2/4", "2/2", "8/8")
# Of several that a word may mean, the first that the genre is played in.
_ANY_ODD = ("7/8", "5/4")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "waltz": ("3/4",),
    "waltze": ("3/4",),
    "valse": ("3/4",),
    "mazurka": ("3/4",),
    "minuet": ("3/4",),
    "menuet": ("3/4",),
    "landler": ("3/4",),
    "ländler": ("3/4",),
    "sarabande": ("3/4",),
    "bolero": ("3/4",),
    "three-four": ("3/4",),
    "three four time": ("3/4",),
    "three-quarter time": ("3/4",),
    "triple meter": ("3/4",),
    "triple metre": ("3/4",),
    "triple time": ("3/4",),
    "jig": ("6/8",),
    "tarantella": ("6/8",),
    "barcarolle": ("6/8",),
    "six-eight": ("6/8",),
    "six eight": ("6/8",),
    "compound meter": ("6/8", "12/8"),
    "compound metre": ("6/8", "12/8"),
    "compound time": ("6/8", "12/8"),
    "siciliana": ("12/8", "6/8"),
    "siciliano": ("12/8", "6/8"),
    "slow blues": ("12/8",),
    "twelve-eight": ("12/8",),
    "twelve eight": ("12/8",),
    "five-four": ("5/4",),
    "five four time": ("5/4",),
    "quintuple meter": ("5/4",),
    "seven-eight": ("7/8",),
    "seven eight": ("7/8",),
    "odd meter": _ANY_ODD,
    "odd metre": _ANY_ODD,
    "odd time": _ANY_ODD,
    "odd time signature": _ANY_ODD,
    "uneven meter": _ANY_ODD,
    "common time": (FOUR_FOUR.name,),
    "four-four": (FOUR_FOUR.name,),
}


def asked_metres(text: str, notes: Notes) -> dict[str, tuple[str, ...]]:
    """The metres that words of a prompt may mean, by the words; a notice for each that nothing here is played in."""
    asked: dict[str, tuple[str, ...]] = {}
    for match in notes.matches(_SIGNATURE, text):
        name = f"{match[1]}/{match[2]}"
        if name in METRES or name in _AS_FOUR:
            asked[match[0].strip()] = (name if name in METRES else FOUR_FOUR.name,)
        else:
            notes.notice(
                f"'{match[0].strip()}' was not used: the composer counts in {_listed(tuple(METRES))}."
            )
    # A longer name hides the shorter one within it.
    for match in notes.matches(pattern_of(tuple(_WORDS)), text):
        word = next(filter(None, match.groups()))
        if not notes.ignored.name(word):
            asked[word] = _WORDS[word]
    return asked


def plays_any(genre: Genre, given: str | None, asked: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a genre is played in the metre that is given, or else in one that words ask for, if any do."""
    if given:
        return given in genre.metres
    return not asked or any(name in genre.metres for names in asked.values() for name in names)


def settle_metre(given: str | None, asked: Mapping[str, tuple[str, ...]], genre: Genre, notes: Notes) -> str:
    """The name of the metre that is given or that words ask for, "" where the genre is played in none of them.

    A notice says what was not used.
    """
    if given:
        if given not in genre.metres:
            notes.notice(_not_played(given, genre))
            return ""
        return given
    settled = ""
    for words, names in asked.items():
        possible = [name for name in names if name in genre.metres]
        if not possible:
            notes.notice(_not_played(words, genre))
        elif not settled:
            settled = possible[0]
            notes.reason(words, f"{settled} time")
        elif settled not in names:
            notes.notice(f"'{words}' was not used: a piece keeps to one metre, here {settled}.")
    return settled


def _not_played(words: str, genre: Genre) -> str:
    return f"'{words}' was not used: {genre.title} is played in {_listed(metres_of(genre))} here."


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
