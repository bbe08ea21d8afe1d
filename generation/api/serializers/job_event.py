"""What an event of a stream says of a job."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from generation.api.serializers.job import JobErrorSerializer
from generation.models.job_states import Stage, Status


@extend_schema_serializer(component_name="JobEvent")
class JobEventSerializer(serializers.Serializer[Any]):
    """The `data` of an event: how a job stands. What has the name of a property of `Job` is that property."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    stage = serializers.ChoiceField(choices=Stage.choices, allow_null=True)
    progress = serializers.FloatField(
        allow_null=True, min_value=0, max_value=1, help_text="The measured part done, or null."
    )
    queue_position = serializers.IntegerField(
        allow_null=True, help_text="1 for the job that starts next; null unless queued."
    )
    attempt = serializers.IntegerField()
    track_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The tracks that are there, as `/tracks/{id}` has them."
    )
    error = JobErrorSerializer(allow_null=True)
    cancel_requested_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
