"""Saying what was done together with a way to take it back."""

import json
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Undo:
    """A form that takes something back: where it is sent by POST, and one field, if it needs any."""

    action: str
    name: str = ""
    value: str = ""


def say_with_undo(request: HttpRequest, words: str, undo: Undo) -> None:
    """Say on the next page that is drawn what was done, beside a button that takes it back."""
    messages.success(request, words, extra_tags=json.dumps(asdict(undo)))


def undo_of(extra_tags: str) -> Undo | None:
    """What takes back what a message says, by its `extra_tags`; None where nothing does."""
    return Undo(**json.loads(extra_tags)) if extra_tags.startswith("{") else None
