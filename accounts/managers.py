"""How users and API tokens are made and found."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

if TYPE_CHECKING:
    from accounts.models import ApiToken, User

TOKEN_PREFIX = "mg_"  # noqa: S105 - public, so that a leaked token is recognised as one of ours
SHOWN_CHARACTERS = len(TOKEN_PREFIX) + 6


class UserManager(BaseUserManager["User"]):
    """Makes the three kinds of user, and finds one by e-mail whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a person with an account. Without a password nobody can log in until one is set.

        Raises ValueError for an empty e-mail and IntegrityError for one that is taken.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), is_guest=False, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a person who may do everything in the admin."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def create_guest(self) -> "User":
        """Store somebody without e-mail and password, who is known by the session alone."""
        guest = self.model(is_guest=True)
        guest.set_unusable_password()
        guest.save(using=self._db)
        return guest

    def closed(self) -> "models.QuerySet[User]":
        """Deleted users whose music is still being cleared away."""
        return self.filter(deleted_at__isnull=False)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, filtered in the words of the domain."""

    def active(self) -> "ApiTokenQuerySet":
        """Those that still open the API."""
        return self.filter(revoked_at=None, user__is_active=True)


class ApiTokenManager(models.Manager["ApiToken"]):
    """Issues tokens and recognises them. Only the SHA-256 of a secret is ever stored."""

    def get_queryset(self) -> ApiTokenQuerySet:
        return ApiTokenQuerySet(self.model, using=self._db)

    def active(self) -> ApiTokenQuerySet:
        """Those that still open the API."""
        return self.get_queryset().active()

    def issue(self, user: "User", name: str, scopes: Iterable[str]) -> tuple["ApiToken", str]:
        """Store a new token of `user` and return it with its secret, which cannot be shown again.

        Raises ValueError for an empty set of scopes or an unknown one.
        """
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = self.create(
            user=user,
            name=name,
            prefix=secret[:SHOWN_CHARACTERS],
            digest=digest_of(secret),
            scopes=self.model.parse_scopes(scopes),
        )
        return token, secret

    def authenticate(self, secret: str, now: datetime | None = None) -> "ApiToken | None":
        """The active token that `secret` belongs to, noted as used, or None."""
        digest = digest_of(secret)
        token = self.active().filter(digest=digest).select_related("user").first()
        if token is None or not hmac.compare_digest(token.digest, digest):
            return None
        token.note_use(now)
        return token


def digest_of(secret: str) -> str:
    """SHA-256 in hex. The secret carries 256 random bits, so a slow hash would add nothing."""
    return sha256(secret.encode()).hexdigest()
