"""Finding known words in a prompt, and noting what they were taken to mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from ..brief import Reading
from .ignoring import IgnoredWords, phrase_pattern

_NEVER = r"(?!)"
NO_STYLE = "No style was named"


@dataclass(slots=True)
class Notes:
    """What was read, each once, in the order of discovery: words with their meanings, and sentences for people.

    `ignored` are the words that are not to be read: what finds something in a text asks here what of it counts.
    """

    ignored: IgnoredWords = field(default_factory=IgnoredWords)
    meanings: dict[str, list[str]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    notices: dict[str, None] = field(default_factory=dict)

    def reason(self, words: str, meaning: str, said: str = "") -> None:
        """Note what words mean, "" what was drawn without any. `said` is how the prompt says it in other words."""
        known = self.meanings.setdefault(words, [])
        if meaning not in known:
            known.append(meaning)
        if said:
            self.said[words] = said

    def notice(self, sentence: str) -> None:
        self.notices[sentence] = None

    def add(self, others: "Notes") -> None:
        """Take over what others noted."""
        for words, meanings in others.meanings.items():
            for meaning in meanings:
                self.reason(words, meaning, others.said.get(words, ""))
        self.notices.update(others.notices)

    def found(self, text: str, terms: Iterable[str]) -> list[str]:
        """The terms that stand in the text, each once, as they come."""
        matches = self.matches(pattern_of(tuple(terms)), text)
        each = dict.fromkeys(next(filter(None, match.groups())) for match in matches)
        return [term for term in each if not self.ignored.name(term)]

    def matches(self, pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
        """What of a text has the pattern and is to be read."""
        return [match for match in pattern.finditer(text) if not self.ignored.hide(match)]

    def without(self, pattern: re.Pattern[str], text: str, instead: str = " ") -> str:
        """The text without what `matches` finds in it."""
        return pattern.sub(lambda match: match[0] if self.ignored.hide(match) else instead, text)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences such as "'rainy' → Lo-fi, calmer, darker"."""
        return tuple(
            f"{_quoted(words) if words else NO_STYLE} → {', '.join(meanings)}"
            for words, meanings in self.meanings.items()
        )

    def readings(self, prompt: str) -> tuple[Reading, ...]:
        """What was read, with the words as they stand in the prompt."""
        written: dict[str, list[str]] = {}
        for words, meanings in self.meanings.items():
            if words:
                said = self.said.get(words) or _as_written(words, prompt)
                known = written.setdefault(" ".join(said.split()), [])
                known += [meaning for meaning in meanings if meaning not in known]
        return tuple(Reading(words, ", ".join(meanings)) for words, meanings in written.items())


@lru_cache(maxsize=256)
def pattern_of(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the terms, the longest first: whole words where they are ASCII, a plural s allowed."""
    whole = sorted((term for term in terms if term.isascii()), key=lambda term: (-len(term), term))
    parts = sorted((term for term in terms if not term.isascii()), key=lambda term: (-len(term), term))
    ways = [rf"(?<!\w)({'|'.join(map(re.escape, whole))})s?(?!\w)"] if whole else []
    ways += [f"({'|'.join(map(re.escape, parts))})"] if parts else []
    return re.compile("|".join(ways) or _NEVER)


def found(text: str, terms: Iterable[str]) -> list[str]:
    """The terms that stand in a text that is no prompt, such as the name of a style."""
    return Notes().found(text, terms)


def _quoted(words: str) -> str:
    return f"'{words}'"


def _as_written(words: str, prompt: str) -> str:
    match = re.search(phrase_pattern(words), prompt, re.IGNORECASE)
    return match[0] if match else words
