"""What belongs to a job or a track, as tables on its page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from generation.admin.read_only import measured, megabytes, player
from generation.models import Rendition, Track, TrackReport


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows to look at: none is added, changed or deleted here. Where the table is wider than the page, it scrolls."""

    template = "admin/read_only_rows.html"
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TracksOfJob(ReadOnlyInline):
    """The tracks of a job, to listen to."""

    model = Track
    fk_name = "job"
    fields = readonly_fields = (
        "title",
        "listen",
        "duration",
        "file_size",
        "measured",
        "storage_type",
        "deleted_at",
    )
    ordering = ("index",)
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        return (
            super()
            .get_queryset(request)
            .defer("peaks", "search_text")
            .select_related("job")
            .prefetch_related("renditions")
        )

    @admin.display
    def listen(self, track: Track) -> SafeString | str:
        return player(track)

    @admin.display(description="size")
    def file_size(self, track: Track) -> SafeString:
        return megabytes(track.size)

    @admin.display
    def measured(self, track: Track) -> SafeString:
        return measured(track)


class RenditionsOfTrack(ReadOnlyInline):
    """The other formats of a track that have been made."""

    model = Rendition
    fields = readonly_fields = ("format", "file_size", "storage_type", "audio", "created_at")

    @admin.display(description="size")
    def file_size(self, rendition: Rendition) -> SafeString:
        return megabytes(rendition.size)


class ReportsOfTrack(ReadOnlyInline):
    """What visitors have reported about a track."""

    model = TrackReport
    fields = readonly_fields = ("reason", "words", "created_at", "handled_at")
