"""How users and API tokens are made and found."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.token_rules import ENDED_KEPT, LIVE_LIMIT, NotIssued, TokenRefused

if TYPE_CHECKING:
    from accounts.models import ApiToken, User

TOKEN_PREFIX = "mg_"  # noqa: S105 - public, so that a leaked token is recognised as one of ours
# Of the site itself: whose the pieces are that everybody may hear (`generation.web.demonstrations`).
DEMONSTRATIONS_ID = UUID("6d757369-6367-4e6f-8465-6d6f6e737472")
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

    def suspended(self) -> "models.QuerySet[User]":
        """Users whom the operator keeps out."""
        return self.filter(suspended_at__isnull=False)

    def guests_unused_since(self, moment: datetime) -> "models.QuerySet[User]":
        """Guests who were not here since then, the longest unused first; none of the site itself, and none suspended,
        who cannot come."""
        guests = self.filter(is_guest=True, is_staff=False, deleted_at=None, last_used_at__lt=moment)
        guests = guests.filter(suspended_at=None)
        return guests.exclude(pk=DEMONSTRATIONS_ID).order_by("last_used_at", "id")

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, filtered in the words of the domain."""

    def active(self, now: datetime | None = None) -> "ApiTokenQuerySet":
        """Those that still open the API."""
        return self.filter(_is_live(now), user__is_active=True)

    def ended(self, now: datetime | None = None) -> "ApiTokenQuerySet":
        """Revoked or expired ones."""
        return self.exclude(_is_live(now))

    def visible_to(self, user: Any) -> "ApiTokenQuerySet":
        """The tokens that this user may see and revoke: their own, and none that were revoked."""
        return self.filter(user_id=user.pk, revoked_at=None) if user.pk else self.none()


class ApiTokenManager(models.Manager["ApiToken"]):
    """Issues tokens and recognises them. Only the SHA-256 of a secret is ever stored."""

    def get_queryset(self) -> ApiTokenQuerySet:
        return ApiTokenQuerySet(self.model, using=self._db)

    def active(self, now: datetime | None = None) -> ApiTokenQuerySet:
        """Those that still open the API."""
        return self.get_queryset().active(now)

    def visible_to(self, user: Any) -> ApiTokenQuerySet:
        """The tokens that this user may see and revoke: their own, and none that were revoked."""
        return self.get_queryset().visible_to(user)

    @transaction.atomic
    def issue(
        self,
        user: "User",
        name: str,
        scopes: Iterable[str],
        *,
        expires_at: datetime | None = None,
        by: "ApiToken | None" = None,
    ) -> tuple["ApiToken", str]:
        """Store a new token of `user` and return it with its secret, which cannot be shown again.

        `by` is the token that asks for it, whose rights it cannot exceed. Raises ValueError for an empty set of scopes
        or an unknown one, and NotIssued.
        """
        wanted = self.model.parse_scopes(scopes)
        if by is not None:
            by.check_may_issue(wanted, expires_at)
        # The lock has two requests count one after the other. Orders of the same user are not held up by it.
        users = get_user_model().objects.select_for_update(no_key=True)
        owner = users.filter(pk=user.pk, is_guest=False).first()
        if owner is None:
            raise NotIssued(
                "account_required", "Guests have no API tokens. Sign up first; what you have made is kept."
            )
        tokens = self.get_queryset().filter(user=owner)
        if tokens.filter(_is_live()).count() >= LIVE_LIMIT:
            raise NotIssued(
                "too_many_tokens",
                f"There are {LIVE_LIMIT} API tokens of this account, which is as many as there may be. "
                "Revoke one that is no longer used.",
            )
        forgotten = tokens.ended().order_by("-created_at", "-id").values_list("pk", flat=True)[ENDED_KEPT:]
        self.filter(pk__in=list(forgotten)).delete()
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = self.create(
            user=owner,
            name=name,
            prefix=secret[:SHOWN_CHARACTERS],
            digest=digest_of(secret),
            scopes=wanted,
            expires_at=expires_at,
        )
        return token, secret

    def authenticate(self, secret: str, now: datetime | None = None) -> "ApiToken":
        """The active token that `secret` belongs to, noted as used. Raises TokenRefused, saying why there is none."""
        digest = digest_of(secret)
        token = self.filter(digest=digest).select_related("user").first()
        if token is None or not hmac.compare_digest(token.digest, digest):
            raise TokenRefused(
                "authentication_failed", "This API token is unknown. Use another, or make a new one."
            )
        now = now or timezone.now()
        token.check_opens(now)
        token.note_use(now)
        return token


def _is_live(now: datetime | None = None) -> Q:
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()))


def digest_of(secret: str) -> str:
    """SHA-256 in hex. The secret carries 256 random bits, so a slow hash would add nothing."""
    return sha256(secret.encode()).hexdigest()
