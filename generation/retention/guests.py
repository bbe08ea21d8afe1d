"""Guests who will not come back: those who have nothing, and those who were not here for so long that none can.

A guest is known by a cookie alone. When one was last here is known to the hour (`User.last_used_at`). Who orders in the
moment of the deletion is either spared, or becomes a new guest and has the order (`jobs.OwnerGone`).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from accounts.last_use import NOTED_EVERY
from accounts.models import User
from generation import jobs
from generation.models import Job, Track
from generation.retention.rounds import Rounds

LOOKED_AT_ONCE = 200
DELETED_AT_ONCE = 10


def unused(now: datetime) -> "QuerySet[User]":
    """Guests who were not here for GUEST_DAYS, and for whom nothing is being made."""
    before = _unused_before(now)
    return User.objects.none() if before is None else _idle(User.objects.guests_unused_since(before))


def empty(now: datetime) -> "QuerySet[User]":
    """Guests without tracks who were not here for GUEST_EMPTY_HOURS, and for whom nothing is being made."""
    before = _empty_before(now)
    return (
        User.objects.none() if before is None else _without_tracks(User.objects.guests_unused_since(before))
    )


def delete_unused(now: datetime) -> int:
    """Delete some of those who were not here for long, with all that they have made, and say how many."""
    before = _unused_before(now)
    return 0 if before is None else _delete(unused(now), before)


class EmptyGuests:
    """Deletes guests without tracks. Among them are as many as there are with tracks, so it goes in rounds."""

    def __init__(self) -> None:
        self.rounds = Rounds("last_used_at", LOOKED_AT_ONCE)

    def delete(self, now: datetime) -> int:
        """Delete some, of the next part of all guests, and say how many."""
        before = _empty_before(now)
        if before is None:
            return 0
        part = self.rounds.part(User.objects.guests_unused_since(before))
        done = _delete(_without_tracks(User.objects.filter(pk__in=part)), before)
        if done < DELETED_AT_ONCE:
            self.rounds.go_on()
        return done


def _delete(guests: "QuerySet[User]", unused_since: datetime) -> int:
    some = guests[:DELETED_AT_ONCE]
    return sum(jobs.delete_owner(owner=guest, unused_since=unused_since) for guest in some)


def _unused_before(now: datetime) -> datetime | None:
    days = settings.GUEST_DAYS
    return None if days is None else now - timedelta(days=days) - NOTED_EVERY


def _empty_before(now: datetime) -> datetime | None:
    hours = settings.GUEST_EMPTY_HOURS
    return None if hours is None else now - timedelta(hours=hours) - NOTED_EVERY


def _idle(guests: "QuerySet[User]") -> "QuerySet[User]":
    return guests.exclude(Exists(Job.objects.active().filter(owner=OuterRef("pk"))))


def _without_tracks(guests: "QuerySet[User]") -> "QuerySet[User]":
    """What was deleted a moment ago can be taken back, so it counts until its audio is gone."""
    stored = Track.objects.filter(owner=OuterRef("pk"), purged_at=None)
    return _idle(guests).exclude(Exists(stored))
