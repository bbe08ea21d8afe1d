"""How much music is stored and will be: of an owner, and of all together (QUOTA_STORED_MINUTES, SITE_STORED_MINUTES).

It is the sum over the rows, so that nothing can drift: tracks that are not deleted, and what waits to be made. Of one
owner an index holds all that the sum needs. The site's is kept for a while; what was ordered since is added, and only
where that comes near the ceiling is it summed up anew.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.db.models import QuerySet, Sum
from django.utils import timezone

from generation.models.job import Job
from generation.models.job_states import ACTIVE, Status
from generation.models.quota_limits import Holder, Limit
from generation.models.track import Track

SITE_KEY = b"musicsto"
_LOOK = "site-stored-seconds"
LOOK_SECONDS = 300
# A sum as new as this is taken as it is by who would be refused.
FRESH = timedelta(seconds=2)
# No transaction that stores an order takes as long as this.
LONGEST_ORDER = timedelta(minutes=5)


def limit_of(holder: Holder) -> Limit:
    """How an owner stands, in four queries by indexes."""
    tracks, jobs = (
        Track.objects.filter(owner_id=holder.owner_id),
        Job.objects.filter(owner_id=holder.owner_id),
    )
    seconds = _seconds(tracks, jobs) if holder.owner_id else 0.0
    return Limit("stored_minutes", settings.QUOTA_STORED_MINUTES[holder.kind], seconds / 60)


def site_limit(asked: float, now: datetime | None = None) -> Limit:
    """Whether the site has room for so many minutes more; what is used is told only where there is none.

    For who waits for the others that order.
    """
    now = now or timezone.now()
    ceiling = settings.SITE_STORED_MINUTES
    if ceiling is None:
        return Limit("site_stored_minutes", None, 0)
    seconds, at = caches["process"].get(_LOOK) or (None, now)
    if seconds is not None:
        since = Job.objects.filter(created_at__gte=at - LONGEST_ORDER)
        at_most = seconds + (since.order_by().aggregate(sum=Sum("stored_seconds"))["sum"] or 0)
        if at_most / 60 + asked <= ceiling:
            return Limit("site_stored_minutes", ceiling, at_most / 60)
    if seconds is None or now - at > FRESH or seconds / 60 + asked <= ceiling:
        at = timezone.now()
        seconds = _seconds(Track.objects.all(), Job.objects.all())
        caches["process"].set(_LOOK, (seconds, at), LOOK_SECONDS)
    return Limit("site_stored_minutes", ceiling, seconds / 60)


def _seconds(tracks: "QuerySet[Track]", jobs: "QuerySet[Job]") -> float:
    """Of music, what is stored and what these jobs will still store."""
    kept = tracks.filter(deleted_at=None)
    there = _sum(kept, "duration")
    # Each status has an index of its own.
    coming = sum(_sum(jobs.filter(status=status), "stored_seconds") for status in ACTIVE)
    made = (
        _sum(kept.filter(job__in=jobs.filter(status=Status.PROCESSING).values("pk")), "duration")
        if coming
        else 0
    )
    return there + coming - made


def _sum(rows: "QuerySet[Track] | QuerySet[Job]", field: str) -> float:
    return float(rows.order_by().aggregate(sum=Sum(field))["sum"] or 0)
