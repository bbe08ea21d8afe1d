"""Sessions that are known by whose they are, so that they can be ended and deleted with their user.

What a session holds is packed and signed, and no database can look into it.
"""

import time
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import SessionOwner, User

NOTED = "_owner_noted"
# When its owner logged in, in Unix time. It stays when the session goes on under another key.
SINCE = "_logged_in_at"
PRUNED_AT_ONCE = 1000


class SessionStore(DatabaseSessions):
    """Django's sessions in the database, with a row beside each that says whose it is."""

    def save(self, must_create: bool = False) -> None:
        """Save, and note whose session it is where that is not noted yet: once after each login."""
        owner = self.get(SESSION_KEY)
        if owner is None or self.get(NOTED) == owner:
            super().save(must_create)
            return
        self[NOTED] = owner
        self.setdefault(SINCE, time.time())
        user = User.objects.filter(pk=owner).values("is_staff").first()
        if user and user["is_staff"]:
            # `accounts.session_age` ends it on time; this is for one that nobody comes back to.
            self.set_expiry(settings.STAFF_SESSION_HOURS * 3600)
        with transaction.atomic():
            super().save(must_create)
            if user:
                SessionOwner.objects.update_or_create({"user_id": owner}, session_key=self.session_key)

    def cycle_key(self) -> None:
        """The session goes on under another key, which is to be noted, too."""
        self.pop(NOTED, None)
        super().cycle_key()

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        super().delete(session_key)
        if key:
            SessionOwner.objects.filter(session_key=key).delete()

    @classmethod
    def get_model_class(cls) -> Any:
        return Session


def outlived(now: datetime) -> QuerySet[Session]:
    """Sessions that are over."""
    return Session.objects.filter(expire_date__lt=now)


def end_others(request: HttpRequest) -> None:
    """End all sessions of whose this request is, but for its own."""
    others = SessionOwner.objects.filter(user=cast(User, request.user)).exclude(
        session_key=request.session.session_key
    )
    keys = list(others.values_list("pk", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    SessionOwner.objects.filter(pk__in=keys).delete()


def prune(now: datetime) -> int:
    """Delete sessions that are over, so many that it takes no time, and say how many."""
    over = list(outlived(now).values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    SessionOwner.objects.filter(session_key__in=over).delete()
    return Session.objects.filter(pk__in=over).delete()[0] if over else 0
