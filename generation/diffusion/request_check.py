"""Checks a request against what a model can make."""

import re
from math import ceil
from typing import Final

from generation.diffusion.catalog import Model
from generation.diffusion.errors import UnfitRequest
from generation.diffusion.songs import SongRequest

_KEY: Final = re.compile(r"[A-G][#b♯♭]? (major|minor)")


def check(model: Model, request: SongRequest) -> None:
    """Raise UnfitRequest where the model cannot make what is asked for."""
    if not model.min_duration <= request.duration <= model.max_duration:
        raise UnfitRequest(
            f"{model.title} makes music of {model.min_duration:g} to {model.max_duration:g} seconds, "
            f"not of {request.duration:g}."
        )
    for field in ("bpm", "key", "lyrics"):
        if getattr(request, field) and field not in model.honours:
            raise UnfitRequest(f"{model.title} cannot be told the {field}.")
    if request.instrumental is False and "instrumental" not in model.honours:
        raise UnfitRequest(f"{model.title} makes instrumental music only.")
    if request.instrumental and request.lyrics:
        raise UnfitRequest("Instrumental music has no lyrics: leave out one of the two.")
    if request.key and not _KEY.fullmatch(request.key):
        raise UnfitRequest(f'{model.title} knows keys such as "A minor" and "Bb major", not "{request.key}".')


def asked_seconds(request: SongRequest) -> int:
    """The whole seconds a model is asked for; what is over is cut off.

    The models take the duration as a number of seconds, and requests of like duration go into one batch.
    """
    return ceil(request.duration)
