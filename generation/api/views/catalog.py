"""`/engines` and `/genres`: what may be asked."""

from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from generation.api import endpoint_docs
from generation.composer.genre.catalog import GENRES
from generation.engines.base import Engine, ScoredEngine
from generation.engines.registry import get_engine
from generation.engines.request import (
    MAX_BPM,
    MAX_LYRICS,
    MAX_PROMPT,
    MAX_SEED,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    MIN_BPM,
)
from generation.models.quota_limits import Holder
from generation.scheduling.prices import used_up
from musicgen.client_address import client_key


class Engines(APIView):
    @extend_schema(**endpoint_docs.LIST_ENGINES)
    def get(self, request: Request) -> Response:
        """The engines of this site, what each honours, and its limits."""
        holder = Holder.of(cast(User, request.user), client_key(request))
        return Response(
            {
                "default": settings.GENERATION_ENGINE,
                "results": [_engine(alias, get_engine(alias), holder) for alias in settings.ENGINES],
            }
        )


class Genres(APIView):
    @extend_schema(**endpoint_docs.LIST_GENRES)
    def get(self, request: Request) -> Response:
        """The genres that a request may name, and the words in a prompt that mean them."""
        return Response(
            {
                "results": [
                    {"name": genre.name, "title": genre.title, "aliases": list(genre.aliases)}
                    for genre in GENRES.values()
                ]
            }
        )


def _engine(alias: str, engine: Engine, holder: Holder) -> dict[str, Any]:
    can = engine.capabilities
    over = used_up(alias, holder)
    scored = isinstance(engine, ScoredEngine)
    return {
        "name": alias,
        "title": can.title,
        "description": can.description,
        "default": alias == settings.GENERATION_ENGINE,
        "deterministic": can.deterministic,
        "model": can.model,
        "licence": can.licence,
        "licence_url": can.licence_url,
        "licence_note": can.licence_note,
        "commercial_use": can.commercial_use,
        "used_up_until": serializers.DateTimeField().to_representation(over.renews_at) if over else None,
        "fields": sorted(can.honours),
        "midi": scored,
        "stems": scored,
        "genres": list(can.genres),
        "keys": list(can.keys),
        "time_signatures": {genre: list(names) for genre, names in can.time_signatures.items()},
        "limits": {
            "duration": {"min": can.min_duration, "max": can.max_duration, "default": can.default_duration},
            "variations": {"min": 1, "max": can.max_variations},
            "takes": {"min": 1, "max": can.max_takes},
            "bpm": {"min": MIN_BPM, "max": MAX_BPM},
            "seed": {"min": 0, "max": MAX_SEED},
            "prompt_length": MAX_PROMPT,
            "title_length": MAX_TITLE,
            "lyrics_length": MAX_LYRICS,
            "tags": MAX_TAGS,
            "tag_length": MAX_TAG,
        },
    }
