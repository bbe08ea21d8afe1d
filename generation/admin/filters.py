"""What jobs, tracks and zips are filtered by: values that the code and the settings know."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from generation.audio.formats import FORMATS
from generation.composer.genre.catalog import GENRES
from generation.models import Job
from generation.models.track_sharing import Visibility
from generation.storage.base import STORAGE_TYPES

SHARED = "shared"


def engines() -> Iterator[tuple[str, str]]:
    """The engines of the settings, and those that have made music here and are gone from them."""
    for name in sorted({*settings.ENGINES, *Job.objects.engines_used()}):
        yield name, name


def genres() -> Iterator[tuple[str, str]]:
    """The genres there are, and none: what an engine drew for each variation."""
    yield from sorted(
        ((name, genre.title) for name, genre in GENRES.items()), key=lambda pair: pair[1].lower()
    )
    yield "", ""


def storages() -> Iterator[tuple[str, str]]:
    return ((name, name) for name in STORAGE_TYPES)


def formats() -> Iterator[tuple[str, str]]:
    return ((name, name) for name in FORMATS)


class Shared(admin.SimpleListFilter):
    """By who may hear a track."""

    title = "sharing"
    parameter_name = "visibility"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(SHARED, "Unlisted or public"), *((value.value, value.label) for value in Visibility)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        wanted = (Visibility.UNLISTED, Visibility.PUBLIC) if value == SHARED else (value,)
        return queryset if value is None else queryset.filter(visibility__in=wanted)
