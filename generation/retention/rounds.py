"""Going through many rows some at a time: where nothing is to be done about most, each pass looks at a part."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet


class Rounds:
    """Goes through rows by a time and their id, `at_once` at a time, and begins anew at the end.

    Where it is, a process knows for itself: one that starts begins at the oldest, of which most is to be expected.
    """

    def __init__(self, field: str, at_once: int) -> None:
        self._field = field
        self._at_once = at_once
        self._after: tuple[datetime, UUID] | None = None
        self._next: tuple[datetime, UUID] | None = None

    @property
    def is_midway(self) -> bool:
        """Whether some rows of this round are still to be looked at."""
        return self._after is not None

    def part(self, rows: "QuerySet[Any]") -> list[UUID]:
        """The ids of the next rows among these. Asked again before `go_on`, the same."""
        if self._after is not None:
            moment, pk = self._after
            beyond = Q(**{f"{self._field}__gt": moment}) | Q(pk__gt=pk)
            rows = rows.filter(beyond, **{f"{self._field}__gte": moment})
        found = list(rows.order_by(self._field, "pk").values_list(self._field, "pk")[: self._at_once])
        self._next = found[-1] if len(found) == self._at_once else None
        return [pk for _, pk in found]

    def go_on(self) -> None:
        """Let the next part be the one behind the last."""
        self._after = self._next
