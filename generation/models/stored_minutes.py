"""How much music is stored and will be: of an owner, and of all together (QUOTA_STORED_MINUTES, SITE_STORED_MINUTES).

It is the sum over the rows, so that nothing can drift: tracks that are not deleted, and what waits to be made. An index
holds all that the sum needs. Where that is many rows the sum is kept for a while: what was ordered since is added, and
only where that comes near the ceiling is it summed up anew.
"""

from datetime import timedelta

from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from generation.models.job import Job
from generation.models.job_states import ACTIVE, Status
from generation.models.quota_limits import Holder, Limit
from generation.models.track import Track

SITE_KEY = b"musicsto"
# To sum up so many tracks takes some milliseconds, which is worth keeping what it was.
MANY = 10_000
LOOK_SECONDS = 300
# A sum as new as this is taken as it is by who would be refused.
FRESH = timedelta(seconds=2)
# No transaction that stores an order takes as long as this.
LONGEST_ORDER = timedelta(minutes=5)


def limit_of(holder: Holder) -> Limit:
    """How an owner stands, in four queries by indexes."""
    seconds = _seconds(*_of_owner(holder))[0] if holder.owner_id else 0.0
    return Limit("stored_minutes", settings.QUOTA_STORED_MINUTES[holder.kind], seconds / 60)


def owner_limit(holder: Holder, asked: float) -> Limit:
    """Whether an owner has room for so many minutes more, for who waits for their other orders."""
    ceiling = settings.QUOTA_STORED_MINUTES[holder.kind]
    return _looked("stored_minutes", str(holder.owner_id), ceiling, asked, *_of_owner(holder))


def site_limit(asked: float) -> Limit:
    """Whether the site has room for so many minutes more, for who waits for all others that order."""
    ceiling = settings.SITE_STORED_MINUTES
    return _looked("site_stored_minutes", "all", ceiling, asked, Track.objects.all(), Job.objects.all())


def _of_owner(holder: Holder) -> "tuple[QuerySet[Track], QuerySet[Job]]":
    return Track.objects.filter(owner_id=holder.owner_id), Job.objects.filter(owner_id=holder.owner_id)


def _looked(
    name: str, whose: str, ceiling: int | None, asked: float, tracks: "QuerySet[Track]", jobs: "QuerySet[Job]"
) -> Limit:
    """What is used; where there is room, and the rows are many, no less than that."""
    if ceiling is None:
        return Limit(name, None, 0)
    now = timezone.now()
    seconds, at = caches["process"].get(f"stored-{whose}") or (None, now)
    if seconds is not None:
        ordered = jobs.filter(created_at__gte=at - LONGEST_ORDER)
        at_most = Limit(name, ceiling, (seconds + _sum(ordered, "stored_seconds")) / 60)
        if at_most.has_room_for(asked):
            return at_most
        as_looked = Limit(name, ceiling, seconds / 60)
        if now - at <= FRESH and not as_looked.has_room_for(asked):
            return as_looked
    at = timezone.now()
    seconds, count = _seconds(tracks, jobs)
    if count >= MANY:
        caches["process"].set(f"stored-{whose}", (seconds, at), LOOK_SECONDS)
    return Limit(name, ceiling, seconds / 60)


def _seconds(tracks: "QuerySet[Track]", jobs: "QuerySet[Job]") -> tuple[float, int]:
    """Of music, what is stored and what these jobs will still store, and how many tracks that are by now."""
    kept = tracks.filter(deleted_at=None).order_by()
    there = kept.aggregate(sum=Sum("duration"), count=Count("pk"))
    # Each status has an index of its own.
    coming = sum(_sum(jobs.filter(status=status), "stored_seconds") for status in ACTIVE)
    at_work = jobs.filter(status=Status.PROCESSING).order_by().values("pk")
    made = _sum(kept.filter(job__in=at_work), "duration") if coming else 0.0
    return float(there["sum"] or 0) + coming - made, there["count"]


def _sum(rows: "QuerySet[Track] | QuerySet[Job]", field: str) -> float:
    return float(rows.order_by().aggregate(sum=Sum(field))["sum"] or 0)
