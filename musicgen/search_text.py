"""Words as a search compares them: of every script, however they are written.

What is kept beside a row and what somebody types both become plain words here. To find is then to look for pieces of
text, which databases do without knowing any language.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from itertools import groupby

# Letters that have no decomposition, as they are typed by those who do not have them.
_LETTERS = str.maketrans(
    dict(zip("øłđðħŧıŋəکیى", "olddhtineكيي", strict=True))
    | {"æ": "ae", "œ": "oe", "þ": "th", "\N{ARABIC TATWEEL}": "", "\N{SOFT HYPHEN}": ""}
)
# Their marks are often left out. Those of other scripts make another letter, as of か and が, or are vowels.
_MARKS_ARE_LEFT_OUT = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC")
# They are written without spaces between words, or in words of one or two characters: each stands alone.
_ALONE = (
    *("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"),
    *("THAI", "LAO", "KHMER", "MYANMAR"),
)
_SYMBOL = "So"
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_LETTER = "[0-9a-z\u00e0-\u052f\u05d0-\u06ff]"
_JOINT = "[-‐‑'’ʼ\N{ZERO WIDTH NON-JOINER}]"
_COMPOUND = re.compile(f"{_LETTER}+(?:{_JOINT}{_LETTER}+)+")
_FLAT_KEY = re.compile(r"\b([a-g])b(?=\s+(?:major|minor)\b)")
_ACCIDENTAL = re.compile(r"\b([a-g])([#♯♭])")
_TEMPO = re.compile(r"(\d)bpm\b")
# A key or a tempo, whose words belong together.
_PHRASE = re.compile(
    r"\b(?:[a-g](?:\s+(?:sharp|flat))?\s+(?:major|minor)|[a-g]\s+(?:sharp|flat)|\d+\s+bpm)\b"
)
_SHORT = 2


def normalised(text: str) -> str:
    """The words of a text with a space between them: small letters, without accents or punctuation.

    A word with hyphens is there in its parts and joined.

    >>> normalised("Bohème, Straße: lo-fi in F# minor")
    'boheme strasse lo fi lofi in f sharp minor'
    >>> normalised("夜のドライブ")
    '夜 の ド ラ イ ブ'
    """
    return " ".join(_words(_COMPOUND.sub(lambda found: f"{found[0]} {_joined(found[0])}", _folded(text))))


def words_in_both_spellings(text: str) -> tuple[list[str], list[str]]:
    """The words of `normalised` twice in their order: those with hyphens in their parts, and joined. Characters that
    stand alone are words.

    >>> words_in_both_spellings("Lo-fi Bohème")
    (['lo', 'fi', 'boheme'], ['lofi', 'boheme'])
    """
    text = _folded(text)
    parts, joined = _single_words(text), _COMPOUND.sub(lambda found: _joined(found[0]), text)
    return parts, parts if joined == text else _single_words(joined)


def searchable(*texts: str) -> str:
    """What is kept of a row's texts: all their words, each with a space on either side."""
    words = " ".join(filter(None, map(normalised, texts)))
    return f" {words} " if words else ""


def sought(query: str) -> list[tuple[str, ...]]:
    """What the `searchable` of a row must hold to be found: each of these, in one of its alternatives.

    A word is found within words. One of one or two letters is a word of its own, and a number begins one; so does the
    last word of the query, which may still be being typed. A key is found as a whole. Empty: nothing was asked for
    that could be found.

    >>> sought("rainy lo-fi in a minor, 82")
    [(' a minor ',), ('rainy',), (' in ',), (' 82',), ('lofi', 'lo fi')]
    """
    text = _folded(query)
    whole = " ".join(_words(text))
    phrases = [" ".join(_words(found)) for found in _PHRASE.findall(text)]
    text = _PHRASE.sub(" ", text)
    compounds = [(_joined(found), " ".join(_words(found))) for found in _COMPOUND.findall(text)]
    words = [_piece(word, whole) for word in _words(_COMPOUND.sub(" ", text))]
    pieces = [(piece,) for piece in (*(_of_its_own(phrase, whole) for phrase in phrases), *words)]
    return list(dict.fromkeys([*pieces, *compounds]))


def _piece(word: str, query: str) -> str:
    if _kind(word[0]) == _Kind.ALONE:
        return f" {word} "
    if word.isdecimal():
        return f" {word}"
    return word if len(word) > _SHORT else _of_its_own(word, query)


def _of_its_own(words: str, query: str) -> str:
    """A word that is found only as a whole, unless the query ends with it: then it may go on."""
    return f" {words}" if f" {query}".endswith(f" {words}") else f" {words} "


def _joined(compound: str) -> str:
    return re.sub(_JOINT, "", compound)


def _folded(text: str) -> str:
    """Small letters without the marks that are left out, and the signs that say something as words."""
    text = text.lower() if text.isascii() else _without_marks(text)
    text = _ACCIDENTAL.sub(_in_words, _FLAT_KEY.sub(r"\1♭", text))
    return _TEMPO.sub(r"\1 bpm", text)


def _without_marks(text: str) -> str:
    left: list[str] = []
    is_left_out = False
    for character in unicodedata.normalize("NFKD", text).casefold():
        if not unicodedata.combining(character):
            is_left_out = _marks_are_left_out(character)
        elif is_left_out:
            continue
        left.append(character)
    return unicodedata.normalize("NFC", "".join(left)).translate(_LETTERS)


def _in_words(found: re.Match[str]) -> str:
    return f"{found[1]} {'flat' if found[2] == '♭' else 'sharp'} "


def _words(text: str) -> Iterator[str]:
    """The words of a folded text; characters that stand alone and follow each other are one, with spaces."""
    if text.isascii():
        yield from _ASCII_WORD.findall(text)
        return
    for kind, characters in groupby(text, _kind):
        if kind != _Kind.BETWEEN:
            yield (" " if kind == _Kind.ALONE else "").join(characters)


def _single_words(text: str) -> list[str]:
    return " ".join(_words(text)).split()


class _Kind(Enum):
    """What a character is: part of a word, a word by itself, or between words."""

    PART = auto()
    ALONE = auto()
    BETWEEN = auto()


@lru_cache(maxsize=4096)
def _kind(character: str) -> _Kind:
    category = unicodedata.category(character)
    name = unicodedata.name(character, "")
    if category == _SYMBOL or (category[0] in "LM" and name.startswith(_ALONE)):
        return _Kind.ALONE
    if category[0] in "LN" or (category[0] == "M" and not name.startswith("VARIATION SELECTOR")):
        return _Kind.PART
    return _Kind.BETWEEN


@lru_cache(maxsize=4096)
def _marks_are_left_out(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_MARKS_ARE_LEFT_OUT)
