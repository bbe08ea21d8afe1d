"""What the OpenAPI document says of each call beyond what the code of its view shows."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from generation.api import examples
from generation.api.doc_parts import BODY_PROBLEMS as _BODY_PROBLEMS
from generation.api.doc_parts import CHANGED as _CHANGED
from generation.api.doc_parts import LIST_PROBLEMS as _LIST_PROBLEMS
from generation.api.doc_parts import NO_AUDIO as _NO_AUDIO
from generation.api.doc_parts import NO_SCORE as _NO_SCORE
from generation.api.doc_parts import NOT_YOURS as _NOT_YOURS
from generation.api.doc_parts import PAGE as _PAGE
from generation.api.doc_parts import WRONG as _WRONG
from generation.api.doc_parts import header as _header
from generation.api.doc_parts import problem as _problem
from generation.api.doc_parts import problems as _problems
from generation.api.include import INCLUDE_PARAMETER
from generation.api.serializers.catalog import EnginesSerializer, GenresSerializer
from generation.api.serializers.job import JobSerializer
from generation.api.serializers.order import OrderSerializer
from generation.api.serializers.track import (
    PeaksSerializer,
    PendingAudioSerializer,
    SignedAudioSerializer,
    TrackChangesSerializer,
    TrackSerializer,
)
from generation.audio.formats import DEFAULT_FORMAT, DELIVERED
from generation.models.idempotency_key import MAX_KEY
from generation.tracks.scores import MIDI_TYPE

_LOCATION = "Where the job is found."
_PREFER = _header(
    "Prefer",
    "`wait=N`: answer once the job has ended, after N seconds at most, or as many as the site grants.",
)
_GRANTED = (
    "`wait=N`, the seconds that were granted: at most those asked for. `wait=0`: it was answered at once, because as "
    "many requests wait as may; ask again after `Retry-After`, or listen to `urls.events`."
)
_RETRY_AFTER = "Seconds after which asking again makes sense; absent once the job has ended."
_ONCE = [
    OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
        OpenApiParameter.HEADER,
        description="Your name for this order, such as a new UUID. Whoever sends the same request with the same key "
        "again within 24 hours gets the job that the first one made, and no second one.",
        examples=[OpenApiExample("a UUID", value="8e03978e-40d5-43dd-bc93-6894a57f9324")],
    ),
    _header("Idempotent-Replayed", "`true`: an earlier request has made this job.", 201, 202),
]
_KEY_PROBLEMS = {
    **_problem(
        409,
        "The first request with this key is still being stored: send it again after `Retry-After`. Or the guest of "
        "this session was deleted in this moment, for not being here for long (`guest_deleted`).",
        examples.KEY_IN_USE,
    ),
    **_problem(422, "The key stands for another request.", examples.KEY_REUSED),
}
_IF_MATCH = _header("If-Match", "The `ETag` of the track as you have read it: 412 if it has changed since.")
_JOB = OpenApiResponse(JobSerializer, "The job as it stands now.", examples=[examples.JOB])

LIST_JOBS: dict[str, Any] = {
    "operation_id": "list_jobs",
    "tags": ["jobs"],
    "parameters": [INCLUDE_PARAMETER],
    "responses": {200: OpenApiResponse(JobSerializer(many=True), _PAGE), **_LIST_PROBLEMS},
}
CREATE_JOB: dict[str, Any] = {
    "operation_id": "create_job",
    "tags": ["jobs"],
    "request": OrderSerializer,
    "examples": examples.ORDERS,
    "filters": False,
    "parameters": [
        *_ONCE,
        _PREFER,
        _header("Preference-Applied", _GRANTED, 201, 202),
        _header("Location", _LOCATION, 201, 202),
        _header("Retry-After", _RETRY_AFTER, 202, 409),
    ],
    "responses": {
        201: OpenApiResponse(JobSerializer, "It ended while you waited.", examples=[examples.JOB]),
        202: OpenApiResponse(JobSerializer, "It is queued or under way.", examples=[examples.QUEUED_JOB]),
        **_BODY_PROBLEMS,
        **_problem(400, _WRONG, examples.DURATION, examples.UNKNOWN_FIELD),
        **_KEY_PROBLEMS,
    },
}
READ_JOB: dict[str, Any] = {
    "operation_id": "read_job",
    "tags": ["jobs"],
    "parameters": [
        INCLUDE_PARAMETER,
        _header("If-None-Match", "The `ETag` of the answer that you have."),
        _PREFER,
        _header("Preference-Applied", _GRANTED, 200, 304),
        _header("ETag", "Changes whenever the answer does.", 200, 304),
        _header("Retry-After", _RETRY_AFTER, 200, 304),
    ],
    "responses": {
        200: _JOB,
        304: OpenApiResponse(description="You have it already."),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_CHANGED,
    },
}
CANCEL_JOB: dict[str, Any] = {
    "operation_id": "cancel_job",
    "tags": ["jobs"],
    "request": None,
    "parameters": [_header("Location", _LOCATION, 202), _header("Retry-After", _RETRY_AFTER, 202)],
    "responses": {
        200: OpenApiResponse(JobSerializer, "It is canceled."),
        202: OpenApiResponse(
            JobSerializer, "Its worker has been asked to stop: `cancel_requested_at` is set."
        ),
        **_problems(_404=_NOT_YOURS, _409="It had completed or failed before."),
    },
}
RETRY_JOB: dict[str, Any] = {
    "operation_id": "retry_job",
    "tags": ["jobs"],
    "request": None,
    "parameters": [
        *_ONCE,
        _header("Location", _LOCATION, 202),
        _header("Retry-After", _RETRY_AFTER, 202, 409),
    ],
    "responses": {
        202: OpenApiResponse(JobSerializer, "The new job, queued.", examples=[examples.QUEUED_JOB]),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_KEY_PROBLEMS,
        **_problem(
            409,
            "It has neither failed nor been canceled (`not_retryable`), its engine is gone (`engine_unavailable`), "
            "or the first request with this key is still being stored (`idempotency_key_in_use`).",
            examples.KEY_IN_USE,
        ),
    },
}
JOB_AUDIO: dict[str, Any] = {
    "operation_id": "read_job_audio",
    "tags": ["jobs"],
    "parameters": [_header("Location", "The signed URL.", 302)],
    "responses": {
        302: OpenApiResponse(
            description="To the master of the first track, in its `master_format`: WAV, or "
            "FLAC where the operator has chosen so. `/tracks/{id}/audio` has every format."
        ),
        **_problems(_404="There is no such job, or it has no audio (`audio_not_found`)."),
        **_problem(410, "Its audio is not stored any more (`audio_missing`).", examples.AUDIO_MISSING),
    },
}
LIST_TRACKS: dict[str, Any] = {
    "operation_id": "list_tracks",
    "tags": ["tracks"],
    "parameters": [INCLUDE_PARAMETER],
    "responses": {200: OpenApiResponse(TrackSerializer(many=True), _PAGE), **_LIST_PROBLEMS},
}
READ_TRACK: dict[str, Any] = {
    "operation_id": "read_track",
    "tags": ["tracks"],
    "parameters": [
        INCLUDE_PARAMETER,
        _header("If-None-Match", "The `ETag` of the answer that you have."),
        _header("ETag", "Changes whenever the answer does.", 200, 304),
    ],
    "responses": {
        200: OpenApiResponse(TrackSerializer, "The track."),
        304: OpenApiResponse(description="You have it already."),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_CHANGED,
    },
}
CHANGE_TRACK: dict[str, Any] = {
    "operation_id": "change_track",
    "tags": ["tracks"],
    "request": TrackChangesSerializer,
    "examples": examples.CHANGES,
    "parameters": [_IF_MATCH, _header("ETag", "Of the track as it is now.", 200)],
    "responses": {
        200: OpenApiResponse(TrackSerializer, "The track as it is now."),
        **_BODY_PROBLEMS,
        **_problems(
            _403="The token may not write, or the track may not be shared: a guest's (`account_needed`), or one whose "
            "sharing the operator has ended (`sharing_barred`).",
            _404=_NOT_YOURS,
        ),
        **_CHANGED,
    },
}
DELETE_TRACK: dict[str, Any] = {
    "operation_id": "delete_track",
    "tags": ["tracks"],
    "parameters": [_IF_MATCH],
    "responses": {
        204: OpenApiResponse(description="It is gone."),
        **_problems(_404=_NOT_YOURS),
        **_CHANGED,
    },
}
_AUDIO_QUERY = [
    OpenApiParameter(
        "format",
        str,
        enum=list(DELIVERED),
        default=DEFAULT_FORMAT,
        description="All but the `master_format` of the track are made when they are first asked for: 202 until then. "
        "Where the master is FLAC that is so of WAV too, also if no format is named. `stems`: a zip of five FLAC "
        "files that add up to the track, and its notes as MIDI.",
    ),
    OpenApiParameter(
        "download",
        OpenApiTypes.BOOL,
        default=False,
        description="True: to be saved as a file, named after the track and with its title, tempo, key and cover in "
        "its tags. Of a renamed track a format is written anew when it is asked for, WAV too: 202 until then.",
    ),
    _header("Retry-After", "Seconds after which asking again makes sense.", 202),
]
TRACK_AUDIO: dict[str, Any] = {
    "operation_id": "read_track_audio",
    "tags": ["tracks"],
    "parameters": [*_AUDIO_QUERY, _header("Location", "The signed URL.", 302)],
    "responses": {
        200: OpenApiResponse(
            SignedAudioSerializer, "With `Accept: application/json`: the signed URL itself."
        ),
        202: OpenApiResponse(PendingAudioSerializer, "That format is being made."),
        302: OpenApiResponse(description="To the signed URL."),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_NO_AUDIO,
    },
}
TRACK_AUDIO_URL: dict[str, Any] = {
    "operation_id": "read_track_audio_url",
    "tags": ["tracks"],
    "parameters": _AUDIO_QUERY,
    "responses": {
        200: OpenApiResponse(SignedAudioSerializer, "The signed URL.", examples=[examples.SIGNED_AUDIO]),
        202: OpenApiResponse(
            PendingAudioSerializer, "That format is being made.", examples=[examples.PENDING_AUDIO]
        ),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_NO_AUDIO,
    },
}
TRACK_MIDI: dict[str, Any] = {
    "operation_id": "read_track_midi",
    "tags": ["tracks"],
    "parameters": [
        OpenApiParameter(
            "quantised",
            OpenApiTypes.BOOL,
            default=False,
            description="True: every note on the grid on which it is written, without the swing and the small freedoms "
            "of the performance.",
        ),
        _header("Content-Disposition", "The file's name, from the title.", 200),
    ],
    "responses": {
        (200, MIDI_TYPE): OpenApiResponse(OpenApiTypes.BINARY, "A Standard MIDI File."),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_NO_SCORE,
    },
}
TRACK_PEAKS: dict[str, Any] = {
    "operation_id": "read_track_peaks",
    "tags": ["tracks"],
    "parameters": [_header("ETag", "Never changes.", 200, 304)],
    "responses": {
        200: OpenApiResponse(PeaksSerializer, "The peaks.", examples=[examples.PEAKS]),
        304: OpenApiResponse(description="You have it already."),
        **_problems(_404=_NOT_YOURS),
        **_CHANGED,
    },
}
LIST_ENGINES: dict[str, Any] = {
    "operation_id": "list_engines",
    "tags": ["catalog"],
    "responses": {
        200: OpenApiResponse(EnginesSerializer, "The engines, and which is taken where an order names none.")
    },
    "examples": [examples.ENGINES],
}
LIST_GENRES: dict[str, Any] = {
    "operation_id": "list_genres",
    "tags": ["catalog"],
    "responses": {200: OpenApiResponse(GenresSerializer, "The genres.")},
}
