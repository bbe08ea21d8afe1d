"""How the site stood at a minute, for plots over an hour, a day and a month."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

KEPT_FOR = timedelta(days=32)
PRUNED_AT_ONCE = 5000


class SiteSampleQuerySet(models.QuerySet["SiteSample"]):
    def since(self, moment: datetime) -> "SiteSampleQuerySet":
        """Those from a moment on, the oldest first."""
        return self.filter(at__gte=moment).order_by("at")

    def latest_one(self) -> "SiteSample | None":
        """The last one that was taken."""
        return self.order_by("-at").first()

    def keep(self, sample: "SiteSample") -> None:
        """Store the sample of a minute, unless another process has."""
        self.bulk_create([sample], ignore_conflicts=True)

    def outlived(self, now: datetime) -> "SiteSampleQuerySet":
        """Those that no plot reaches any more."""
        return self.filter(at__lt=now - KEPT_FOR)

    def prune(self, now: datetime) -> int:
        """Delete old ones, so many that it takes no time, and say how many."""
        old = self.outlived(now).order_by("at").values("at")[:PRUNED_AT_ONCE]
        return self.filter(at__in=list(old.values_list("at", flat=True))).delete()[0]


class SiteSample(models.Model):
    """How the site stood at the beginning of a minute (UTC), one row a minute while a worker runs.

    `ended_since` is the moment from which on what has ended was counted, as a rule the minute before. Of what is
    stored, masters, other formats and zips count; that is measured once an hour, at `stored_at`.
    """

    at = models.DateTimeField(primary_key=True)
    queued = models.PositiveIntegerField()
    # Of the job that waits for longest; 0 where none does.
    oldest_seconds = models.FloatField()
    running = models.PositiveIntegerField()
    workers = models.PositiveIntegerField()
    # Jobs that the workers can work on at once.
    slots = models.PositiveIntegerField()
    ended_since = models.DateTimeField()
    completed = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    canceled = models.PositiveIntegerField()
    # Failed jobs by error code.
    failures = models.JSONField(default=dict)
    # Of the jobs that have ended.
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6)
    stored_bytes = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField()

    objects: ClassVar[SiteSampleQuerySet] = SiteSampleQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
