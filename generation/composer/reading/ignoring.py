"""Words of a prompt that are not to be read, because they were not meant as they would be read."""

import re
import unicodedata
from collections.abc import Iterable


def phrase_pattern(phrase: str) -> str:
    """Where a phrase stands, in small letters or capitals: whole words where they are ASCII, a plural s allowed."""
    words = r"\s+".join(map(re.escape, phrase.split()))
    return rf"(?<!\w){words}s?(?!\w)" if phrase.isascii() else words


class IgnoredWords:
    """Phrases that are left out of a reading, wherever they stand by themselves.

    What lies within such a phrase, or cuts into it, is not read. A longer phrase that has one of them in it is: without
    "jazz" there is still a "jazz guitar".
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        normalized = (" ".join(unicodedata.normalize("NFKC", phrase).lower().split()) for phrase in phrases)
        self._phrases = frozenset(filter(None, normalized))
        ways = sorted(self._phrases, key=lambda phrase: (-len(phrase), phrase))
        self._pattern = re.compile("|".join(map(phrase_pattern, ways)), re.IGNORECASE) if ways else None
        self._hidden: tuple[str, list[tuple[int, int]]] = ("", [])

    def name(self, term: str) -> bool:
        """Whether a term of the vocabulary is one of them, in the singular or the plural."""
        return term in self._phrases or f"{term}s" in self._phrases

    def hide(self, match: re.Match[str]) -> bool:
        """Whether what was found in a text is not to be read there."""
        if self._pattern is None:
            return False
        start, end = match.span()
        start += len(match[0]) - len(match[0].lstrip())
        end -= len(match[0]) - len(match[0].rstrip())
        return any(
            start < last
            and first < end
            and not (start <= first and last <= end and last - first < end - start)
            for first, last in self._hidden_in(match.string, self._pattern)
        )

    def _hidden_in(self, text: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
        """Where they stand in a text, which many are looked up in, one after another."""
        if self._hidden[0] is not text:
            self._hidden = text, [each.span() for each in pattern.finditer(text)]
        return self._hidden[1]
