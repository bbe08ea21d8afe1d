"""What the OpenAPI document says of a track's score."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from generation.api.doc_parts import CHANGED, NO_SCORE, NOT_YOURS, header, problems
from generation.api.serializers.score import ScoreSerializer

_SCORE = OpenApiExample(
    "five seconds",
    value={
        "duration": 5.0,
        "bpm": 96.0,
        "key": "A minor",
        "time_signature": "4/4",
        "bars": [0.0, 2.5],
        "sections": [{"name": "Intro", "start": 0.0, "end": 5.0}],
        "chords": [
            {"name": "Am", "start": 0.0, "end": 2.5},
            {"name": "F/A", "start": 2.5, "end": 5.0},
        ],
        "parts": [
            {
                "role": "bass",
                "instrument": "double_bass",
                "stem": "bass",
                "is_drums": False,
                "notes": {
                    "start": [0.0, 1.252],
                    "duration": [1.1, 1.24],
                    "pitch": [45, 52],
                    "velocity": [88, 80],
                },
            }
        ],
    },
    response_only=True,
)
TRACK_SCORE: dict[str, Any] = {
    "operation_id": "read_track_score",
    "tags": ["tracks"],
    "parameters": [header("ETag", "Never changes.", 200, 304)],
    "responses": {
        200: OpenApiResponse(ScoreSerializer, "The score.", examples=[_SCORE]),
        304: OpenApiResponse(description="You have it already."),
        **problems(_404=NOT_YOURS),
        **CHANGED,
        **NO_SCORE,
    },
}
