"""What the OpenAPI document says of playlists beyond what the code of their views shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from generation.api import examples
from generation.api.doc_parts import (
    BODY_PROBLEMS,
    LIST_PROBLEMS,
    NOT_YOURS,
    PAGE,
    body_problems,
    header,
    problem,
    problems,
)
from generation.api.serializers.playlist import (
    PlaylistAdditionSerializer,
    PlaylistChangesSerializer,
    PlaylistMoveSerializer,
    PlaylistOrderSerializer,
    PlaylistSerializer,
)
from generation.api.serializers.track import TrackSerializer

_ID = "5d2c8f0e-1b7a-4c3d-9e6f-7a8b9c0d1e2f"
_TRACK_ID = "0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11"
_API = "https://music.example/api/v1"
_PLAYLIST: dict[str, Any] = {
    "id": _ID,
    "title": "Rainy evenings",
    "tracks": 12,
    "duration": 1440.0,
    "created_at": "2026-01-31T18:00:00Z",
    "changed_at": "2026-02-01T09:30:00Z",
    "urls": {
        "self": f"{_API}/playlists/{_ID}",
        "tracks": f"{_API}/playlists/{_ID}/tracks",
        "web": f"https://music.example/playlists/{_ID}/",
    },
}
_FOUND = problems(_404=NOT_YOURS)


def _shown(status: int) -> OpenApiExample:
    return OpenApiExample("a playlist", value=_PLAYLIST, response_only=True, status_codes=[str(status)])


def _playlist(description: str, status: int = 200) -> dict[int, OpenApiResponse]:
    return {status: OpenApiResponse(PlaylistSerializer, description, examples=[_shown(status)])}


LIST_PLAYLISTS: dict[str, Any] = {
    "operation_id": "list_playlists",
    "tags": ["playlists"],
    "responses": {200: OpenApiResponse(PlaylistSerializer(many=True), PAGE), **LIST_PROBLEMS},
}
CREATE_PLAYLIST: dict[str, Any] = {
    "operation_id": "create_playlist",
    "tags": ["playlists"],
    "request": PlaylistOrderSerializer,
    "examples": [OpenApiExample("by its title", value={"title": "Rainy evenings"}, request_only=True)],
    "filters": False,
    "parameters": [header("Location", "Where the playlist is found.", 201)],
    "responses": {
        **_playlist("The playlist, which is empty.", 201),
        **BODY_PROBLEMS,
        **problem(409, "There are 500 playlists already (`too_many_playlists`).", examples.PLAYLIST_LIMIT),
    },
}
READ_PLAYLIST: dict[str, Any] = {
    "operation_id": "read_playlist",
    "tags": ["playlists"],
    "responses": {**_playlist("The playlist."), **_FOUND},
}
CHANGE_PLAYLIST: dict[str, Any] = {
    "operation_id": "change_playlist",
    "tags": ["playlists"],
    "request": PlaylistChangesSerializer,
    "examples": [OpenApiExample("another title", value={"title": "Rainy nights"}, request_only=True)],
    "responses": {**_playlist("The playlist as it is now."), **BODY_PROBLEMS, **_FOUND},
}
DELETE_PLAYLIST: dict[str, Any] = {
    "operation_id": "delete_playlist",
    "tags": ["playlists"],
    "responses": {204: OpenApiResponse(description="It is gone; its tracks stay."), **_FOUND},
}
LIST_PLAYLIST_TRACKS: dict[str, Any] = {
    "operation_id": "list_playlist_tracks",
    "tags": ["playlists"],
    "responses": {200: OpenApiResponse(TrackSerializer(many=True), PAGE), **LIST_PROBLEMS, **_FOUND},
}
ADD_TRACKS: dict[str, Any] = {
    "operation_id": "add_playlist_tracks",
    "tags": ["playlists"],
    "request": PlaylistAdditionSerializer,
    "examples": [OpenApiExample("one track", value={"track_ids": [_TRACK_ID]}, request_only=True)],
    "filters": False,
    "responses": {
        **_playlist("The playlist as it is now."),
        **body_problems(examples.MISSING_TRACK),
        **_FOUND,
        **problem(409, "It would have more than 1,000 tracks (`playlist_full`).", examples.PLAYLIST_FULL),
    },
}
REMOVE_TRACK: dict[str, Any] = {
    "operation_id": "remove_playlist_track",
    "tags": ["playlists"],
    "responses": {
        204: OpenApiResponse(description="It is out of the playlist, and stays a track."),
        **_FOUND,
    },
}
MOVE_TRACK: dict[str, Any] = {
    "operation_id": "move_playlist_track",
    "tags": ["playlists"],
    "request": PlaylistMoveSerializer,
    "examples": [OpenApiExample("to the end", value={"before": None}, request_only=True)],
    "responses": {
        **_playlist("The playlist as it is now."),
        **body_problems(examples.MISSING_NEIGHBOUR),
        **_FOUND,
    },
}
