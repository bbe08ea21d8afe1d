"""What the OpenAPI document says of each call beyond what the code of its view shows."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from generation.api import examples
from generation.api.problems import CONTENT_TYPE
from generation.api.serializers.catalog import EnginesSerializer, GenresSerializer
from generation.api.serializers.job import JobSerializer
from generation.api.serializers.order import OrderSerializer
from generation.api.serializers.problem import ProblemSerializer
from generation.api.serializers.track import (
    PeaksSerializer,
    PendingAudioSerializer,
    SignedAudioSerializer,
    TrackChangesSerializer,
    TrackSerializer,
)
from generation.audio.formats import DELIVERED
from generation.tracks.scores import MIDI_TYPE

_Responses = dict[int | tuple[int, str], Any]


def _problems(**descriptions: str) -> _Responses:
    """Problem responses by status, such as `_409="It has ended."`."""
    return {
        (int(name[1:]), CONTENT_TYPE): OpenApiResponse(
            ProblemSerializer, descriptions[name], examples=examples.PROBLEMS.get(name[1:], [])
        )
        for name in descriptions
    }


def _header(name: str, description: str, *statuses: int) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, description=description, response=list(statuses) or False
    )


_NOT_YOURS = "There is no such thing, or it is not yours."
_WRONG = "Something in the request is wrong; `errors` names it."
_LOCATION = "Where the job is found."
_RETRY_AFTER = "Seconds after which asking again makes sense; absent once the job has ended."
_BODY_PROBLEMS = _problems(
    _400=_WRONG,
    _411="The body does not tell its length.",
    _413="The body is larger than 1 MiB.",
    _415="The body is not `application/json`.",
)
_NO_SCORE: _Responses = {
    (409, CONTENT_TYPE): OpenApiResponse(
        ProblemSerializer, "Its engine writes no score (`no_score`).", examples=[examples.NO_SCORE]
    ),
    (410, CONTENT_TYPE): OpenApiResponse(
        ProblemSerializer,
        "Its engine would write another score today (`score_outdated`).",
        examples=[examples.OUTDATED_SCORE],
    ),
}
_JOB = OpenApiResponse(JobSerializer, "The job as it stands now.", examples=[examples.JOB])

LIST_JOBS: dict[str, Any] = {
    "operation_id": "list_jobs",
    "tags": ["jobs"],
    "responses": {200: JobSerializer(many=True), **_problems(_400=_WRONG)},
}
CREATE_JOB: dict[str, Any] = {
    "operation_id": "create_job",
    "tags": ["jobs"],
    "request": OrderSerializer,
    "examples": examples.ORDERS,
    "filters": False,
    "parameters": [
        _header("Prefer", "`wait=N`, 1 to 60: answer once the job has ended, after N seconds at most."),
        _header("Preference-Applied", "The wait that was granted.", 201, 202),
        _header("Location", _LOCATION, 201, 202),
        _header("Retry-After", _RETRY_AFTER, 202),
    ],
    "responses": {
        201: OpenApiResponse(JobSerializer, "It ended while you waited.", examples=[examples.JOB]),
        202: OpenApiResponse(JobSerializer, "It is queued or under way.", examples=[examples.QUEUED_JOB]),
        **_BODY_PROBLEMS,
    },
}
READ_JOB: dict[str, Any] = {
    "operation_id": "read_job",
    "tags": ["jobs"],
    "parameters": [
        _header("If-None-Match", "The `ETag` of the answer that you have."),
        _header("ETag", "Changes whenever the answer does.", 200, 304),
        _header("Retry-After", _RETRY_AFTER, 200, 304),
    ],
    "responses": {
        200: _JOB,
        304: OpenApiResponse(description="You have it already."),
        **_problems(_404=_NOT_YOURS),
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
    "parameters": [_header("Location", _LOCATION, 202), _header("Retry-After", _RETRY_AFTER, 202)],
    "responses": {
        202: OpenApiResponse(JobSerializer, "The new job, queued.", examples=[examples.QUEUED_JOB]),
        **_problems(_404=_NOT_YOURS, _409="It has neither failed nor been canceled."),
    },
}
JOB_AUDIO: dict[str, Any] = {
    "operation_id": "read_job_audio",
    "tags": ["jobs"],
    "parameters": [_header("Location", "The signed URL.", 302)],
    "responses": {
        302: OpenApiResponse(description="To the WAV of the first track."),
        **_problems(_404="There is no such job, or it has no audio (`audio_not_found`)."),
    },
}
LIST_TRACKS: dict[str, Any] = {
    "operation_id": "list_tracks",
    "tags": ["tracks"],
    "responses": {200: TrackSerializer(many=True), **_problems(_400=_WRONG)},
}
READ_TRACK: dict[str, Any] = {
    "operation_id": "read_track",
    "tags": ["tracks"],
    "responses": {200: TrackSerializer, **_problems(_404=_NOT_YOURS)},
}
CHANGE_TRACK: dict[str, Any] = {
    "operation_id": "change_track",
    "tags": ["tracks"],
    "request": TrackChangesSerializer,
    "examples": examples.CHANGES,
    "responses": {200: TrackSerializer, **_BODY_PROBLEMS, **_problems(_404=_NOT_YOURS)},
}
DELETE_TRACK: dict[str, Any] = {
    "operation_id": "delete_track",
    "tags": ["tracks"],
    "responses": {204: OpenApiResponse(description="It is gone."), **_problems(_404=_NOT_YOURS)},
}
TRACK_AUDIO: dict[str, Any] = {
    "operation_id": "read_track_audio",
    "tags": ["tracks"],
    "parameters": [
        OpenApiParameter(
            "format",
            str,
            enum=list(DELIVERED),
            default="wav",
            description="`stems`: a zip of five FLAC files that add up to the track, and its notes as MIDI.",
        ),
        OpenApiParameter(
            "download", OpenApiTypes.BOOL, default=False, description="True: to be saved as a file."
        ),
        _header("Location", "The signed URL.", 302),
        _header("Retry-After", "Seconds after which asking again makes sense.", 202),
    ],
    "responses": {
        200: OpenApiResponse(SignedAudioSerializer, "With `Accept: application/json`: the signed URL, told."),
        202: OpenApiResponse(PendingAudioSerializer, "That format is being made."),
        302: OpenApiResponse(description="To the signed URL."),
        **_problems(_400=_WRONG, _404=_NOT_YOURS),
        **_NO_SCORE,
    },
}
TRACK_MIDI: dict[str, Any] = {
    "operation_id": "read_track_midi",
    "tags": ["tracks"],
    "parameters": [_header("Content-Disposition", "The file's name, from the title.", 200)],
    "responses": {
        (200, MIDI_TYPE): OpenApiResponse(OpenApiTypes.BINARY, "A Standard MIDI File."),
        **_problems(_404=_NOT_YOURS),
        **_NO_SCORE,
    },
}
TRACK_PEAKS: dict[str, Any] = {
    "operation_id": "read_track_peaks",
    "tags": ["tracks"],
    "parameters": [_header("ETag", "Never changes.", 200, 304)],
    "responses": {
        200: OpenApiResponse(PeaksSerializer, examples=[examples.PEAKS]),
        304: OpenApiResponse(description="You have it already."),
        **_problems(_404=_NOT_YOURS),
    },
}
LIST_ENGINES: dict[str, Any] = {
    "operation_id": "list_engines",
    "tags": ["catalog"],
    "responses": {200: EnginesSerializer},
    "examples": [examples.ENGINES],
}
LIST_GENRES: dict[str, Any] = {
    "operation_id": "list_genres",
    "tags": ["catalog"],
    "responses": {200: GenresSerializer},
}
