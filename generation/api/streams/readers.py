"""Who reads a stream, and whether they still may: a stream outlives the request that was let in."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self, cast
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.request import Request

from accounts.models import ApiToken, User

CHECK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Reader:
    """A user, and the API token or the session by which they came."""

    user_id: UUID
    token_id: UUID | None = None
    session_key: str | None = None
    session_hash: str = ""

    @classmethod
    def of(cls, request: Request) -> Self:
        """Whoever makes this request, who is logged in."""
        user = cast(User, request.user)
        if isinstance(request.auth, ApiToken):
            return cls(user.pk, token_id=request.auth.pk)
        return cls(
            user.pk, session_key=request.session.session_key, session_hash=user.get_session_auth_hash()
        )


def still_allowed(readers: Collection[Reader]) -> set[Reader]:
    """Those who could open a stream now as they did then. At most three queries for any number.

    Not those whose account was locked or closed, whose token was revoked, has expired or may no longer read, whose
    session has ended, or whose password was changed.
    """
    users = {user.pk: user for user in User.objects.filter(pk__in=_known(readers, "user_id"), is_active=True)}
    tokens = {
        token.pk
        for token in ApiToken.objects.active().filter(pk__in=_known(readers, "token_id"))
        if token.may(ApiToken.Scope.READ)
    }
    sessions = set(
        Session.objects.filter(
            session_key__in=_known(readers, "session_key"), expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )

    def may_read(reader: Reader) -> bool:
        user = users.get(reader.user_id)
        if user is None:
            return False
        if reader.token_id is not None:
            return reader.token_id in tokens
        is_same_login = constant_time_compare(reader.session_hash, user.get_session_auth_hash())
        return reader.session_key in sessions and is_same_login

    return {reader for reader in readers if may_read(reader)}


def _known(readers: Collection[Reader], name: str) -> set[Any]:
    return {value for reader in readers if (value := getattr(reader, name)) is not None}
