"""Words and phrases that nobody may order with: a file of the operator's (PROMPT_BLOCKLIST), read anew when it changes.

A line is a word or a phrase; what follows a `#` is a comment. They are found as whole words, however they are written:
case, accents, punctuation, spaces, and signs that cannot be seen make no difference, nor do single letters apart.
"""

import logging
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from django.conf import settings

from generation.engines.base import Engine
from generation.engines.request import CheckedRequest, FieldError, MusicRequest, RequestError
from generation.engines.visible import is_unseen
from musicgen.search_text import words_in_both_spellings

logger = logging.getLogger(__name__)
BLOCKED = "blocked"
# What an engine, or whoever hears a shared track, is given of an order's words.
CHECKED = {
    "prompt": "prompt",
    "genre": "genre",
    "title": "title",
    "lyrics": "lyrics",
    "negative_prompt": "negative prompt",
    "tags": "tags",
}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_HYPHEN_AT_LINE_END = re.compile(r"[-‐‑][ \t\r]*+\n\s*+")
_ENCLOSING_MARK = "Me"
_ONE_LETTER_WORDS = ("a", "i", "o")


class BlocklistError(Exception):
    """The file cannot be used: why, in a sentence that names it."""


class Blocked(RequestError):
    """Something that was asked for has words of the list. Nothing was stored, and nothing says which words."""


class Unchecked(RequestError):
    """Nothing can be ordered, for the list could not be read since this process began."""

    def __init__(self) -> None:
        sentence = "Orders cannot be checked at the moment, so none is taken. Tell the operator of this site."
        super().__init__([FieldError("", "unchecked", sentence)])


@dataclass(frozen=True, slots=True)
class Blocklist:
    """The phrases, and for each first word of one how many words those have that begin with it."""

    phrases: frozenset[str]
    lengths: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Blocklist":
        """The list that these lines are. Raises ValueError for one without a word, saying which."""
        phrases: set[tuple[str, ...]] = set()
        for number, line in enumerate(lines, start=1):
            text = _COMMENT.sub("", _without_unseen(line))
            if not text.strip():
                continue
            spellings = [tuple(words) for words in words_in_both_spellings(text) if words]
            if not spellings:
                raise ValueError(f"line {number} has no letter or digit")
            phrases.update(spellings)
        lengths: dict[str, set[int]] = {}
        for words in phrases:
            lengths.setdefault(words[0], set()).add(len(words))
        by_first = {first: tuple(sorted(found)) for first, found in lengths.items()}
        return cls(frozenset(map(" ".join, phrases)), by_first)

    def is_in(self, text: str) -> bool:
        """Whether the text has one of the phrases."""
        return any(self._begins_at(words, at) for words in _spellings(text) for at in range(len(words)))

    def _begins_at(self, words: Sequence[str], at: int) -> bool:
        lengths = self.lengths.get(words[at], ())
        return any(" ".join(words[at : at + length]) in self.phrases for length in lengths)


class BlocklistFile:
    """The list as the file has it now, or had it when it could last be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: object = self  # no state of the file
        self._list: Blocklist | None = None
        self._lock = threading.Lock()

    def current(self) -> Blocklist:
        """Looks at the file, and reads it where it has changed. Raises Unchecked where it could never be read."""
        state = self._state()
        if state != self._seen:
            with self._lock:
                self._read(state)
        if self._list is None:
            raise Unchecked
        return self._list

    def _read(self, state: object) -> None:
        if state == self._seen:  # by another thread
            return
        try:
            self._list = read(self._path)
        except BlocklistError as error:
            how_on = "no order is taken" if self._list is None else "orders are checked by what it had before"
            logger.error("%s Until it is mended %s.", error, how_on)
        self._seen = state

    def _state(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def read(path: Path) -> Blocklist:
    """The list in this file, which is UTF-8. Raises BlocklistError."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BlocklistError(f"The list of blocked words {path} is not UTF-8: {error.reason}.") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BlocklistError(f"The list of blocked words {path} cannot be read: {reason}.") from error
    try:
        return Blocklist.of(text.splitlines())
    except ValueError as error:
        raise BlocklistError(f"The list of blocked words {path} cannot be used: {error}.") from error


def checked(engine: Engine, request: MusicRequest) -> CheckedRequest:
    """The request as the engine spells it. Raises RequestError as `Engine.checked`, and Blocked and Unchecked."""
    normalized = engine.checked(request)
    texts = {name: getattr(normalized, name) for name in CHECKED}
    refuse_blocked(texts | {"tags": ", ".join(normalized.tags)})
    return normalized


def refuse_blocked(texts: Mapping[str, str | None]) -> None:
    """Raises Blocked, naming each of these fields of CHECKED that has words of the list, and Unchecked."""
    if settings.PROMPT_BLOCKLIST is None:
        return
    blocklist = _file_at(settings.PROMPT_BLOCKLIST).current()
    errors = [
        FieldError(name, BLOCKED, f"The {CHECKED[name]} has words that this site does not allow. Change it.")
        for name, text in texts.items()
        if text and blocklist.is_in(text)
    ]
    if errors:
        raise Blocked(errors)


@cache
def _file_at(path: Path) -> BlocklistFile:
    return BlocklistFile(path)


def _spellings(text: str) -> set[tuple[str, ...]]:
    """The words of a text in each way in which they may be meant."""
    seen = _without_unseen(text)
    ways = {seen, _without_unseen(text, instead=" "), _without_signs(seen)}
    return set().union(*map(_with_letters_joined, ways))


def _without_unseen(text: str, *, instead: str = "") -> str:
    """The text without what does not show, or with something instead; of a letter in a circle the letter."""
    return "".join(
        instead if is_unseen(each) or unicodedata.category(each) == _ENCLOSING_MARK else each for each in text
    )


def _without_signs(text: str) -> str:
    """The text without punctuation and symbols, and with words that were divided at the end of a line in one."""
    text = _HYPHEN_AT_LINE_END.sub("", text)
    return "".join(each for each in text if unicodedata.category(each)[0] not in "PS")


def _with_letters_joined(text: str) -> set[tuple[str, ...]]:
    """The words of a text, and with runs of single letters as one word."""
    spellings = {tuple(words) for words in words_in_both_spellings(text)}
    joined = {tuple(_letters_joined(words)) for words in spellings}
    return spellings | joined | {tuple(_letters_joined(words, but_first=True)) for words in spellings}


def _letters_joined(words: Iterable[str], *, but_first: bool = False) -> Iterator[str]:
    """With `but_first` a run's first letter stays apart if it may be a word, as in "a g r o b i a n"."""
    for are_letters, run in groupby(words, lambda word: len(word) == 1):
        letters = list(run)
        if are_letters and but_first and letters[0] in _ONE_LETTER_WORDS:
            yield letters.pop(0)
        if are_letters:
            yield "".join(letters)
        else:
            yield from letters
