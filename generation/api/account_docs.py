"""What the OpenAPI document says of tokens and usage beyond what the code of their views shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from generation.api import examples
from generation.api.doc_parts import BODY_PROBLEMS, LIST_PROBLEMS, NOT_YOURS, PAGE, header, problem, problems
from generation.api.serializers.token import (
    NewTokenSerializer,
    TokenChangesSerializer,
    TokenOrderSerializer,
    TokenSerializer,
)
from generation.api.serializers.usage import UsageSerializer

_TOKEN: dict[str, Any] = {
    "id": "5c0d8d52-6b0e-4f0b-9d39-3c5f5f3c8a10",
    "name": "Radio bot",
    "prefix": "mg_k3Jx9Q",
    "scopes": ["read", "write"],
    "created_at": "2026-01-31T18:00:00Z",
    "expires_at": "2026-05-01T18:00:00Z",
    "last_used_at": "2026-02-03T07:12:00Z",
}
_SHOWN = OpenApiExample("a token", value=_TOKEN, response_only=True, status_codes=["200"])
_MADE = OpenApiExample(
    "a new token",
    value=_TOKEN | {"last_used_at": None, "secret": "mg_k3Jx9QeXampleNotARealSecret0123456789abcdefg"},
    response_only=True,
    status_codes=["201"],
)
_TODAY = {"jobs": 3, "seconds": 90.0, "cost_usd": None}
_MONTH = {"jobs": 40, "seconds": 1830.0, "cost_usd": None}
_SONGS = {"jobs": 2, "seconds": 240.0, "cost_usd": 0.021634}
_USAGE: dict[str, Any] = {
    "today": {**_TODAY, "since": "2026-01-31T00:00:00Z", "engines": [{"engine": "composer", **_TODAY}]},
    "last_30_days": {
        "jobs": 42,
        "seconds": 2070.0,
        "cost_usd": 0.021634,
        "since": "2026-01-02T00:00:00Z",
        "engines": [{"engine": "composer", **_MONTH}, {"engine": "modal", **_SONGS}],
    },
    "queued": 1,
    "running": 2,
    "stored": {"tracks": 38, "bytes": 371200416},
    "limits": {
        "jobs_per_day": {"limit": 100, "used": 3, "left": 97, "renews_at": "2026-02-01T00:00:00Z"},
        "seconds_per_day": {"limit": None, "used": 90.0, "left": None, "renews_at": "2026-02-01T00:00:00Z"},
        "queued": {"limit": 500, "used": 1, "left": 499, "renews_at": None},
        "running": {"limit": None, "used": 2, "left": None, "renews_at": None},
        "stored_minutes": {"limit": 600, "used": 34.5, "left": 565.5, "renews_at": None},
        "usd_per_day": {
            "limit": 2.0,
            "used": 0.021634,
            "left": 1.978366,
            "renews_at": "2026-02-01T00:00:00Z",
        },
    },
}

LIST_TOKENS: dict[str, Any] = {
    "operation_id": "list_tokens",
    "tags": ["account"],
    "responses": {200: OpenApiResponse(TokenSerializer(many=True), PAGE), **LIST_PROBLEMS},
}
CREATE_TOKEN: dict[str, Any] = {
    "operation_id": "create_token",
    "tags": ["account"],
    "request": TokenOrderSerializer,
    "examples": [
        OpenApiExample("without an end", value={"name": "Radio bot"}, request_only=True),
        OpenApiExample(
            "to look, for 90 days",
            value={"name": "Dashboard", "scopes": ["read"], "expires_in_days": 90},
            request_only=True,
        ),
    ],
    "filters": False,
    "parameters": [header("Location", "Where the token is found.", 201)],
    "responses": {
        201: OpenApiResponse(NewTokenSerializer, "The token, and its secret this once.", examples=[_MADE]),
        **BODY_PROBLEMS,
        **problem(
            403,
            "The token of this request lacks the scope `write`, or the new one would exceed it (`exceeds_own_token`); "
            "or the session is a guest's (`account_required`), or lacks the CSRF token.",
            examples.EXCEEDS_OWN_TOKEN,
            examples.GUEST_WITHOUT_TOKENS,
        ),
        **problem(409, "There are 50 tokens already (`too_many_tokens`).", examples.TOKEN_LIMIT),
    },
}
READ_TOKEN: dict[str, Any] = {
    "operation_id": "read_token",
    "tags": ["account"],
    "responses": {
        200: OpenApiResponse(TokenSerializer, "The token, without its secret.", examples=[_SHOWN]),
        **problems(_404=NOT_YOURS),
    },
}
CHANGE_TOKEN: dict[str, Any] = {
    "operation_id": "change_token",
    "tags": ["account"],
    "request": TokenChangesSerializer,
    "examples": [OpenApiExample("another name", value={"name": "Radio bot 2"}, request_only=True)],
    "responses": {
        200: OpenApiResponse(TokenSerializer, "The token as it is now.", examples=[_SHOWN]),
        **BODY_PROBLEMS,
        **problems(_404=NOT_YOURS),
    },
}
REVOKE_TOKEN: dict[str, Any] = {
    "operation_id": "revoke_token",
    "tags": ["account"],
    "responses": {204: OpenApiResponse(description="It opens nothing any more."), **problems(_404=NOT_YOURS)},
}
READ_USAGE: dict[str, Any] = {
    "operation_id": "read_usage",
    "tags": ["account"],
    "responses": {
        200: OpenApiResponse(
            UsageSerializer,
            "What is used, and what may be.",
            examples=[OpenApiExample("usage", value=_USAGE, response_only=True)],
        )
    },
}
