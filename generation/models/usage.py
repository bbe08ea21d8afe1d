"""What a user has used: jobs and music by engine, today and in the last days, and what is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from generation.models.job import Job
from generation.models.job_states import Status
from generation.models.rendition import Rendition
from generation.models.track import Track

DAYS = 30


@dataclass(frozen=True, slots=True)
class EngineUsage:
    """What was had of one engine. `seconds` of music; `cost_usd` None: nobody knows."""

    engine: str
    jobs: int
    seconds: float
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Period:
    """What was ordered from a moment on, by engine, the most used first."""

    since: datetime
    engines: tuple[EngineUsage, ...]

    @property
    def jobs(self) -> int:
        return sum(used.jobs for used in self.engines)

    @property
    def seconds(self) -> float:
        return sum(used.seconds for used in self.engines)

    @property
    def cost_usd(self) -> Decimal | None:
        known = [used.cost_usd for used in self.engines if used.cost_usd is not None]
        return sum(known, Decimal(0)) if known else None


@dataclass(frozen=True, slots=True)
class Usage:
    """All of it. `stored_bytes` are of the masters and of the other formats that were made of them."""

    today: Period
    last_days: Period
    queued: int
    running: int
    tracks: int
    stored_bytes: int

    @classmethod
    def of(cls, user: Any, now: datetime | None = None) -> "Usage":
        """What this user has used, in five queries however much that is, each by an index.

        Jobs count that were ordered in the time and have neither failed nor been canceled; music counts that came of
        the orders of the time, deleted or not, and cost that of all orders. Days are those of UTC.
        """
        midnight = (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        first_day = midnight - timedelta(days=DAYS - 1)
        jobs = Job.objects.visible_to(user).order_by()
        kept = Track.objects.visible_to(user).order_by()
        today, last_days = _periods(jobs.filter(created_at__gte=first_day), midnight, first_day)
        # Asked for each track: in a join PostgreSQL may read the renditions of everybody.
        renditions = Rendition.objects.filter(track=OuterRef("pk")).order_by().values("track")
        sizes = Subquery(renditions.annotate(total=Sum("size")).values("total"))
        stored = kept.annotate(renditions_size=sizes).aggregate(
            tracks=Count("pk"), masters=Sum("size"), others=Sum("renditions_size")
        )
        # Two questions: each status has an index of its own, and both at once would read all jobs of the user.
        return cls(
            today=today,
            last_days=last_days,
            queued=jobs.queued().count(),
            running=jobs.filter(status=Status.PROCESSING).count(),
            tracks=stored["tracks"],
            stored_bytes=int((stored["masters"] or 0) + (stored["others"] or 0)),
        )


def _periods(jobs: Any, midnight: datetime, first_day: datetime) -> tuple[Period, Period]:
    is_today = Q(created_at__gte=midnight)
    counts = ~Q(status__in=(Status.FAILED, Status.CANCELED))
    ordered = jobs.values("engine").annotate(
        jobs=Count("pk", filter=counts),
        cost=Sum("cost_usd"),
        jobs_today=Count("pk", filter=counts & is_today),
        cost_today=Sum("cost_usd", filter=is_today),
        any_today=Count("pk", filter=is_today),
    )
    made = jobs.values("engine").annotate(
        seconds=Sum("tracks__duration"), seconds_today=Sum("tracks__duration", filter=is_today)
    )
    seconds = {row["engine"]: row for row in made}
    last_days, today = [], []
    for row in ordered:
        music = seconds.get(row["engine"], {})
        last_days.append(
            EngineUsage(row["engine"], row["jobs"], float(music.get("seconds") or 0), row["cost"])
        )
        if row["any_today"]:
            of_today = float(music.get("seconds_today") or 0)
            today.append(EngineUsage(row["engine"], row["jobs_today"], of_today, row["cost_today"]))
    return _period(midnight, today), _period(first_day, last_days)


def _period(since: datetime, engines: list[EngineUsage]) -> Period:
    return Period(since, tuple(sorted(engines, key=lambda used: (-used.seconds, -used.jobs, used.engine))))
