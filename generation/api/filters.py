"""What lists can be filtered by. A value that is none, or a filter that does not exist, is a 400 naming it."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import (
    CharFilter,
    ChoiceFilter,
    Filter,
    FilterSet,
    MultipleChoiceFilter,
    TypedChoiceFilter,
    UUIDFilter,
)
from django_filters.fields import IsoDateTimeField
from django_filters.filters import IsoDateTimeFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from generation.api.bounds import MAX_NAME
from generation.api.include import INCLUDE
from generation.api.pagination import CURSOR, PAGE_SIZE
from generation.api.problems import Problem
from generation.engines.request import MAX_TAG, FieldError
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.models.track_queries import TrackQuerySet
from generation.models.track_sharing import Visibility

_PAGING = (CURSOR, PAGE_SIZE)
_TRUTH = (("true", "true"), ("false", "false"))
_ORDERINGS = tuple((f"{way}{name}",) * 2 for name in ("created_at", "title", "duration") for way in ("", "-"))
_SEVERAL = "Several are given one after another or with commas between them."
_WORDS = (
    "Words that a track must all have, in title, prompt, tags, genre, key or tempo (“82 bpm”), in any script. Case, "
    "accents and punctuation make no difference, and a part of a word is enough."
)
_NO_TIME = "Give a time in ISO 8601, such as 2026-01-31T18:00:00Z."


class StrictFilterBackend(DjangoFilterBackend):
    """Filters by the view's `filterset_class`, and refuses what it would otherwise pass over.

    That is parameters that it does not know, that are given more often than they have meanings, or are empty.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """The queryset, filtered. Raises Problem or ValidationError (400)."""
        filters = self.get_filterset_class(view, queryset).base_filters
        known = [*filters, *_PAGING, *([INCLUDE] if queryset.model in (Job, Track) else [])]
        wrong = [
            error
            for name, values in request.query_params.lists()
            if (error := _refusal(name, values, filters.get(name), known))
        ]
        if wrong:
            raise Problem.in_fields(wrong)
        if not filters.keys() & request.query_params.keys():
            return queryset  # to make the form takes as long as to make twenty rows
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered


def _refusal(name: str, values: list[str], named: Filter | None, known: list[str]) -> FieldError | None:
    """What is wrong with a parameter before its values are read."""
    if name not in known:
        shown = name[:60]
        return FieldError(shown, "unknown_filter", f"There is no filter “{shown}”. Use: {', '.join(known)}.")
    most = len(named.extra["choices"]) if isinstance(named, _ChoicesFilter) else 1
    if name != INCLUDE and len(",".join(values).split(",") if most > 1 else values) > most:
        return FieldError(
            name, "repeated", f"“{name}” may be given {'once' if most == 1 else f'{most} times'}."
        )
    if named is not None and "" in values and type(named) is not CharFilter:
        return FieldError(name, "empty", f"“{name}” is empty. Give a value, or leave it out.")
    return None


class _TimeField(IsoDateTimeField):
    """A time that also exists in UTC: the first and last hours of the calendar do not everywhere."""

    default_error_messages = {"invalid": _NO_TIME}

    def clean(self, value: Any) -> datetime | None:
        time: datetime | None = super().clean(value)
        try:
            return time and time.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(_NO_TIME, code="invalid") from None


class _TimeFilter(IsoDateTimeFilter):
    field_class = _TimeField


class _Several(forms.SelectMultiple):
    """What is given as `name=a,b` or as `name=a&name=b`."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [part for value in data.getlist(name) for part in value.split(",") if part]


class _ChoicesFilter(MultipleChoiceFilter):
    """One of several values, asked of the database as one `IN`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=_Several, **options)

    def filter(self, queryset: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.field_name}__in": value}) if value else queryset


class JobFilters(FilterSet):
    """`GET /jobs`."""

    status = _ChoicesFilter(choices=Status.choices, help_text=f"How the job stands. {_SEVERAL}")
    genre = CharFilter(max_length=MAX_NAME, help_text="A name of `/genres`.")
    engine = CharFilter(max_length=MAX_NAME, help_text="A name of `/engines`.")
    retry_of = UUIDFilter(field_name="retry_of_id", help_text="The id of the job that was tried again.")
    created_after = _TimeFilter(field_name="created_at", lookup_expr="gt", help_text="ISO 8601.")
    created_before = _TimeFilter(field_name="created_at", lookup_expr="lt", help_text="ISO 8601.")

    class Meta:
        model = Job
        fields = ()


class TrackFilters(FilterSet):
    """`GET /tracks`."""

    q = CharFilter(method="matching", max_length=200, help_text=_WORDS)
    genre = CharFilter(max_length=MAX_NAME, help_text="A name of `/genres`.")
    tag = CharFilter(method="tagged", max_length=MAX_TAG, help_text="One tag, exactly.")
    job = UUIDFilter(field_name="job_id", help_text="The id of the job that it belongs to.")
    visibility = _ChoicesFilter(choices=Visibility.choices, help_text=f"Who may hear it. {_SEVERAL}")
    favorite = TypedChoiceFilter(
        choices=_TRUTH, coerce=lambda value: value == "true", help_text="Those marked, or the others."
    )
    created_after = _TimeFilter(field_name="created_at", lookup_expr="gt", help_text="ISO 8601.")
    created_before = _TimeFilter(field_name="created_at", lookup_expr="lt", help_text="ISO 8601.")
    ordering = ChoiceFilter(choices=_ORDERINGS, method="ordered", help_text="“-” turns it round.")

    class Meta:
        model = Track
        fields = ()

    def matching(self, queryset: TrackQuerySet, name: str, value: str) -> TrackQuerySet:
        return queryset.matching(value)

    def tagged(self, queryset: TrackQuerySet, name: str, value: str) -> TrackQuerySet:
        return queryset.tagged(value)

    def ordered(self, queryset: TrackQuerySet, name: str, value: str) -> TrackQuerySet:
        return queryset.order_by(value)
