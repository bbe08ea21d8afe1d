"""What a prompt does not want: "no drums or bass", "not sad", "without any vocals"."""

import re
from collections.abc import Mapping
from functools import lru_cache

from ..genre.types import Genre
from .instrument_words import MEANINGS, NOT_AVAILABLE
from .limits import VOCAL_WORDS
from .matching import Notes
from .moods import MOODS
from .styles import without_drums_in_names
from .texture import OPPOSITES, TEXTURES

_NEGATORS = r"no|without|w/o|minus|not|non|never|avoid|remove|skip|sans|exclude|excluding|don['’]?t|zero"
_FILLERS = (
    r"(?:(?:want|use|using|add|any|the|a|an|too|very|so|much|more|big|loud|electric|heavy|kind|of)\s+)*"
)
_GUITARS = (
    "nylon_guitar",
    "jazz_guitar",
    "clean_guitar",
    "distorted_guitar",
    "overdriven_guitar",
    "lead_guitar",
    "steel_guitar",
    "wah_guitar",
)
_SYNTHS = (
    "saw_lead",
    "super_saw",
    "warm_pad",
    "glass_pad",
    "synth_bass",
    "acid_bass",
    "pluck",
    "soft_pluck",
    "stab",
)
_STRINGS = ("strings", "violins", "violin", "celli", "spiccato")

# What "without ..." takes away: roles and instruments.
REMOVALS: dict[str, tuple[str, ...]] = {
    word: meaning.options[:1] for word, meaning in MEANINGS.items() if not meaning.stands_in
} | {
    "drum": ("drums",),
    "percussion": ("drums", "timpani"),
    "beat": ("drums",),
    "drum kit": ("drums",),
    "bass": ("bass",),
    "bassline": ("bass",),
    "melody": ("lead", "counter"),
    "melodies": ("lead", "counter"),
    "lead": ("lead",),
    "pad": ("pad",),
    "chord": ("chords", "keys"),
    "guitar": (*_GUITARS, "guitar", "guitar_left", "guitar_right"),
    "electric guitar": tuple(name for name in _GUITARS if name not in ("nylon_guitar", "steel_guitar")),
    "acoustic guitar": ("nylon_guitar", "steel_guitar"),
    "piano": ("piano", "epiano"),
    "string": _STRINGS,
    "strings": _STRINGS,
    "violin": ("violin", "violins"),
    "brass": ("brass", "horns", "trumpet", "muted_trumpet"),
    "synth": _SYNTHS,
    "arpeggio": ("arp",),
    "noise": ("fx",),
    "effect": ("fx",),
    "vinyl": ("fx",),
    "crackle": ("fx",),
    "vinyl crackle": ("fx",),
    "riser": ("fx",),
}
_BEATLESS_WORDS = ("drumless", "beatless", "no-drums")


def take_out_negations(
    text: str, genres: Mapping[str, Genre], notes: Notes
) -> tuple[str, frozenset[str], dict[str, str]]:
    """The text without what it negates, the roles and instruments unwanted, and the textures unwanted.

    Those come with the words that say so.
    """
    without: set[str] = set()
    unwanted_textures: dict[str, str] = {}

    def strike(match: re.Match[str]) -> str:
        if notes.ignored.hide(match):
            return match[0]
        said = match[0]
        if said.startswith("not"):
            # "Not drum and bass" is another style; "no drum and bass" leaves out both.
            said = without_drums_in_names(said, genres, notes)
        for word in notes.found(said, {**REMOVALS, **OPPOSITES}):
            if word in OPPOSITES:
                unwanted_textures.setdefault(word, match[0].strip())
            else:
                without.update(REMOVALS[word])
                notes.reason(match[0].strip(), "left out")
        return " "

    text = _negation(_negatable(genres)).sub(strike, text)
    for word in notes.found(text, _BEATLESS_WORDS):
        without.add("drums")
        notes.reason(word, "no drums")
    return text, frozenset(without), unwanted_textures


def _negatable(genres: Mapping[str, Genre]) -> tuple[str, ...]:
    words = {*REMOVALS, *MOODS, *MEANINGS, *VOCAL_WORDS, *NOT_AVAILABLE, *TEXTURES, *OPPOSITES}
    for genre in genres.values():
        words.update(genre.aliases, genre.keywords, genre.nearest)
    return tuple(sorted(word for word in words if word.isascii()))


@lru_cache(maxsize=8)
def _negation(terms: tuple[str, ...]) -> re.Pattern[str]:
    known = "|".join(map(re.escape, sorted(terms, key=lambda term: (-len(term), term))))
    item = rf"{_FILLERS}(?:{known})s?(?!\w)"
    # A comma goes on only towards an "and" or "or": "no drums, piano" wants the piano.
    last = rf"\s*,?\s*(?:and|or|nor|&|/)\s*(?:(?:{_NEGATORS})\s+)?{item}"
    return re.compile(rf"(?<!\w)(?:{_NEGATORS})\s+{item}(?:(?:\s*,\s*{item})*{last})*")
