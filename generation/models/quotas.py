"""Quotas: how much somebody may order in a day, have in line, have made at once and keep (`QUOTA_…` in the settings),
and how much the whole site may spend in a day and keep.

What is used is counted in the jobs and tracks, so that nothing can drift. QUOTA_RUNNING is kept by the workers, which
leave what would go beyond it in line (`JobQuerySet.takeable`); the others are checked in the transaction that stores an
order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Sum
from django.utils import timezone

from generation.models import spending, stored_minutes
from generation.models.job import Job
from generation.models.job_states import Status
from generation.models.quota_limits import (
    DAY,
    GUEST,
    STAFF,
    USER,
    Holder,
    Limit,
    QuotaExceeded,
    midnight,
    wait_for_others,
)
from generation.models.quota_words import sentences
from musicgen.metrics.names import REFUSALS

__all__ = ["GUEST", "STAFF", "USER", "Holder", "Limit", "Limits", "QuotaExceeded"]
# Whoever was refused is looked at early again for so long.
REFUSAL_KEPT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What an order would use: seconds of music with all takes, those that stay stored, and the US dollars that it is
    expected to cost, None where its engine costs nothing."""

    seconds: float
    stored_seconds: float = 0.0
    usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """All quotas of somebody, seconds and minutes being those of music."""

    jobs_per_day: Limit
    seconds_per_day: Limit
    queued: Limit
    running: Limit
    stored_minutes: Limit
    usd_per_day: Limit

    @classmethod
    def of(cls, holder: Holder, now: datetime | None = None) -> "Limits":
        """How somebody stands, in a few queries, each by an index."""
        now = now or timezone.now()
        jobs, seconds = _limits_of_day(holder, now)
        at_work = Job.objects.filter(turn_id=holder.turn_id, status=Status.PROCESSING).count()
        running = Limit("running", settings.QUOTA_RUNNING[holder.kind], at_work)
        return cls(
            jobs,
            seconds,
            _limit_in_line(holder),
            running,
            stored_minutes.limit_of(holder),
            spending.limit_of(holder, now),
        )


def check(holder: Holder, asked: Asked, now: datetime | None = None) -> None:
    """Whether an order of so much may be stored in this transaction. Raises QuotaExceeded.

    Whoever counts for the same holder waits until this transaction has ended, so of any number at once exactly as many
    go through as the quota has left. Where the site has a limit that the order touches, all wait.
    """
    keys = list(_keys(holder, asked))
    if not keys:
        return
    wait_for_others(keys)
    try:
        _compare(holder, asked, now or timezone.now())
    except QuotaExceeded as refused:
        caches["process"].set(_refusal(holder), True, REFUSAL_KEPT_SECONDS)
        REFUSALS.add(refused.limit.name)
        raise


def check_early(holder: Holder, asked: Asked) -> None:
    """Refuse whoever was refused a moment ago and still would be, before anything is spent on the order.

    Raises QuotaExceeded. For others it asks the database nothing.
    """
    if caches["process"].get(_refusal(holder)):
        try:
            _compare(holder, asked, timezone.now())
        except QuotaExceeded as refused:
            REFUSALS.add(refused.limit.name)
            raise


def was_at_running_quota(job: Job) -> bool:
    """Whether its end has made room for another job of whoever it counts for."""
    limit = settings.QUOTA_RUNNING[GUEST if job.address_key else Holder.of(job.owner).kind]
    if limit is None:
        return False
    return Job.objects.filter(turn_id=job.turn_id, status=Status.PROCESSING).count() == limit - 1


def _keys(holder: Holder, asked: Asked) -> Iterator[bytes]:
    """Under what an order waits for others, those of everybody last: none where it can go beyond nothing."""
    counts_usd = asked.usd is not None and settings.QUOTA_USD_PER_DAY[holder.kind] is not None
    if _has_daily_limit(holder) or settings.QUOTA_QUEUED[holder.kind] is not None or counts_usd:
        yield holder.turn_id.bytes[:8]
    if _has_ceiling(holder) and holder.owner_id:
        yield holder.owner_id.bytes[:8]
    if settings.SITE_STORED_MINUTES is not None:
        yield stored_minutes.SITE_KEY
    if asked.usd is not None and settings.MODAL_DAILY_BUDGET_USD is not None:
        yield spending.SITE_KEY


def _compare(holder: Holder, asked: Asked, now: datetime) -> None:
    """Raises QuotaExceeded."""
    for limit, amount in _asked_of(holder, asked, now):
        if not limit.has_room_for(amount):
            raise QuotaExceeded(limit, sentences(limit, holder, now, amount), now)


def _asked_of(holder: Holder, asked: Asked, now: datetime) -> Iterator[tuple[Limit, float]]:
    """Each limit that holds, and how much of it the order would use."""
    if _has_daily_limit(holder):
        jobs_of_day, seconds_of_day = _limits_of_day(holder, now)
        yield jobs_of_day, 1
        yield seconds_of_day, asked.seconds
    if settings.QUOTA_QUEUED[holder.kind] is not None:
        yield _limit_in_line(holder), 1
    stored = asked.stored_seconds / 60
    if _has_ceiling(holder):
        yield stored_minutes.owner_limit(holder, stored), stored
    if settings.SITE_STORED_MINUTES is not None:
        yield stored_minutes.site_limit(stored), stored
    if asked.usd is not None:
        if settings.QUOTA_USD_PER_DAY[holder.kind] is not None:
            yield spending.limit_of(holder, now), float(asked.usd)
        if settings.MODAL_DAILY_BUDGET_USD is not None:
            yield spending.site_limit(now), float(asked.usd)


def _refusal(holder: Holder) -> str:
    return f"quota-refused-{holder.turn_id}"


def _has_ceiling(holder: Holder) -> bool:
    return settings.QUOTA_STORED_MINUTES[holder.kind] is not None


def _has_daily_limit(holder: Holder) -> bool:
    return any(
        quota[holder.kind] is not None
        for quota in (settings.QUOTA_JOBS_PER_DAY, settings.QUOTA_SECONDS_PER_DAY)
    )


def _limits_of_day(holder: Holder, now: datetime) -> tuple[Limit, Limit]:
    began = midnight(now)
    of_today = Job.objects.filter(turn_id=holder.turn_id, created_at__gte=began).charged()
    used = of_today.order_by().aggregate(jobs=Count("pk"), seconds=Sum("ordered_seconds"))
    allowed = settings.QUOTA_SECONDS_PER_DAY[holder.kind]
    return (
        Limit("jobs_per_day", settings.QUOTA_JOBS_PER_DAY[holder.kind], used["jobs"], began + DAY),
        Limit("seconds_per_day", allowed, used["seconds"] or 0, began + DAY),
    )


def _limit_in_line(holder: Holder) -> Limit:
    in_line = Job.objects.queued().filter(turn_id=holder.turn_id).count()
    return Limit("queued", settings.QUOTA_QUEUED[holder.kind], in_line)
