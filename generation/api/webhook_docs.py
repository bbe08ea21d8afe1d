"""What the OpenAPI document says of webhooks beyond what the code of their views shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from generation.api import examples
from generation.api.doc_parts import BODY_PROBLEMS, LIST_PROBLEMS, NOT_YOURS, PAGE, header, problem, problems
from generation.api.serializers.webhook import (
    NewWebhookSerializer,
    WebhookChangesSerializer,
    WebhookDeliverySerializer,
    WebhookOrderSerializer,
    WebhookSerializer,
)

_WEBHOOK: dict[str, Any] = {
    "id": "2f5b1c9e-8a57-4a3e-9a0f-6f1d7c1b2e44",
    "url": "https://receiver.example/music",
    "description": "Radio bot",
    "events": ["job.completed", "job.failed"],
    "enabled": True,
    "disabled_at": None,
    "disabled_reason": None,
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-01-31T18:00:00Z",
}
_DELIVERY: dict[str, Any] = {
    "id": "6b0e4f0b-9d39-4c5f-8f3c-5c0d8d526a10",
    "type": "job.completed",
    "status": "pending",
    "body": '{"type": "job.completed", "timestamp": "2026-01-31T18:00:01.350000Z", "data": '
    '{"id": "8d3f2c1e-5b7a-4f0e-9c55-3a1d1c0b9e77", "status": "completed", '
    '"track_ids": ["0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11"], "error": null, '
    '"url": "https://music.example/api/v1/jobs/8d3f2c1e-5b7a-4f0e-9c55-3a1d1c0b9e77"}}',
    "attempts": [
        {
            "at": "2026-01-31T18:00:01.700000Z",
            "status_code": 500,
            "duration": 0.214,
            "error": None,
            "answer": "Internal Server Error",
        }
    ],
    "next_attempt_at": "2026-01-31T18:00:06.900000Z",
    "created_at": "2026-01-31T18:00:01.350000Z",
    "ended_at": None,
}
_SHOWN = OpenApiExample("a webhook", value=_WEBHOOK, response_only=True, status_codes=["200"])
_WITH_SECRET = _WEBHOOK | {"secret": "whsec_bm90IGEgcmVhbCBzZWNyZXQsIGJ1dCBhcyBsb25nISE="}
_MADE = OpenApiExample("a new webhook", value=_WITH_SECRET, response_only=True, status_codes=["201"])
_ROTATED = OpenApiExample(
    "a new secret",
    value=_WITH_SECRET | {"old_secret_until": "2026-02-01T18:00:00Z"},
    response_only=True,
    status_codes=["200"],
)
_SENT_AGAIN = OpenApiExample("a delivery", value=_DELIVERY, response_only=True, status_codes=["202"])
_TEST = OpenApiExample(
    "a test message",
    value=_DELIVERY
    | {
        "type": "webhook.test",
        "body": '{"type": "webhook.test", "timestamp": "2026-01-31T18:00:01.350000Z", "data": '
        '{"webhook_id": "2f5b1c9e-8a57-4a3e-9a0f-6f1d7c1b2e44"}}',
        "attempts": [],
        "next_attempt_at": "2026-01-31T18:00:01.350000Z",
    },
    response_only=True,
    status_codes=["202"],
)
_FOUND = problems(_404=NOT_YOURS)


def _accepted(description: str, shown: OpenApiExample, *refusals: OpenApiExample) -> dict[Any, Any]:
    """What is being sent, or why it is not."""
    sent = OpenApiResponse(WebhookDeliverySerializer, description, examples=[shown])
    why = "It is being sent already, or the webhook is disabled (`webhook_disabled`)."
    return {202: sent, **_FOUND, **problem(409, why, *refusals, examples.WEBHOOK_DISABLED)}


LIST_WEBHOOKS: dict[str, Any] = {
    "operation_id": "list_webhooks",
    "tags": ["webhooks"],
    "responses": {200: OpenApiResponse(WebhookSerializer(many=True), PAGE), **LIST_PROBLEMS},
}
CREATE_WEBHOOK: dict[str, Any] = {
    "operation_id": "create_webhook",
    "tags": ["webhooks"],
    "request": WebhookOrderSerializer,
    "examples": [
        OpenApiExample(
            "of all that ends", value={"url": "https://receiver.example/music"}, request_only=True
        ),
        OpenApiExample(
            "of what went wrong",
            value={"url": "https://receiver.example/alarm", "events": ["job.failed"], "description": "Alarm"},
            request_only=True,
        ),
    ],
    "filters": False,
    "parameters": [header("Location", "Where the webhook is found.", 201)],
    "responses": {
        201: OpenApiResponse(
            NewWebhookSerializer, "The webhook, and its secret this once.", examples=[_MADE]
        ),
        **BODY_PROBLEMS,
        **problem(
            403,
            "The token of this request lacks the scope `write`; or the session is a guest's (`account_required`), "
            "or lacks the CSRF token.",
            examples.GUEST_WITHOUT_WEBHOOKS,
        ),
        **problem(409, "There are 20 webhooks already (`too_many_webhooks`).", examples.WEBHOOK_LIMIT),
    },
}
READ_WEBHOOK: dict[str, Any] = {
    "operation_id": "read_webhook",
    "tags": ["webhooks"],
    "responses": {
        200: OpenApiResponse(WebhookSerializer, "The webhook, without its secret.", examples=[_SHOWN]),
        **_FOUND,
    },
}
CHANGE_WEBHOOK: dict[str, Any] = {
    "operation_id": "change_webhook",
    "tags": ["webhooks"],
    "request": WebhookChangesSerializer,
    "examples": [OpenApiExample("switched on again", value={"enabled": True}, request_only=True)],
    "responses": {
        200: OpenApiResponse(WebhookSerializer, "The webhook as it is now.", examples=[_SHOWN]),
        **BODY_PROBLEMS,
        **_FOUND,
        **problem(
            409,
            "It cannot be enabled before its secret is rotated (`secret_lost`). Nothing is changed.",
            examples.SECRET_LOST,
        ),
    },
}
DELETE_WEBHOOK: dict[str, Any] = {
    "operation_id": "delete_webhook",
    "tags": ["webhooks"],
    "responses": {204: OpenApiResponse(description="Nothing is sent there any more."), **_FOUND},
}
ROTATE_SECRET: dict[str, Any] = {
    "operation_id": "rotate_webhook_secret",
    "tags": ["webhooks"],
    "request": None,
    "responses": {
        200: OpenApiResponse(
            NewWebhookSerializer, "The webhook, and its new secret this once.", examples=[_ROTATED]
        ),
        **_FOUND,
    },
}
SEND_TEST_MESSAGE: dict[str, Any] = {
    "operation_id": "send_test_message",
    "tags": ["webhooks"],
    "request": None,
    "responses": _accepted("The test message, which is being sent.", _TEST, examples.TEST_PENDING),
}
LIST_DELIVERIES: dict[str, Any] = {
    "operation_id": "list_webhook_deliveries",
    "tags": ["webhooks"],
    "responses": {
        200: OpenApiResponse(WebhookDeliverySerializer(many=True), PAGE),
        **LIST_PROBLEMS,
        **_FOUND,
    },
}
REDELIVER: dict[str, Any] = {
    "operation_id": "redeliver_webhook",
    "tags": ["webhooks"],
    "request": None,
    "responses": _accepted("The message, which is being sent again.", _SENT_AGAIN, examples.DELIVERY_PENDING),
}
