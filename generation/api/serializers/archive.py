"""Archives: how they are shown, and what is asked of a new one."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from generation.api.fields import Measure, NullableText
from generation.api.serializers.strict import StrictSerializer
from generation.audio.formats import FORMATS, SMALL_FORMAT
from generation.models import Archive
from generation.models.archive import MAX_TRACKS, ArchiveState


class ArchiveOrderSerializer(StrictSerializer):
    """The body of `POST /archives`."""

    track_ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MAX_TRACKS,
        help_text="Your tracks, in the order in which they are to lie in the zip.",
    )
    format = serializers.ChoiceField(choices=list(FORMATS), default=SMALL_FORMAT)


class LeftOutSerializer(serializers.Serializer[Any]):
    """A track that could not be put in."""

    track_id = serializers.UUIDField()
    reason = serializers.CharField()


class ArchiveUrlsSerializer(serializers.Serializer[Any]):
    """Where more of it is found."""

    self = serializers.URLField(help_text="This archive.")
    file = serializers.URLField(help_text="Leads to the zip, once that is ready.")


@extend_schema_serializer(component_name="Archive")
class ArchiveSerializer(serializers.Serializer[Archive]):
    """Many tracks as one zip."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ArchiveState.choices, source="state")
    progress = Measure(digits=3, help_text="From 0 to 1, as it was measured.")
    format = serializers.ChoiceField(choices=list(FORMATS))
    track_ids = serializers.ListField(child=serializers.UUIDField())
    left_out = serializers.SerializerMethodField(
        help_text="Tracks that could not be put in, such as those deleted meanwhile. `tracks.json` names them too."
    )
    error = NullableText()
    size = serializers.IntegerField(allow_null=True, min_value=0, help_text="Bytes. Null until it is ready.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is deleted. Null until it is ready or has failed."
    )
    urls = serializers.SerializerMethodField()

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_left_out(self, archive: Archive) -> list[dict[str, str]]:
        return [{"track_id": track_id, "reason": reason} for track_id, reason in archive.left_out]

    @extend_schema_field(ArchiveUrlsSerializer)
    def get_urls(self, archive: Archive) -> dict[str, str]:
        request = self.context["request"]
        return {
            name: request.build_absolute_uri(reverse(route, args=[archive.pk]))
            for name, route in (("self", "api:archive"), ("file", "api:archive-file"))
        }
