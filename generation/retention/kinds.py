"""What is deleted once its time is over: of each kind what it is, by which setting, and how some of it is deleted.

The reaper does a part of each every few seconds, `manage.py prune` all of it at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Min, QuerySet

from accounts import sessions
from accounts.models import CachedValue, RateCount
from generation.archives import purging as archive_purging
from generation.models import (
    Archive,
    IdempotencyKey,
    Job,
    JobEvent,
    Playlist,
    ProcessValue,
    SiteSample,
    Track,
    WebhookDelivery,
)
from generation.retention import guests, old_tracks
from generation.retention.rounds import Rounds


@dataclass(frozen=True)
class Kind:
    """One kind of thing. `found` are those whose time is over, `prune` deletes some and says how many that were.

    `by` is the name of the setting that says how long they are kept, or a fixed time in words; `age` the field by which
    they are old. One that goes in `rounds` may find nothing in the part at which it looks, though there is more.
    """

    what: str
    by: str
    age: str
    found: Callable[[datetime], "QuerySet[Any]"]
    prune: Callable[[datetime], int]
    rounds: Rounds | None = None

    @property
    def rule(self) -> str:
        """How long it is kept, as "GUEST_DAYS=400"."""
        if not hasattr(settings, self.by):
            return self.by
        value = getattr(settings, self.by)
        return f"{self.by}={'none' if value is None else value}"

    def count(self, now: datetime) -> tuple[int, datetime | None]:
        """How many there are whose time is over, and since when the oldest is there."""
        found = self.found(now).order_by()
        return found.count(), found.aggregate(oldest=Min(self.age))["oldest"]

    def prune_all(self, now: datetime, report: Callable[[int], None]) -> int:
        """Delete all of them, and say how many; `report` is called with how many it is so far."""
        done = 0
        while True:
            some = self.prune(now)
            done += some
            report(done)
            if not some and not (self.rounds and self.rounds.is_midway):
                return done


def kinds() -> tuple[Kind, ...]:
    """All of them, each with its rounds at their beginning. What others hang on comes after those."""
    empty, warnings = guests.EmptyGuests(), old_tracks.Warnings()
    return (
        Kind("guests not here for long", "GUEST_DAYS", "last_used_at", guests.unused, guests.delete_unused),
        Kind(
            "guests without tracks",
            "GUEST_EMPTY_HOURS",
            "last_used_at",
            guests.empty,
            empty.delete,
            empty.rounds,
        ),
        Kind("old tracks", "TRACK_DAYS", "created_at", Track.objects.all().too_old, old_tracks.delete),
        Kind(
            "old tracks to tell of",
            "TRACK_WARNING_DAYS",
            "created_at",
            Track.objects.all().ageing,
            warnings.begin,
            warnings.rounds,
        ),
        Kind(
            "zips",
            "ARCHIVE_HOURS",
            "created_at",
            Archive.objects.all().expired,
            archive_purging.discard_expired,
        ),
        _rows("zips that are counted no more", "a day", "created_at", Archive.objects.all()),
        _rows("lines of jobs' logs", "JOB_EVENT_DAYS", "at", JobEvent.objects.all()),
        _rows("keys of orders", "IDEMPOTENCY_HOURS", "created_at", IdempotencyKey.objects.all()),
        _rows("webhook deliveries", "WEBHOOK_DELIVERY_DAYS", "created_at", WebhookDelivery.objects.all()),
        Kind(
            "addresses of guests' orders",
            "2 days",
            "finished_at",
            Job.objects.all().with_old_addresses,
            Job.objects.all().forget_addresses,
        ),
        Kind(
            "addresses of guests' zips",
            "2 days",
            "created_at",
            Archive.objects.all().with_old_addresses,
            Archive.objects.all().forget_addresses,
        ),
        _rows("what processes had that have ended", "minutes", "seen_at", ProcessValue.objects.all()),
        _rows("samples of the site", "32 days", "at", SiteSample.objects.all()),
        _rows("deleted playlists", "an hour", "deleted_at", Playlist.objects.all()),
        _rows("counts of rates", "their window", "ends_at", RateCount.objects.all()),
        _rows("cached values", "their time", "expires", CachedValue.objects.all()),
        Kind("sessions", "SESSION_DAYS", "expire_date", sessions.outlived, sessions.prune),
    )


def _rows(what: str, by: str, age: str, rows: Any) -> Kind:
    return Kind(what, by, age, rows.outlived, rows.prune)
