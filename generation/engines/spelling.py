"""Genres, keys and time signatures as requests may write them, spelled as the engines know them."""

import dataclasses
from contextlib import suppress

from generation.composer.genre.catalog import GENRES
from generation.composer.theory import key_name, parse_key
from generation.engines.request import MusicRequest

_NAME_OF_GENRE = {alias.lower(): genre.name for genre in GENRES.values() for alias in genre.aliases} | {
    name: name for name in GENRES
}


def spelled(request: MusicRequest) -> MusicRequest:
    """The request with its genre, key and time signature as they are called here; what is not known stays as it is."""
    genre, key = request.genre, request.key
    if genre is not None:
        genre = _NAME_OF_GENRE.get(genre.strip().lower(), genre)
    if key is not None:
        with suppress(ValueError):
            key = key_name(*parse_key(key))
    signature = request.time_signature
    if signature is not None:
        signature = "".join(signature.split())
    return dataclasses.replace(request, genre=genre, key=key, time_signature=signature)
