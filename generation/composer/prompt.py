"""Reading the words of a prompt: style, mood, tempo, key, instruments, and what to leave out."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .casting import can_cast
from .genre import Genre
from .matching import Notes, found
from .plan import HIGHEST_BPM, LOWEST_BPM
from .styles import pick_genre
from .theory import SCALES, parse_key
from .vocabulary import (
    BEATLESS_WORDS,
    INSTRUMENT_WORDS,
    MISSING_INSTRUMENTS,
    MOODS,
    REMOVALS,
    VOCAL_WORDS,
)

_NEGATORS = r"no|without|w/o|minus|not|non|never|avoid|remove|skip|sans|exclude|excluding|don['’]?t"
_FILLERS = r"(?:(?:want|use|using|add|any|the|a|an|too|very|so|much|more|big|loud|electric|heavy)\s+)*"
_NUMBER = r"(\d{1,6}(?:\.\d{1,2})?)"
_TEMPO = re.compile(
    rf"(?<![\w.]){_NUMBER}(?:\s*(?:-|–|to)\s*{_NUMBER})?\s*-?\s*(?:bpm|beats per minute)(?!\w)"
    rf"|(?<!\w)(?:bpm|tempo)\s*(?:of|is|=|:)?\s*{_NUMBER}(?![\w.])"
)
_MODES = "major|minor|maj|min|" + "|".join(mode for mode in SCALES if mode not in ("major", "minor"))
_KEY = re.compile(
    rf"(?<!\w)((?:in|key of|key:?)\s+)?([A-Ga-g])(\s?[#♯]|b|♭|[\s-](?:sharp|flat))?"
    rf"[\s-]*({_MODES})(?!\w)(?!\s+key)"
)
_SHORT_KEY = re.compile(
    r"(?<!\w)(?:[Ii]n|[Kk]ey of|[Kk]ey:?)\s+([A-G](?:[#♯b♭]m?|m|(?=\s*(?:[,.;!?)]|$))))(?![\w'’#])"
)
_MODE_ALONE = re.compile(
    r"(?<!\w)(?:in (?:a )?(major|minor)(?!\w)|(major|minor)[\s-](?:key|mode|scale)"
    r"|(dorian|phrygian|lydian|mixolydian)(?!\w))"
)
_SOLO = (
    r"(?:solo|only|just|nothing but)\s+(?:an?\s+)?({term})s?(?!\w)|(?<!\w)({term})s?\s+(?:only|alone)(?!\w)"
)


@dataclass(slots=True)
class Reading:
    """What the words said. `pull` leans the tempo to slow (-1) or fast (1); None where nothing was said."""

    genre: str = ""
    bpm: float | None = None
    tonic: int | None = None
    mode: str = ""
    energy: float = 0.5
    valence: float = 0.0
    pull: float = 0.0
    only: str = ""
    without: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_words(prompt: str, genres: Mapping[str, Genre], *, seed: int, genre: str | None = None) -> Reading:
    """What a prompt says; where neither it nor `genre` names a style, mood and seed draw one."""
    notes = Notes()
    text = unicodedata.normalize("NFKC", prompt)
    lowered, without = _take_out_negations(text.lower(), genres, notes)
    moods = found(lowered, MOODS)
    energy = sum(MOODS[word].energy for word in moods)
    valence = sum(MOODS[word].valence for word in moods)
    chosen = genres[genre or pick_genre(lowered, genres, energy, valence, seed, notes)]
    for word in moods:
        notes.reason(word, _mood_words(word))
    reading = Reading(
        genre=chosen.name,
        bpm=_tempo(lowered, notes),
        energy=round(min(1.0, max(0.0, chosen.energy + energy)), 3),
        valence=round(min(1.0, max(-1.0, chosen.valence + valence)), 3),
        pull=min(1.0, max(-1.0, sum(MOODS[word].pull for word in moods))),
        without=tuple(sorted(without)),
    )
    reading.tonic, reading.mode = _key(text, notes)
    reading.wanted = _wanted(lowered, chosen, without, notes)
    reading.only = _solo(lowered, chosen, notes)
    _note_what_is_missing(lowered, chosen, notes)
    reading.reasons, reading.notices = notes.reasons, tuple(notes.notices)
    return reading


def _take_out_negations(text: str, genres: Mapping[str, Genre], notes: Notes) -> tuple[str, frozenset[str]]:
    """The text without what it negates ("no drums or bass", "not sad"), and the roles and instruments
    unwanted.
    """
    without: set[str] = set()

    def strike(match: re.Match[str]) -> str:
        for word in found(match[0], REMOVALS):
            without.update(REMOVALS[word])
            notes.reason(match[0].strip(), "left out")
        return " "

    text = _negation(_negatable(genres)).sub(strike, text)
    for word in found(text, BEATLESS_WORDS):
        without.add("drums")
        notes.reason(word, "no drums")
    return text, frozenset(without)


def _negatable(genres: Mapping[str, Genre]) -> tuple[str, ...]:
    words = {*REMOVALS, *MOODS, *INSTRUMENT_WORDS, *VOCAL_WORDS, *MISSING_INSTRUMENTS}
    for genre in genres.values():
        words.update(genre.aliases, genre.keywords, genre.nearest)
    return tuple(sorted(word for word in words if word.isascii()))


@lru_cache(maxsize=8)
def _negation(terms: tuple[str, ...]) -> re.Pattern[str]:
    known = "|".join(map(re.escape, sorted(terms, key=lambda term: (-len(term), term))))
    item = rf"{_FILLERS}(?:{known})s?(?!\w)"
    joint = rf"\s*(?:,\s*(?:and|or)?|and|or|nor|&|/)\s*(?:(?:{_NEGATORS})\s+)?"
    return re.compile(rf"(?<!\w)(?:{_NEGATORS})\s+{item}(?:{joint}{item})*")


def _mood_words(word: str) -> str:
    mood = MOODS[word]
    effects = [
        (mood.energy <= -0.05, "calmer"),
        (mood.energy >= 0.05, "more energy"),
        (mood.valence <= -0.1, "darker"),
        (mood.valence >= 0.1, "brighter"),
        (mood.pull <= -0.5, "slower"),
        (mood.pull >= 0.5, "faster"),
    ]
    return ", ".join(effect for holds, effect in effects if holds) or "no change"


def _tempo(text: str, notes: Notes) -> float | None:
    for match in _TEMPO.finditer(text):
        low, high, named = match.groups()
        bpm = float(named or low) if high is None else (float(low) + float(high)) / 2
        if LOWEST_BPM <= bpm <= HIGHEST_BPM:
            notes.reason(match[0].strip(), f"{bpm:g} BPM")
            return bpm
        notes.notice(
            f"'{match[0].strip()}' is outside {LOWEST_BPM:g} to {HIGHEST_BPM:g} BPM; it was not used."
        )
    return None


def _key(text: str, notes: Notes) -> tuple[int | None, str]:
    for match in _KEY.finditer(text):
        introduced, letter, sign, mode = match.groups()
        if letter == "a" and not introduced:
            continue
        tonic, mode = parse_key(f"{letter}{(sign or '').strip(' -')} {mode}")
        notes.reason(match[0].strip(), "key")
        return tonic, mode
    if short := _SHORT_KEY.search(text):
        tonic, mode = parse_key(short[1])
        notes.reason(short[0].strip(), "key")
        return tonic, mode
    if alone := _MODE_ALONE.search(text.lower()):
        mode = next(filter(None, alone.groups()))
        notes.reason(alone[0].strip(), mode)
        return None, mode
    return None, ""


def _wanted(text: str, genre: Genre, without: frozenset[str], notes: Notes) -> tuple[str, ...]:
    wanted: list[str] = []
    for word in found(text, INSTRUMENT_WORDS):
        options = [name for name in INSTRUMENT_WORDS[word] if can_cast(genre, name) and name not in without]
        if options:
            wanted.append(options[0])
            notes.reason(word, options[0].replace("_", " "))
        else:
            notes.notice(f"{genre.title} has no part for '{word}' here.")
    return tuple(dict.fromkeys(wanted))


def _solo(text: str, genre: Genre, notes: Notes) -> str:
    terms = "|".join(map(re.escape, sorted(INSTRUMENT_WORDS, key=lambda term: (-len(term), term))))
    match = re.search(rf"(?<!\w){_SOLO.format(term=terms)}", text)
    if match is None:
        return ""
    options = [name for name in INSTRUMENT_WORDS[match[1] or match[2]] if can_cast(genre, name)]
    if not options:
        return ""
    notes.reason(match[0].strip(), f"{options[0].replace('_', ' ')} alone")
    return options[0]


def _note_what_is_missing(text: str, genre: Genre, notes: Notes) -> None:
    if found(text, VOCAL_WORDS):
        notes.notice("The composer cannot sing: the tune is played on an instrument.")
    for word in found(text, MISSING_INSTRUMENTS):
        notes.notice(f"There is no {word} here; other instruments play instead.")
