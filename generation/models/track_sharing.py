"""Who may hear a track: its owner, whoever has its link, everybody."""

import secrets

from django.db import models


class Visibility(models.TextChoices):
    """Who may hear a track: its owner; whoever has its link; the same, and search engines may list it."""

    PRIVATE = "private"
    UNLISTED = "unlisted"
    PUBLIC = "public"


class NotShared(Exception):
    """A track that its owner may not share. The message is for them, `code` for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def new_share_key() -> str:
    """128 bits that nobody can guess, as 22 characters for an address."""
    return secrets.token_urlsafe(16)
