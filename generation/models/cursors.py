"""A place in a list that is ordered by one field and the id: between two rows, wherever they move.

Such a place is found by an index, however many rows have the same value.
"""

import json
import math
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Func, Value

MAX_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place beyond the row that has this value and id, or, backwards, before it.

    `ordering` names the field, with "-" for the largest first; rows of the same value follow by their ids.
    """

    ordering: str
    value: Any
    id: UUID
    backwards: bool = False

    @classmethod
    def at(cls, row: models.Model, ordering: str, *, backwards: bool = False) -> Self:
        return cls(ordering, getattr(row, ordering.removeprefix("-")), row.pk, backwards)

    @classmethod
    def decode(cls, text: str, ordering: str, kind: type) -> Self:
        """The cursor that `encode` wrote for a list in this order, by a field of this kind.

        Raises ValueError for anything else.
        """
        try:
            written, value, row_id, backwards = json.loads(_bytes_of(text))
            if written != ordering or not isinstance(backwards, bool) or not isinstance(row_id, str):
                raise ValueError("It belongs to another list.")
            return cls(ordering, _READERS[kind](value), UUID(row_id), backwards)
        except (TypeError, ArithmeticError, RecursionError) as error:
            raise ValueError("It is none.") from error

    def encode(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        text = json.dumps([self.ordering, value, str(self.id), self.backwards], separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def beyond(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows beyond this place, the nearest first."""
        name = self.ordering.removeprefix("-")
        falling = self.ordering.startswith("-") != self.backwards
        field = queryset.model._meta.get_field(name)
        here = _Row(Value(self.value, field), Value(self.id, queryset.model._meta.pk))
        is_beyond = _Comparison(_Row(F(name), F("id")), here, arg_joiner=" < " if falling else " > ")
        return in_order(queryset.filter(is_beyond), f"-{name}" if falling else name)


def in_order(queryset: models.QuerySet[Any], ordering: str) -> models.QuerySet[Any]:
    """The rows in this order and, where they have the same value, by their ids the same way round."""
    return queryset.order_by(ordering, "-id" if ordering.startswith("-") else "id")


class _Row(Func):
    """`(a, b)`, which is compared by a and then by b."""

    template = "(%(expressions)s)"
    output_field = models.BooleanField()  # it has none, and Django asks for one


class _Comparison(Func):
    template = "%(expressions)s"
    output_field = models.BooleanField()


def _bytes_of(text: str) -> bytes:
    if len(text) > MAX_LENGTH:
        raise ValueError("It is too long.")
    return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("It has no time zone.")
    return moment.astimezone(UTC)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(float(value)):
        raise ValueError("It is no number.")
    return float(value)


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_integer() or abs(number) >= 2**31:
        raise ValueError("It is no whole number.")
    return int(number)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("It is no text.")
    value.encode()  # halves of surrogate pairs cannot be
    return value


_READERS: dict[type, Callable[[Any], Any]] = {
    models.DateTimeField: _moment,
    models.FloatField: _number,
    models.PositiveIntegerField: _whole,
    models.CharField: _text,
}
