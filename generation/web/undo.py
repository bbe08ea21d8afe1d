"""Saying what was done together with a way to take it back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Undo:
    """A form that takes something back: where it is sent by POST, and its fields.

    `stays`: by script it is sent without going to another page; what the answer triggers says what is to be drawn anew.
    """

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)
    stays: bool = False


def say_with_undo(request: HttpRequest, words: str, undo: Undo) -> None:
    """Say on the next page that is drawn what was done, beside a button that takes it back."""
    messages.success(request, words, extra_tags=json.dumps(asdict(undo)))


def undo_of(extra_tags: str) -> Undo | None:
    """What takes back what a message says, by its `extra_tags`; None where nothing does."""
    return Undo(**json.loads(extra_tags)) if extra_tags.startswith("{") else None
