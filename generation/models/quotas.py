"""Quotas: how much somebody may order in a day, have in line and have made at once (`QUOTA_…` in the settings).

What is used is counted in the jobs, so that nothing can drift. QUOTA_RUNNING is kept by the workers, which leave what
would go beyond it in line (`JobQuerySet.takeable`); the others are checked in the transaction that stores an order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import User
from generation.models.job import Job
from generation.models.job_states import Status
from musicgen.durations import clock_with_unit
from musicgen.metrics.names import REFUSALS

GUEST, USER, STAFF = "guest", "user", "staff"
DAY = timedelta(days=1)
# Until one of the jobs in line has begun; when that will be, nobody knows for sure.
QUEUED_RETRY_SECONDS = 10
# Whoever was refused is looked at early again for so long.
REFUSAL_KEPT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom orders count for: a user, or the guests of one address together. `kind` is guest, user or staff."""

    turn_id: UUID
    kind: str

    @classmethod
    def of(cls, user: User, address_key: UUID | None = None) -> "Holder":
        """Whom an order of this user counts for, that came from this address (`client_key`)."""
        if user.is_guest:
            return cls(address_key or user.pk, GUEST)
        return cls(user.pk, STAFF if user.is_staff else USER)


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be used, None for as much as one likes, and what is used. `renews_at`: when that begins anew."""

    name: str
    limit: int | None
    used: float
    renews_at: datetime | None = None

    @property
    def left(self) -> float | None:
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Limits:
    """All quotas of somebody, seconds being those of music."""

    jobs_per_day: Limit
    seconds_per_day: Limit
    queued: Limit
    running: Limit

    @classmethod
    def of(cls, holder: Holder, now: datetime | None = None) -> "Limits":
        """How somebody stands, in three queries, each by an index."""
        now = now or timezone.now()
        jobs, seconds = _limits_of_day(holder, now)
        at_work = Job.objects.filter(turn_id=holder.turn_id, status=Status.PROCESSING).count()
        running = Limit("running", settings.QUOTA_RUNNING[holder.kind], at_work)
        return cls(jobs, seconds, _limit_in_line(holder), running)


class QuotaExceeded(Exception):
    """An order beyond a quota; nothing was stored. Its text is for whoever ordered.

    `is_daily`: it is one of a day, and else of what may be in line. `retry_after` in whole seconds.
    """

    def __init__(self, limit: Limit, holder: Holder, now: datetime, asked: float = 1) -> None:
        super().__init__(_sentences(limit, holder, now, asked))
        self.limit = limit
        self.is_daily = limit.renews_at is not None
        wait = (limit.renews_at - now).total_seconds() if limit.renews_at else QUEUED_RETRY_SECONDS
        self.retry_after = max(1, ceil(wait))


def check(holder: Holder, seconds: float, now: datetime | None = None) -> None:
    """Whether one more job with so many seconds of music may be stored in this transaction. Raises QuotaExceeded.

    Whoever counts for the same holder waits until this transaction has ended, so of any number at once exactly as many
    go through as the quota has left.
    """
    if not _has_daily_limit(holder) and settings.QUOTA_QUEUED[holder.kind] is None:
        return
    wait_for_others(holder)
    try:
        _compare(holder, seconds, now or timezone.now())
    except QuotaExceeded as refused:
        caches["process"].set(_refusal(holder), True, REFUSAL_KEPT_SECONDS)
        REFUSALS.add(refused.limit.name)
        raise


def check_early(holder: Holder, seconds: float) -> None:
    """Refuse whoever was refused a moment ago and still would be, before anything is spent on the order.

    Raises QuotaExceeded. For others it asks the database nothing.
    """
    if caches["process"].get(_refusal(holder)):
        try:
            _compare(holder, seconds, timezone.now())
        except QuotaExceeded as refused:
            REFUSALS.add(refused.limit.name)
            raise


def was_at_running_quota(job: Job) -> bool:
    """Whether its end has made room for another job of whoever it counts for."""
    limit = settings.QUOTA_RUNNING[GUEST if job.address_key else Holder.of(job.owner).kind]
    if limit is None:
        return False
    return Job.objects.filter(turn_id=job.turn_id, status=Status.PROCESSING).count() == limit - 1


def _compare(holder: Holder, seconds: float, now: datetime) -> None:
    if _has_daily_limit(holder):
        jobs_of_day, seconds_of_day = _limits_of_day(holder, now)
        if jobs_of_day.left is not None and jobs_of_day.left < 1:
            raise QuotaExceeded(jobs_of_day, holder, now)
        if seconds_of_day.left is not None and seconds_of_day.left < seconds:
            raise QuotaExceeded(seconds_of_day, holder, now, seconds)
    in_line = _limit_in_line(holder)
    if in_line.left is not None and in_line.left < 1:
        raise QuotaExceeded(in_line, holder, now)


def _refusal(holder: Holder) -> str:
    return f"quota-refused-{holder.turn_id}"


def _has_daily_limit(holder: Holder) -> bool:
    return any(
        quota[holder.kind] is not None
        for quota in (settings.QUOTA_JOBS_PER_DAY, settings.QUOTA_SECONDS_PER_DAY)
    )


def wait_for_others(holder: Holder) -> None:
    """Until this transaction has ended, whoever counts for the same holder waits here.

    A transaction of SQLite is the only one that writes; on PostgreSQL a lock is held.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            number = int.from_bytes(holder.turn_id.bytes[:8], signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _limits_of_day(holder: Holder, now: datetime) -> tuple[Limit, Limit]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    of_today = Job.objects.filter(turn_id=holder.turn_id, created_at__gte=midnight).charged()
    used = of_today.order_by().aggregate(jobs=Count("pk"), seconds=Sum("ordered_seconds"))
    renews_at = midnight + DAY
    return (
        Limit("jobs_per_day", settings.QUOTA_JOBS_PER_DAY[holder.kind], used["jobs"], renews_at),
        Limit(
            "seconds_per_day", settings.QUOTA_SECONDS_PER_DAY[holder.kind], used["seconds"] or 0, renews_at
        ),
    )


def _limit_in_line(holder: Holder) -> Limit:
    in_line = Job.objects.queued().filter(turn_id=holder.turn_id).count()
    return Limit("queued", settings.QUOTA_QUEUED[holder.kind], in_line)


def _sentences(limit: Limit, holder: Holder, now: datetime, asked: float) -> str:
    is_guest = holder.kind == GUEST
    who, have = ("All guests of one address together", "they have") if is_guest else ("You", "you have")
    most = limit.limit or 0
    match limit.name:
        case "jobs_per_day":
            said = (
                f"{who} may order {_counted(most, 'job')} a day, and {have}. "
                f"More can be ordered {_from(limit, now)}."
            )
        case "seconds_per_day":
            said = (
                f"{who} may order {clock_with_unit(most)} of music a day, of which "
                f"{clock_with_unit(limit.left or 0)} are left, and this is an order of {clock_with_unit(asked)}. "
                f"Ask for less, or again {_from(limit, now)}."
            )
        case _:
            said = (
                f"{who} may have {_counted(most, 'job')} in line, and {have}. "
                "Order again when one of them has begun, or cancel one."
            )
    return f"{said} With an account you may order more." if is_guest and _accounts_may_more(limit) else said


def _accounts_may_more(limit: Limit) -> bool:
    theirs = getattr(settings, f"QUOTA_{limit.name.upper()}")[USER]
    return settings.SIGNUP_OPEN and (theirs is None or theirs > (limit.limit or 0))


def _from(limit: Limit, now: datetime) -> str:
    """From when on, as "from 00:00 UTC on, in 5 h 12 min"."""
    renews_at = limit.renews_at or now
    minutes = ceil((renews_at - now).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    return f"from {renews_at:%H:%M} UTC on, in {f'{hours} h ' if hours else ''}{rest} min"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
