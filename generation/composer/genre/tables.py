"""Strict reading of TOML tables: what is wrong, missing or unknown is an error that names file and key."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
_MISSING = object()


class GenreFileError(ValueError):
    """A genre's file is wrong; the message names the file, the key and what it needs."""


class Table:
    """One TOML table that is read key by key; `close()` then refuses what was not read."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = dict(values)
        self._place = place

    def fail(self, key: str, problem: str) -> GenreFileError:
        return GenreFileError(f"{self._place}{key}: {problem}")

    def has(self, key: str) -> bool:
        return key in self._values

    def remaining(self) -> list[str]:
        return list(self._values)

    def close(self) -> None:
        for key in self._values:
            raise self.fail(key, "is not a key that genres have. Is it misspelt?")

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._take(key, str, "text", default))

    def flag(self, key: str, default: bool | None = None) -> bool:
        return bool(self._take(key, bool, "true or false", default))

    def whole(self, key: str, default: int | None = None) -> int:
        return int(self._take(key, int, "a whole number", default))

    def number(self, key: str, default: float | None = None) -> float:
        value = self._take(key, (int, float), "a number", default)
        return float(value)

    def pair(self, key: str) -> tuple[float, float]:
        """Two numbers, low then high."""
        values = self._take(key, list, "two numbers", None)
        if len(values) != 2 or not all(_is_number(value) for value in values) or values[0] > values[1]:
            raise self.fail(key, f"needs two numbers, low then high, not {values!r}")
        return float(values[0]), float(values[1])

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        values = self._take(key, (list, tuple), "a list of texts", default)
        if not all(isinstance(value, str) for value in values):
            raise self.fail(key, f"needs a list of texts, not {values!r}")
        return tuple(values)

    def table(self, key: str, *, optional: bool = False) -> "Table":
        values = self._take(key, dict, "a table", {} if optional else None)
        return Table(values, f"{self._place}{key}.")

    def tables(self, key: str) -> list["Table"]:
        values = self._take(key, list, "an array of tables", None)
        if not all(isinstance(value, dict) for value in values):
            raise self.fail(key, "needs an array of tables, [[like this]]")
        return [Table(value, f"{self._place}{key}[{index}].") for index, value in enumerate(values)]

    def each(self, read: Callable[["Table", str], T]) -> Iterator[tuple[str, T]]:
        """Every remaining key, read by `read(table, key)`."""
        for key in self.remaining():
            yield key, read(self, key)

    def parsed(self, key: str, value: str, parse: Callable[[str], T]) -> T:
        """`parse(value)`, with its ValueError raised as GenreFileError."""
        try:
            return parse(value)
        except ValueError as error:
            raise self.fail(key, str(error)) from error

    def _take(self, key: str, kind: type | tuple[type, ...], needs: str, default: Any) -> Any:
        value = self._values.pop(key, _MISSING)
        if value is _MISSING:
            if default is None:
                raise self.fail(key, f"is missing; it needs {needs}")
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fail(key, f"needs {needs}, not {value!r}")
        return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
