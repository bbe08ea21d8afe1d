"""What a track is found by: a column with its words as a search compares them (musicgen.search_text).

The indexes that keep a search quick among 100,000 tracks are made beside the migrations: see `search_index`.
"""

from collections.abc import Sequence
from functools import reduce
from math import floor
from operator import or_
from typing import Any, Protocol

from django.db import models
from django.db.models import Q

from generation.composer.genre.titles import genre_title
from musicgen.search_text import searchable, sought

# The columns that it is made of.
SOURCES = ("title", "prompt", "tags", "genre", "key", "bpm")
# Of a track in which nothing can be found: it was looked at, which "" does not say.
NO_WORDS = " "


class Described(Protocol):
    """What is said of a track."""

    title: str
    prompt: str
    tags: list[str]
    genre: str
    key: str
    bpm: float | None


def search_text_of(track: Described) -> str:
    """The words that a track is found by: its own, and genre, key and tempo as its card shows them."""
    genre = (track.genre, genre_title(track.genre)) if track.genre else ()
    tempo = (f"{floor(track.bpm + 0.5)} bpm",) if track.bpm else ()
    return searchable(track.title, track.prompt, *track.tags, *genre, track.key, *tempo)


def condition_for(query: str) -> Q | None:
    """What tracks must fulfil to be found by a query. None: nothing is asked for that could be found."""
    required = [_one_of(alternatives) for alternatives in sought(query)]
    return Q(*required) if required else None


def _one_of(pieces: Sequence[str]) -> Q:
    return reduce(or_, (Q(search_text__contains=piece) for piece in pieces))


class SearchTextField(models.TextField):  # type: ignore[type-arg]  # Django has none at run time
    """The words of a row, made anew each time that it is saved. Of a deleted track none."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        track: Any = model_instance
        text = "" if track.deleted_at else search_text_of(track)
        setattr(model_instance, self.attname, text)
        return text

    def deconstruct(self) -> Any:
        """In migrations it is a text like others."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
