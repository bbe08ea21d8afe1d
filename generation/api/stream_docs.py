"""What the OpenAPI document says of event streams beyond what the code of their views shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from generation.api import examples
from generation.api.doc_parts import NOT_YOURS, header, problem, problems
from generation.api.serializers.job_event import JobEventSerializer
from generation.api.streams.opening import CONTENT_TYPE

_LAST_EVENT_ID = header(
    "Last-Event-ID",
    "The `id` of the last event that you have heard: you hear what has changed since, and nothing again. Browsers "
    "send it by themselves when they connect anew.",
)
_HOW = (
    "Server-sent events, with an `id` each. `status`: it was queued, taken, tried again, asked to cancel, or has one "
    "more track. `progress`: another `stage`, `progress` or `queue_position`. At last `completed`, `failed` or "
    "`canceled`. The `data` of each is a `JobEvent`, the whole of it, so that none is needed to understand the next. "
    "Lines that begin with a colon keep the connection open."
)
_TOO_MANY = {
    **problem(
        429,
        "You, or the guests of your address, have too many streams open (`concurrency_limited`), or you have made too "
        "many requests (`rate_limited`): wait for `Retry-After` seconds.",
        examples.TOO_MANY_STREAMS,
        examples.RATE_LIMITED,
    ),
    **problem(
        503,
        "All streams are taken (`no_stream_free`), or the database cannot be reached (`database_unavailable`): try "
        "again after `Retry-After` seconds.",
        examples.NO_STREAM_FREE,
    ),
}
_EXAMPLE = OpenApiExample(
    "the data of a progress event",
    value={
        "id": "8d3f2c1e-5b7a-4f0e-9c55-3a1d1c0b9e77",
        "status": "processing",
        "stage": "generating",
        "progress": 0.42,
        "queue_position": None,
        "attempt": 1,
        "track_ids": [],
        "error": None,
        "cancel_requested_at": None,
        "finished_at": None,
    },
    response_only=True,
    status_codes=["200"],
)
_STREAM = {(200, CONTENT_TYPE): OpenApiResponse(JobEventSerializer, _HOW, examples=[_EXAMPLE])}
_RETRY_AFTER = header("Retry-After", "Seconds after which asking again makes sense.", 429, 503)

READ_JOB_EVENTS: dict[str, Any] = {
    "operation_id": "read_job_events",
    "tags": ["jobs"],
    "parameters": [_LAST_EVENT_ID, _RETRY_AFTER],
    "responses": {
        **_STREAM,
        204: OpenApiResponse(
            description="You have heard how it ended (`Last-Event-ID`): do not connect again."
        ),
        **problems(_404=NOT_YOURS),
        **_TOO_MANY,
    },
}
READ_EVENTS: dict[str, Any] = {
    "operation_id": "read_events",
    "tags": ["jobs"],
    "parameters": [_LAST_EVENT_ID, _RETRY_AFTER],
    "responses": {**_STREAM, **_TOO_MANY},
}
