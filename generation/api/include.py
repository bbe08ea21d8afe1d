"""`include=audio_url`: the signed address of each track's audio beside it, for who would ask for every one of them."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from generation.api.problems import Problem
from generation.engines.request import FieldError

INCLUDE = "include"
AUDIO_URL = "audio_url"
INCLUDE_PARAMETER = OpenApiParameter(
    INCLUDE,
    {"type": "array", "items": {"type": "string", "enum": [AUDIO_URL]}, "maxItems": 1},
    description="`audio_url`: each track has its `audio_url`, which plays the master until `expires_at`.",
)


def includes_audio_url(request: Request) -> bool:
    """Whether tracks are to be shown with their `audio_url`. Raises Problem (400) for what cannot be included."""
    asked = [name for value in request.query_params.getlist(INCLUDE) for name in value.split(",")]
    if asked not in ([], [AUDIO_URL]):
        message = f"“{INCLUDE}” knows “{AUDIO_URL}” alone, once."
        raise Problem.in_fields([FieldError(INCLUDE, "unknown", message)])
    return AUDIO_URL in asked
