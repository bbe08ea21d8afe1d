"""Filters whose choices are known without reading the table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format

WHEN, UNTIL, OWNER = "when", "until", "owner"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Chip:
    """What a list is narrowed to, and the address of the list without that."""

    text: str
    without: str


class _Filter(admin.ListFilter):
    """A filter by parameters of its own."""

    names: tuple[str, ...]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.model_admin = model_admin
        self.request = request
        self.given: dict[str, str] = {}
        for name in self.names:
            if name in params:
                self.given[name] = str(params.pop(name)[-1])
        self._read()

    def _read(self) -> None:
        """Understand the parameters. Raises IncorrectLookupParameters."""
        raise NotImplementedError

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def has_output(self) -> bool:
        return True

    def chips(self, changelist: Any) -> Iterator[Chip]:
        """What is shown above the list while this narrows it."""
        yield from ()


class When(_Filter):
    """From when rows are: those of a last while, and none later than a day or a moment."""

    title = "time"
    template = "admin/when_filter.html"
    names = (WHEN, UNTIL)
    whiles = {
        "hour": ("Last hour", timedelta(hours=1)),
        "day": ("Last 24 hours", timedelta(days=1)),
        "today": ("Today", None),
        "week": ("Last 7 days", timedelta(days=7)),
        "month": ("Last 30 days", timedelta(days=30)),
    }

    def _read(self) -> None:
        self.chosen = self.given.get(WHEN)
        if self.chosen is not None and self.chosen not in self.whiles:
            raise IncorrectLookupParameters(f"There is no such time as {self.chosen}.")
        self.until = _moment(self.given.get(UNTIL, ""))

    @property
    def until_day(self) -> str:
        """As a field of a date has it."""
        return timezone.localtime(self.until).date().isoformat() if self.until else ""

    @property
    def others(self) -> list[tuple[str, str]]:
        """The parameters that a form keeps, which asks for another day."""
        return [
            (name, value)
            for name, values in self.request.GET.lists()
            for value in values
            if name not in (UNTIL, PAGE_VAR, ERROR_FLAG)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        field = self.model_admin.time_field
        if self.chosen is not None:
            length = self.whiles[self.chosen][1]
            now = timezone.localtime()
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            queryset = queryset.filter(**{f"{field}__gte": midnight if length is None else now - length})
        return queryset.filter(**{f"{field}__lte": self.until}) if self.until else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield self._choice(changelist, None, "Any time")
        for name, (title, _) in self.whiles.items():
            yield self._choice(changelist, name, title)

    def chips(self, changelist: Any) -> Iterator[Chip]:
        if self.until:
            moment = date_format(timezone.localtime(self.until), "j M Y H:i:s")
            yield Chip(f"Not after {moment}", changelist.get_query_string(remove=[UNTIL]))

    def _choice(self, changelist: Any, name: str | None, title: str) -> dict[str, Any]:
        url = changelist.get_query_string({WHEN: name})
        return {"selected": self.chosen == name, "query_string": url, "display": title}


class Owner(_Filter):
    """Whose rows are listed, by an id that a link brings: above the list, and gone when it is taken off there."""

    title = "owner"
    template = "admin/chip_alone.html"
    names = (OWNER,)

    def _read(self) -> None:
        self.owner_id: UUID | None = None
        if OWNER in self.given:
            try:
                self.owner_id = UUID(self.given[OWNER])
            except ValueError as error:
                raise IncorrectLookupParameters(error) from error

    def has_output(self) -> bool:
        return self.owner_id is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.model_admin.owner_path: self.owner_id}) if self.owner_id else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield from ()

    def chips(self, changelist: Any) -> Iterator[Chip]:
        owner = get_user_model()._base_manager.in_bulk([self.owner_id]).get(self.owner_id)
        text = f"Of {owner}" if owner else f"Of nobody: there is no user {self.owner_id}"
        yield Chip(text, changelist.get_query_string(remove=[OWNER]))


def offered(
    field: str, title: str, values: Callable[[], Iterable[tuple[str, str]]]
) -> type[admin.SimpleListFilter]:
    """A filter by the values of a column that the code knows, each with how it is written."""

    class Offered(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, written or NOTHING) for value, written in values()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = self.value()
            return queryset if value is None else queryset.filter(**{field: value})

    Offered.title = title
    return Offered


def _moment(text: str) -> datetime | None:
    """The end of a day, or a moment; None for nothing. Raises IncorrectLookupParameters."""
    if not text:
        return None
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError as error:
        raise IncorrectLookupParameters(error) from error
    if day is not None:
        return _end_of(day)
    if moment is None:
        raise IncorrectLookupParameters(f"{text} is no time.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))
