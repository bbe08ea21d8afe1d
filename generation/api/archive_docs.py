"""What the OpenAPI document says of archives beyond what the code of their views shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from generation.api import examples
from generation.api.doc_parts import NOT_YOURS, body_problems, header, problem, problems
from generation.api.serializers.archive import ArchiveOrderSerializer, ArchiveSerializer

_ID = "5d0f8a3e-2c41-4b57-9d15-0c8f7e6a4b21"
_TRACKS = ["0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11", "7c9a1f04-6d2b-5e8a-9b3c-4d5e6f708192"]
_ARCHIVE: dict[str, Any] = {
    "id": _ID,
    "status": "ready",
    "progress": 1.0,
    "format": "mp3",
    "track_ids": _TRACKS,
    "left_out": [{"track_id": _TRACKS[1], "reason": "It was deleted before it could be put in."}],
    "error": None,
    "size": 4812345,
    "created_at": "2026-01-31T18:00:00Z",
    "expires_at": "2026-02-01T18:00:04Z",
    "urls": {
        "self": f"https://music.example/api/v1/archives/{_ID}",
        "file": f"https://music.example/api/v1/archives/{_ID}/file",
    },
}
_READY = OpenApiExample("a zip that is ready", value=_ARCHIVE, response_only=True, status_codes=["200"])
_BEING_MADE = OpenApiExample(
    "a zip that is being made",
    value=_ARCHIVE | {"status": "queued", "progress": 0.0, "left_out": [], "size": None, "expires_at": None},
    response_only=True,
    status_codes=["202"],
)
_NOT_READY = OpenApiExample(
    "not ready",
    value={
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "The zip is still being made. Ask for it again in a few seconds.",
        "code": "archive_not_ready",
        "errors": [],
        "retryable": True,
        "request_id": "1f9d0c7be2a34a6f",
    },
    response_only=True,
)

CREATE_ARCHIVE: dict[str, Any] = {
    "operation_id": "create_archive",
    "tags": ["archives"],
    "request": ArchiveOrderSerializer,
    "examples": [
        OpenApiExample("two tracks", value={"track_ids": _TRACKS, "format": "mp3"}, request_only=True)
    ],
    "parameters": [
        header("Location", "Where the archive is found.", 202),
        header("Retry-After", "Seconds after which asking for it makes sense.", 202),
    ],
    "responses": {
        202: OpenApiResponse(
            ArchiveSerializer,
            "It is being made: this one, or one of the same that was.",
            examples=[_BEING_MADE],
        ),
        **body_problems(examples.MISSING_TRACK),
    },
}
READ_ARCHIVE: dict[str, Any] = {
    "operation_id": "read_archive",
    "tags": ["archives"],
    "parameters": [
        header("Retry-After", "Seconds after which asking again makes sense; absent once it is made.", 200)
    ],
    "responses": {
        200: OpenApiResponse(ArchiveSerializer, "The archive as it stands now.", examples=[_READY]),
        **problems(_404=NOT_YOURS),
    },
}
READ_ARCHIVE_FILE: dict[str, Any] = {
    "operation_id": "read_archive_file",
    "tags": ["archives"],
    "parameters": [
        header("Location", "The signed URL.", 302),
        header("Retry-After", "Seconds after which asking again makes sense.", 409),
    ],
    "responses": {
        302: OpenApiResponse(description="To the zip."),
        **problems(_404=NOT_YOURS),
        **problem(
            409,
            "It is still being made (`archive_not_ready`), or could not be made (`archive_failed`).",
            _NOT_READY,
        ),
    },
}
