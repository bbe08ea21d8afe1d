"""Whom orders count for, what a limit is, and how whoever counts waits for the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db import connection

from accounts.models import User

GUEST, USER, STAFF = "guest", "user", "staff"
DAY = timedelta(days=1)
# Until one of the jobs in line has begun, or a track was deleted; when that will be, nobody knows for sure.
RETRY_SECONDS = {"queued": 10, "stored_minutes": 600, "site_stored_minutes": 3600}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom orders count for: a user, or the guests of one address together. `kind` is guest, user or staff.

    What is stored counts for the one who owns it, `owner_id`; None for who owns nothing yet.
    """

    turn_id: UUID
    kind: str
    owner_id: UUID | None = None

    @classmethod
    def of(cls, user: User, address_key: UUID | None = None) -> "Holder":
        """Whom an order of this user counts for, that came from this address (`client_key`)."""
        if user.is_guest:
            return cls(address_key or user.pk, GUEST, user.pk)
        return cls(user.pk, STAFF if user.is_staff else USER, user.pk)


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be used, None for as much as one likes, and what is used. `renews_at`: when that begins anew."""

    name: str
    limit: float | None
    used: float
    renews_at: datetime | None = None

    @property
    def left(self) -> float | None:
        # Sums of floats; nothing is counted as finely as this.
        return None if self.limit is None else max(0, round(self.limit - self.used, 9))

    def has_room_for(self, asked: float) -> bool:
        """Whether so much more may be used."""
        return self.left is None or self.left >= asked


class QuotaExceeded(Exception):
    """An order beyond a quota; nothing was stored. Its text is for whoever ordered.

    `is_daily`: it is one of a day. `code` is for programs, `retry_after` in whole seconds.
    """

    def __init__(self, limit: Limit, words: str, now: datetime) -> None:
        super().__init__(words)
        self.limit = limit
        self.is_daily = limit.renews_at is not None
        self.code = "concurrency_limited" if limit.name == "queued" else "quota_exceeded"
        wait = (limit.renews_at - now).total_seconds() if limit.renews_at else RETRY_SECONDS[limit.name]
        self.retry_after = max(1, ceil(wait))


def midnight(now: datetime) -> datetime:
    """When the day began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def wait_for_others(keys: Iterable[bytes]) -> None:
    """Wait for each transaction that counts under one of these keys, 8 bytes each, until it has ended.

    Whoever asks for several gives them in the same order. A transaction of SQLite is the only one that writes; on
    PostgreSQL a lock is held to the end of this one.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for key in keys:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key, signed=True)])
