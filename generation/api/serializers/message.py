"""The messages that webhooks are sent, for the OpenAPI document; `generation.webhooks.events` writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from generation.api.serializers.job import JobErrorSerializer
from generation.models.job_states import Status
from generation.webhooks.events import JobEvent


@extend_schema_serializer(component_name="WebhookMessageData")
class MessageDataSerializer(serializers.Serializer[Any]):
    """The job that has ended. What has the name of a property of `Job` is that property."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    track_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The tracks that are there, as `/tracks/{id}` has them."
    )
    error = JobErrorSerializer(allow_null=True)
    url = serializers.URLField(
        help_text="The job in the API, at the host at which the webhook was added or last changed."
    )


@extend_schema_serializer(component_name="WebhookMessage")
class MessageSerializer(serializers.Serializer[Any]):
    """What is sent to a webhook when a job has ended."""

    type = serializers.ChoiceField(choices=JobEvent.choices)
    timestamp = serializers.DateTimeField(help_text="When the job ended.")
    data = MessageDataSerializer()  # type: ignore[assignment]
