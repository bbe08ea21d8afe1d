"""How many steps a pattern needs for a text, counted: a matcher that tries all that `re` tries, in its order."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

Item = tuple[Any, Any]
"""An operation of a parsed pattern, and what it is about."""

parser = import_module("re._parser")
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
}


class TooManySteps(AssertionError):
    """A pattern runs away."""


class Scan:
    """All matches of a pattern in a text, as `finditer` finds them, and the steps that it took to find them."""

    def __init__(self, pattern: re.Pattern[str], text: str, most: int = 1_000_000) -> None:
        self._text, self._most = text, most
        self.steps = 0
        self.spans: list[tuple[int, int]] = []
        items = _parsed(pattern)
        at = 0
        while at <= len(text):
            end = next(self._ways(items, at), None)
            if end is not None:
                self.spans.append((at, end))
            at = max(end or 0, at + 1)

    def _ways(self, items: Sequence[Item], at: int) -> Iterator[int]:
        """Where the items may end that begin at `at`, the first choice first."""
        if not items:
            yield at
            return
        for middle in self._item(items[0], at):
            yield from self._ways(items[1:], middle)

    def _item(self, item: Item, at: int) -> Iterator[int]:
        self._step()
        name, about = str(item[0]), item[1]
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, repeated = about
            yield from self._repeat(repeated, low, high, at, greedy=name == "MAX_REPEAT")
        elif name == "BRANCH":
            for way in _ways_from(about[1], self._text[at : at + 1]):
                yield from self._ways(way, at)
        elif name == "SUBPATTERN":
            yield from self._ways(about[3], at)
        elif name in ("ASSERT", "ASSERT_NOT"):
            direction, looked_for = about
            begin = at if direction > 0 else at - looked_for.getwidth()[0]
            seen = begin >= 0 and next(self._ways(looked_for, begin), None) is not None
            yield from [at] if seen == (name == "ASSERT") else []
        elif name == "AT":
            yield from [at] if _is_at(str(about), self._text, at) else []
        elif at < len(self._text) and _takes(name, about, self._text[at]):
            yield at + 1

    def _repeat(self, items: Sequence[Item], low: int, high: int, at: int, *, greedy: bool) -> Iterator[int]:
        if low <= 0 and not greedy:
            yield at
        if high > 0:
            for middle in self._ways(items, at):
                if middle > at:
                    yield from self._repeat(items, low - 1, high - 1, middle, greedy=greedy)
        if low <= 0 and greedy:
            yield at

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise TooManySteps(f"More than {self._most} steps for {len(self._text)} characters")


@cache
def _parsed(pattern: re.Pattern[str]) -> Sequence[Item]:
    parsed: Sequence[Item] = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    return parsed


def _ways_from(ways: Sequence[Sequence[Item]], char: str) -> list[Sequence[Item]]:
    """The ways that may begin with a character: `re` looks at it before it tries one, which makes long lists cheap."""
    firsts = [way[0] if len(way) else None for way in ways]
    return [
        way
        for way, first in zip(ways, firsts, strict=True)
        if first is None or str(first[0]) != "LITERAL" or chr(first[1]).lower() == char.lower()
    ]


def _is_at(place: str, text: str, at: int) -> bool:
    if place == "AT_BEGINNING":
        return at == 0
    if place == "AT_END":
        return at == len(text) or text[at:] == "\n"
    assert place == "AT_BOUNDARY", place
    word = _CATEGORIES["CATEGORY_WORD"]
    return any(map(word, text[at - 1 : at] if at else "")) != any(map(word, text[at : at + 1]))


def _takes(name: str, about: Any, char: str) -> bool:
    """Whether an operation for one character takes this one."""
    if name == "IN":
        negated = str(about[0][0]) == "NEGATE"
        return any(_takes(str(kind), what, char) for kind, what in about[negated:]) != negated
    if name == "LITERAL":
        return char == chr(about)
    if name == "RANGE":
        return about[0] <= ord(char) <= about[1]
    if name == "CATEGORY":
        return _CATEGORIES[str(about)](char)
    assert name == "ANY", name
    return char != "\n"
