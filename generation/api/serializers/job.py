"""The job as the API shows it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from generation.api.addresses import addresses_of
from generation.api.fields import Measure
from generation.api.serializers.output import OutputSerializer
from generation.api.serializers.track import JobTrackSerializer
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.models.job_states import ErrorCode, Stage, Status

_FINISH = serializers.DateTimeField(
    allow_null=True,
    help_text="When it will be done, by what the engine's last jobs took. Null where nobody knows.",
)


class QueuePositionField(serializers.IntegerField):
    """The place of a job in the queue, from the `positions` of the context."""

    def get_attribute(self, instance: Job) -> int | None:
        positions: dict[UUID, int] = self.context["positions"]
        return positions.get(instance.pk)


class JobInputSerializer(serializers.Serializer[Any]):
    """What was really used: ordering the same gives the same music."""

    prompt = serializers.CharField()
    genre = serializers.CharField(
        allow_null=True,
        help_text="Null, as `bpm`, `key` and `time_signature`: left to the engine, which draws it for each "
        "variation by its own seed.",
    )
    duration = serializers.FloatField(help_text="Seconds.")
    engine = serializers.CharField()
    seed = serializers.IntegerField()
    variations = serializers.IntegerField()
    takes = serializers.IntegerField()
    bpm = serializers.FloatField(allow_null=True)
    key = serializers.CharField(allow_null=True)
    time_signature = serializers.CharField(allow_null=True)
    instrumental = serializers.BooleanField(allow_null=True)
    lyrics = serializers.CharField(allow_null=True)
    negative_prompt = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    ignored_words = serializers.ListField(child=serializers.CharField())


class ReadingSerializer(serializers.Serializer[Any]):
    """Words of the prompt, and what they were taken to mean."""

    words = serializers.CharField(help_text="As they stand in the prompt.")
    meaning = serializers.CharField(
        help_text="In plain words. Was it not meant so, order again with them in `ignored_words`."
    )


class JobErrorSerializer(serializers.Serializer[Any]):
    """Why a job failed."""

    code = serializers.ChoiceField(choices=ErrorCode.choices)
    message = serializers.CharField()
    retryable = serializers.BooleanField(help_text="Whether ordering the same again may help.")


class JobMetricsSerializer(OutputSerializer[Job]):
    """What the job took."""

    queue_seconds = Measure(digits=3)
    generate_seconds = Measure(digits=3)
    store_seconds = Measure(digits=3)
    cost_usd = serializers.FloatField(allow_null=True)


class JobUrlsSerializer(serializers.Serializer[Any]):
    """Where to go on from here."""

    self = serializers.URLField()
    cancel = serializers.URLField()
    retry = serializers.URLField()
    events = serializers.URLField(help_text="Server-sent events about the job.")
    audio = serializers.URLField(allow_null=True, help_text="Null until there is a track.")
    web = serializers.URLField()


@extend_schema_serializer(component_name="Job")
class JobSerializer(OutputSerializer[Job]):
    """One order for music, and its whole life."""

    # In its context: `request`, and the `positions` and `estimates` of the jobs by id.
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    stage = serializers.ChoiceField(choices=Stage.choices, allow_null=True)
    progress = serializers.FloatField(
        allow_null=True, min_value=0, max_value=1, help_text="The measured part done, or null."
    )
    queue_position = QueuePositionField(
        allow_null=True, help_text="1 for the job that starts next; null unless queued."
    )
    engine = serializers.CharField()
    attempt = serializers.IntegerField()
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True)
    input = serializers.SerializerMethodField()
    readings = serializers.SerializerMethodField()
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="How the prompt was read, a sentence each."
    )
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="What was asked for and cannot be done, a sentence each."
    )
    tracks = JobTrackSerializer(source="kept_tracks", many=True)
    error = serializers.SerializerMethodField()
    metrics = JobMetricsSerializer(source="*")
    cancel_requested_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    estimated_finish_at = serializers.SerializerMethodField()
    finished_at = serializers.DateTimeField(allow_null=True)
    urls = serializers.SerializerMethodField()

    def to_representation(self, instance: Job) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        shown["stage"] = shown["stage"] or None
        if not shown["tracks"]:
            shown["urls"]["audio"] = None
        return shown

    @extend_schema_field(JobInputSerializer)
    def get_input(self, job: Job) -> dict[str, Any]:
        return {**MusicRequest.present_json(job.input), "engine": job.engine}

    @extend_schema_field(ReadingSerializer(many=True, help_text="What of the prompt was read."))
    def get_readings(self, job: Job) -> list[dict[str, str]]:
        readings: list[dict[str, str]] = job.readings
        return readings

    @extend_schema_field(_FINISH)
    def get_estimated_finish_at(self, job: Job) -> str | None:
        finish: str | None = _FINISH.to_representation(self.context["estimates"][job.pk].finish_at)
        return finish

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "message": job.error_message, "retryable": job.error_retryable}

    @extend_schema_field(JobUrlsSerializer)
    def get_urls(self, job: Job) -> dict[str, str | None]:
        addresses = addresses_of(self.context["request"])
        pk = str(job.pk)
        return {
            "self": addresses("api:job", pk),
            "cancel": addresses("api:job-cancel", pk),
            "retry": addresses("api:job-retry", pk),
            "events": addresses("api:job-events", pk),
            "audio": addresses("api:job-audio", pk),
            "web": addresses("job", pk),
        }
