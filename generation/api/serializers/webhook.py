"""Webhooks and their deliveries: how they are shown, and what is asked of a new one."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from generation.api.fields import Measure, NullableText, Text, Truth
from generation.api.serializers.strict import StrictSerializer
from generation.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from generation.webhooks import rules
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.events import JobEvent, MessageType

_NO_URL = "Give the https address to which messages are to be sent."


def _events(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=JobEvent.choices), max_length=len(JobEvent), **options
    )


@extend_schema_serializer(component_name="Webhook")
class WebhookSerializer(serializers.Serializer[WebhookEndpoint]):
    """A webhook without its secret, which is shown once, when it is made or rotated."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    description = serializers.CharField()
    events = _events()
    enabled = serializers.BooleanField(source="is_enabled")
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_reason = NullableText()
    failing_since = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when no message has arrived. Null: the last one has, or none was sent.",
    )
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before the last rotation signs, too."
    )
    created_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="NewWebhook")
class NewWebhookSerializer(WebhookSerializer):
    """A webhook whose secret was just made."""

    secret = serializers.CharField(
        help_text="By which you verify what is sent, as Standard Webhooks says. It is shown now and never again."
    )


class _Url(Text):
    """An address to which messages may be sent."""

    def __init__(self, **options: Any) -> None:
        documented = {"format": "uri", "minLength": 1, "maxLength": rules.MAX_URL}
        super().__init__(documented=documented, **options)

    def to_internal_value(self, data: Any) -> str:
        return _or_invalid(rules.clean_url, super().to_internal_value(data))


class _Description(Text):
    def __init__(self) -> None:
        super().__init__(
            required=False,
            allow_blank=True,
            max_length=rules.MAX_DESCRIPTION,
            help_text="What it is for, for you to recognise.",
        )


class WebhookOrderSerializer(StrictSerializer):
    """The body of `POST /webhooks`."""

    url = _Url(
        error_messages={"required": _NO_URL, "null": _NO_URL, "blank": _NO_URL},
        help_text="An https address of the public internet.",
    )
    events = _events(required=False, min_length=1, help_text="Left out, all.")
    description = _Description()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"events": JobEvent.values, "description": "", **attrs}


class WebhookChangesSerializer(StrictSerializer):
    """The body of `PATCH /webhooks/{id}`."""

    known_elsewhere = frozenset(NewWebhookSerializer().fields) - {"url", "events", "description", "enabled"}

    url = _Url(required=False)
    events = _events(required=False, min_length=1)
    description = _Description()
    enabled = Truth(
        required=False,
        help_text="`false`: nothing is sent any more, and what was to be delivered has failed. `true`: from now on.",
    )


@extend_schema_serializer(component_name="WebhookAttempt")
class WebhookAttemptSerializer(serializers.Serializer[WebhookAttempt]):
    """One request to the receiver."""

    at = serializers.DateTimeField()
    status_code = serializers.IntegerField(allow_null=True, help_text="Null: there was no answer.")
    duration = Measure(digits=3, help_text="Seconds.")
    error = NullableText()
    answer = serializers.CharField(help_text="The first kilobyte of what the receiver answered.")


@extend_schema_serializer(component_name="WebhookDelivery")
class WebhookDeliverySerializer(serializers.Serializer[WebhookDelivery]):
    """A message, and how the attempts to deliver it went."""

    id = serializers.UUIDField(help_text="The header `webhook-id`, the same however often it is sent.")
    type = serializers.ChoiceField(choices=MessageType.choices)
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    body = serializers.CharField(help_text="What is sent and signed, byte for byte.")
    attempts = WebhookAttemptSerializer(many=True, help_text="The last ones, the oldest first.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


def _or_invalid(rule: Callable[[str], str], value: str) -> str:
    try:
        return rule(value)
    except ValueError as error:
        raise serializers.ValidationError(str(error), "invalid") from None
