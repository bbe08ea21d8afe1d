"""The track as the API shows it, and what may be changed of it."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from generation.api.addresses import addresses_of
from generation.api.fields import Measure, NullableText, Text, Truth
from generation.api.serializers.output import OutputSerializer
from generation.api.serializers.strict import StrictSerializer
from generation.audio.formats import MASTER_FORMATS, STEMS
from generation.engines.blocklist import refuse_blocked
from generation.engines.request import MAX_TAG, MAX_TAGS, MAX_TITLE
from generation.models import Track
from generation.models.track_sharing import Visibility
from generation.storage import StorageError
from generation.tracks import delivery
from generation.tracks.scores import has_score


class MeasuredSerializer(OutputSerializer[Track]):
    """What was measured of the audio, or is known from its making."""

    bpm = Measure(
        digits=2,
        help_text="Beats per minute: of what the metre counts, which is dotted quarters in 6/8 and 12/8.",
    )
    key = NullableText()
    time_signature = NullableText(help_text="Such as `3/4`. Null: the engine does not know it.")
    lufs = Measure(digits=2, help_text="Integrated loudness, LUFS.")
    true_peak_db = Measure(digits=2, help_text="dBTP.")


class TakeSerializer(serializers.Serializer[Any]):
    """One of the takes of which the track is the best."""

    seed = serializers.IntegerField()
    score = serializers.FloatField(
        help_text="0 to 1, the mean of `scores`. The take with the highest is the track."
    )
    scores = serializers.DictField(
        child=serializers.FloatField(),
        help_text="0 to 1 by what was judged: `sound`, and `tempo`, `key` and `words` where they were asked for.",
    )
    bpm = serializers.FloatField(allow_null=True, help_text="As measured.")
    key = serializers.CharField(allow_null=True, help_text="As measured.")


class TrackUrlsSerializer(serializers.Serializer[Any]):
    """Where the track is heard and seen."""

    audio = serializers.URLField()
    score = serializers.URLField(allow_null=True, help_text="Null: it has none.")
    midi = serializers.URLField(allow_null=True, help_text="Null: it has no score.")
    stems = serializers.URLField(allow_null=True, help_text="Null: it has no score.")
    peaks = serializers.URLField()
    web = serializers.URLField()
    share = serializers.URLField(
        allow_null=True, help_text="The page that whoever has this link may open. Null: the track is private."
    )


class JobTrackSerializer(OutputSerializer[Track]):
    """A track inside its job."""

    # In its context: `request`, and `audio_urls` where the signed addresses are asked for.

    id = serializers.UUIDField()
    title = serializers.CharField()
    duration = serializers.FloatField(help_text="Seconds.")
    sample_rate = serializers.IntegerField(help_text="Hz.")
    channels = serializers.IntegerField()
    master_format = serializers.ChoiceField(
        choices=MASTER_FORMATS,
        help_text="What the master is stored in, which `size`, `storage_key` and `audio_url` are of: WAV unless the "
        "operator has chosen FLAC. Both hold the same samples.",
    )
    size = serializers.IntegerField(help_text="Bytes of the master.")
    storage_key = serializers.CharField(source="audio.name", help_text="Of the master.")
    storage_type = serializers.ChoiceField(choices=["s3", "local"])
    measured = MeasuredSerializer(source="*")
    score_version = serializers.IntegerField(
        allow_null=True, help_text="Of the engine that wrote its score. Null: it has none."
    )
    takes = TakeSerializer(
        many=True, help_text="In the order in which they were made. Empty: it was the only one."
    )
    favorite = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    urls = serializers.SerializerMethodField()
    audio_url = serializers.URLField(
        required=False,
        help_text="Signed: whoever has it may read the master until `expires_at`. Only where `include=audio_url` asks, "
        "and not while its storage cannot be used: `/tracks/{id}/audio-url` says why.",
    )
    expires_at = serializers.DateTimeField(required=False, help_text="When `audio_url` ends at the earliest.")

    def to_representation(self, instance: Track) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | self._signed(instance) if self.context.get("audio_urls") else shown

    def _signed(self, track: Track) -> dict[str, Any]:
        try:
            signed = delivery.deliver(track, track.master_format)
        except StorageError:
            return {}  # the others of a list have theirs
        if signed is None:
            return {}
        url = self.context["request"].build_absolute_uri(signed.url)
        expires_at = self.fields["expires_at"].to_representation(signed.expires_at)
        return {"audio_url": url, "expires_at": expires_at}

    @extend_schema_field(TrackUrlsSerializer)
    def get_urls(self, track: Track) -> dict[str, str | None]:
        addresses = addresses_of(self.context["request"])
        pk = str(track.pk)
        audio = addresses("api:track-audio", pk)
        scored = has_score(track)
        return {
            "audio": audio,
            "score": addresses("api:track-score", pk) if scored else None,
            "midi": addresses("api:track-midi", pk) if scored else None,
            "stems": f"{audio}?format={STEMS.name}" if scored else None,
            "peaks": addresses("api:track-peaks", pk),
            "web": addresses("track", pk),
            "share": addresses.site + reverse("shared", args=[track.share_key]) if track.share_key else None,
        }


@extend_schema_serializer(component_name="Track")
class TrackSerializer(JobTrackSerializer):
    """One finished piece of music, and where it comes from."""

    job = serializers.UUIDField(source="job_id")
    prompt = serializers.CharField()
    genre = NullableText()
    seed = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class TrackChangesSerializer(StrictSerializer):
    """What is to be changed of a track."""

    known_elsewhere = frozenset(TrackSerializer().fields)

    title = Text(required=False, max_length=MAX_TITLE, documented={"minLength": 1, "maxLength": MAX_TITLE})
    tags = serializers.ListField(
        child=Text(max_length=MAX_TAG, documented={"minLength": 1, "maxLength": MAX_TAG}),
        required=False,
        max_length=MAX_TAGS,
    )
    favorite = Truth(required=False)
    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)

    def validate_title(self, title: str) -> str:
        """Raises Blocked and Unchecked."""
        refuse_blocked({"title": title})
        return title


class SignedAudioSerializer(serializers.Serializer[Any]):
    """Where the bytes are, for a while."""

    url = serializers.URLField(help_text="Signed: whoever has it may read the audio until it expires.")
    expires_at = serializers.DateTimeField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")


class PendingAudioSerializer(serializers.Serializer[Any]):
    """Said while a format is being made."""

    detail = serializers.CharField()
    retry_after = serializers.IntegerField(help_text="Seconds after which asking again makes sense.")


class PeaksSerializer(serializers.Serializer[Any]):
    """Peaks in the JSON format of audiowaveform."""

    version = serializers.IntegerField()
    channels = serializers.IntegerField()
    sample_rate = serializers.IntegerField(help_text="Hz.")
    samples_per_pixel = serializers.IntegerField(help_text="Samples that each pair stands for.")
    bits = serializers.IntegerField()
    length = serializers.IntegerField(help_text="How many pairs.")
    data = serializers.ListField(  # type: ignore[assignment]
        child=serializers.IntegerField(min_value=-128, max_value=127), help_text="Lowest, highest, lowest, …"
    )
