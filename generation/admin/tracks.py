"""Tracks: what was made, to listen to and to delete."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from generation import jobs
from generation.admin.filters import Shared, genres, storages
from generation.admin.inlines import RenditionsOfTrack, ReportsOfTrack
from generation.admin.read_only import (
    ReadOnlyAdmin,
    measured,
    megabytes,
    moment,
    player,
    shared_page,
)
from generation.models import Track
from generation.models.track_search import condition_for
from musicgen.admin_lists import Owner, Typed, When, offered, page_of
from musicgen.admin_log import log_change
from musicgen.durations import clock

SHARING_ENDED = "Ended its sharing for good."


@admin.register(Track)
class TrackAdmin(ReadOnlyAdmin):
    """Every track with its player and its measures. Deleting is for good, as by its owner: the audio follows."""

    list_display = (
        "name",
        "listen",
        "whose",
        "genre",
        "length",
        "file_size",
        "measured",
        "storage_type",
        "made",
    )
    list_filter = (
        Owner,
        When,
        offered("genre", "genre", genres),
        offered("storage_type", "storage", storages),
        Shared,
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("owner", "job")
    owner_path = "owner"
    ids_in = ("job_id",)
    search_help_text = (
        "The id of a track, its job or its owner, an e-mail address, or words as in the library: of the title, the "
        "prompt, tags, genre, key or tempo"
    )
    inlines = (RenditionsOfTrack, ReportsOfTrack)
    actions = ("end_sharing",)
    fieldsets = (
        (None, {"fields": ("name", "listen", "owner", "job", "prompt", "genre", "seed", "tags")}),
        ("Sharing", {"fields": ("visibility", "shared_page", "sharing_barred")}),
        ("Sound", {"fields": ("length", "sample_rate", "channels", "measured", "score_version")}),
        ("File", {"fields": ("audio", "master_format", "storage_type", "file_size", "checksum")}),
        ("Dates", {"fields": ("created_at", "deleted_at", "purged_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        return super().get_queryset(request).defer("peaks", "search_text").prefetch_related("renditions")

    def with_words(self, queryset: QuerySet[Track], typed: Typed) -> Q:
        condition = condition_for(typed.text)
        return Q(pk__in=[]) if condition is None else condition & Q(deleted_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("generation.delete_track")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        """Only the tracks themselves: their rows stay as the ledger, so nothing else is touched."""
        tracks = [str(track) for track in objs]
        return tracks, {Track._meta.verbose_name_plural: len(tracks)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Track) -> None:
        jobs.delete_track(track=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        for track in queryset:
            jobs.delete_track(track=track)

    @admin.action(description="End the sharing of these tracks for good", permissions=["delete"])
    def end_sharing(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        with transaction.atomic():
            ended = jobs.end_sharing(tracks=Track.objects.filter(pk__in=keys))
            log_change(request.user, Track, keys, SHARING_ENDED)
        self.message_user(request, f"{ended} tracks are not shared any more.", messages.SUCCESS)

    @admin.display(description="link")
    def shared_page(self, track: Track) -> SafeString | str:
        return shared_page(track)

    @admin.display(description="title", ordering="title")
    def name(self, track: Track) -> str:
        return track.title or f"Deleted track {str(track.pk)[:8]}"

    @admin.display(description="owner")
    def whose(self, track: Track) -> SafeString:
        return page_of(track.owner)

    @admin.display(ordering="created_at")
    def made(self, track: Track) -> SafeString:
        return moment(track.created_at)

    @admin.display
    def listen(self, track: Track) -> SafeString | str:
        return player(track)

    @admin.display(ordering="duration")
    def length(self, track: Track) -> str:
        return clock(track.duration)

    @admin.display(description="size", ordering="size")
    def file_size(self, track: Track) -> SafeString:
        return megabytes(track.size)

    @admin.display
    def measured(self, track: Track) -> SafeString:
        return measured(track)
