"""Finding known words in a prompt, and noting what they were taken to mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

_NEVER = r"(?!)"


@dataclass(slots=True)
class Notes:
    """Sentences for people, each once, in the order of discovery."""

    meanings: dict[str, list[str]] = field(default_factory=dict)
    notices: dict[str, None] = field(default_factory=dict)

    def reason(self, words: str, meaning: str) -> None:
        known = self.meanings.setdefault(f"'{words}'", [])
        if meaning not in known:
            known.append(meaning)

    def notice(self, sentence: str) -> None:
        self.notices[sentence] = None

    def add(self, others: "Notes") -> None:
        """Take over what others noted."""
        for words, meanings in others.meanings.items():
            for meaning in meanings:
                self.reason(words.strip("'"), meaning)
        self.notices.update(others.notices)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences such as "'rainy' → Lo-fi, calmer, darker"."""
        return tuple(f"{words} → {', '.join(meanings)}" for words, meanings in self.meanings.items())


@lru_cache(maxsize=256)
def pattern_of(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the terms, the longest first: whole words where they are ASCII, a plural s allowed."""
    whole = sorted((term for term in terms if term.isascii()), key=lambda term: (-len(term), term))
    parts = sorted((term for term in terms if not term.isascii()), key=lambda term: (-len(term), term))
    ways = [rf"(?<!\w)({'|'.join(map(re.escape, whole))})s?(?!\w)"] if whole else []
    ways += [f"({'|'.join(map(re.escape, parts))})"] if parts else []
    return re.compile("|".join(ways) or _NEVER)


def found(text: str, terms: Iterable[str]) -> list[str]:
    """The terms that stand in the text, each once, as they come."""
    matches = pattern_of(tuple(terms)).finditer(text)
    return list(dict.fromkeys(next(filter(None, match.groups())) for match in matches))
