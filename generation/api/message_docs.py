"""What the OpenAPI document says of the messages that webhooks are sent: its section `webhooks`."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, OpenApiWebhook, extend_schema

from generation.api.serializers.message import MessageSerializer
from generation.webhooks.events import JobEvent

_JOB_ID = "8d3f2c1e-5b7a-4f0e-9c55-3a1d1c0b9e77"
_DATA: dict[str, Any] = {
    "id": _JOB_ID,
    "status": "completed",
    "track_ids": ["0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11"],
    "error": None,
    "url": f"https://music.example/api/v1/jobs/{_JOB_ID}",
}
_ERROR = {"code": "engine_unavailable", "message": "The engine cannot be reached.", "retryable": True}
_RECEIVED = (
    "Any answer from 200 to 299 within 15 seconds says that the message has arrived. 410 disables the webhook; "
    "whatever else is answered, it is sent again later."
)


def _message(event: JobEvent, summary: str, description: str, **data: Any) -> OpenApiWebhook:
    body = {"type": event.value, "timestamp": "2026-01-31T18:00:01.350000Z", "data": _DATA | data}
    return OpenApiWebhook(
        name=event.value,
        decorator=extend_schema(
            summary=summary,
            description=description,
            tags=["webhooks"],
            request=MessageSerializer,
            examples=[OpenApiExample(event.value, value=body)],
            responses={204: OpenApiResponse(description=_RECEIVED)},
        ),
    )


JOB_COMPLETED = _message(
    JobEvent.COMPLETED, "A job has completed", "All its tracks are stored; `track_ids` names them."
)
JOB_FAILED = _message(
    JobEvent.FAILED,
    "A job has failed",
    "`error` says why. It may have some tracks all the same.",
    status="failed",
    track_ids=[],
    error=_ERROR,
)
JOB_CANCELED = _message(
    JobEvent.CANCELED,
    "A job was canceled",
    "Its owner has canceled it. It may have some tracks all the same.",
    status="canceled",
    track_ids=[],
)
# Of Standard Webhooks 1.0.0. drf-spectacular has no parameters at webhooks.
MESSAGE_HEADERS: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": "webhook-id",
        "required": True,
        "description": "The `id` of the delivery, the same however often it is sent.",
        "schema": {"type": "string", "format": "uuid"},
    },
    {
        "in": "header",
        "name": "webhook-timestamp",
        "required": True,
        "description": "When it was sent, in seconds since 1970. Refuse what is more than five minutes away.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
    },
    {
        "in": "header",
        "name": "webhook-signature",
        "required": True,
        "description": "`v1,` and the HMAC-SHA256, in base64, of `{webhook-id}.{webhook-timestamp}.{body}` by the "
        "secret; two of them, with a space between, for 24 hours after the secret was rotated.",
        "schema": {"type": "string", "maxLength": 200},
    },
]
