"""Playlists as the API shows them, and what may be done to one."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from generation.api.addresses import addresses_of
from generation.api.fields import Text
from generation.api.serializers.strict import StrictSerializer
from generation.models import Playlist
from generation.models.playlist import MAX_PLAYLIST_TITLE

MAX_ADDED = 100


class PlaylistUrlsSerializer(serializers.Serializer[Any]):
    """Where the playlist is read and seen."""

    self = serializers.URLField()
    tracks = serializers.URLField()
    web = serializers.URLField()


@extend_schema_serializer(component_name="Playlist")
class PlaylistSerializer(serializers.Serializer[Playlist]):
    """Tracks in an order of their owner's."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    tracks = serializers.IntegerField(source="track_count", help_text="How many.")
    duration = serializers.SerializerMethodField(help_text="Seconds, all its tracks together.")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    urls = serializers.SerializerMethodField()

    def get_duration(self, playlist: Any) -> float:
        return float(playlist.seconds or 0)

    @extend_schema_field(PlaylistUrlsSerializer)
    def get_urls(self, playlist: Playlist) -> dict[str, str]:
        addresses = addresses_of(self.context["request"])
        return {
            "self": addresses("api:playlist", playlist.pk),
            "tracks": addresses("api:playlist-tracks", playlist.pk),
            "web": addresses("playlist", playlist.pk),
        }


def _title(**options: Any) -> Text:
    return Text(
        max_length=MAX_PLAYLIST_TITLE,
        documented={"minLength": 1, "maxLength": MAX_PLAYLIST_TITLE},
        **options,
    )


class PlaylistOrderSerializer(StrictSerializer):
    """The body of `POST /playlists`."""

    title = _title()


class PlaylistChangesSerializer(StrictSerializer):
    """The body of `PATCH /playlists/{id}`."""

    known_elsewhere = frozenset(PlaylistSerializer().fields) - {"title"}

    title = _title(required=False)


class PlaylistAdditionSerializer(StrictSerializer):
    """The body of `POST /playlists/{id}/tracks`."""

    track_ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MAX_ADDED,
        help_text="In the order in which they are to stand at its end. Those that are in it stay where they are.",
    )


class PlaylistMoveSerializer(StrictSerializer):
    """The body of `POST /playlists/{id}/tracks/{track_id}/move`."""

    before = serializers.UUIDField(
        allow_null=True, help_text="The id of the track that it is to stand in front of. Null: at the end."
    )
