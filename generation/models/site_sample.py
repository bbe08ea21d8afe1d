"""How the site stood at a minute, for plots over an hour, a day and a month."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from django.db import connection, models
from django.db.models import Max, Min, Sum

KEPT_FOR = timedelta(days=32)
PRUNED_AT_ONCE = 5000


class Step(NamedTuple):
    """Samples of a stretch of time in one: what ended in it, and the most of all else, of workers the fewest."""

    at: datetime
    queued: int
    oldest_seconds: float
    running: int
    workers: int
    completed: int
    failed: int
    canceled: int
    cost_usd: Decimal
    stored_bytes: int


class _StepNumber(models.Func):
    """How many steps of so many seconds have passed since 1970 (UTC), of a moment that is a whole second."""

    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM %(expressions)s)::bigint / %(seconds)s)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / %(seconds)s)"
        return self.as_sql(compiler, connection, template=template, **extra)


class SiteSampleQuerySet(models.QuerySet["SiteSample"]):
    def since(self, moment: datetime) -> "SiteSampleQuerySet":
        """Those from a moment on, the oldest first."""
        return self.filter(at__gte=moment).order_by("at")

    def steps(self, length: timedelta) -> "Iterator[Step]":
        """These in steps of this length, the oldest first; none of a time of which there is no sample. One query."""
        seconds = int(length.total_seconds())
        rows = self.order_by().values(number=_StepNumber("at", seconds=seconds)).order_by("number")
        parts = rows.values_list(
            "number",
            *(Max("queued"), Max("oldest_seconds"), Max("running"), Min("workers")),
            *(Sum("completed"), Sum("failed"), Sum("canceled"), Sum("cost_usd"), Max("stored_bytes")),
        )
        for number, *values in parts:
            yield Step(datetime.fromtimestamp(number * seconds, UTC), *values)

    def failures_since(self, moment: datetime) -> dict[str, int]:
        """How many jobs have failed from a moment on by each code of an error, the most first. One query."""
        entries = "json_each" if connection.vendor == "sqlite" else "jsonb_each_text"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT entry.key, SUM(CAST(entry.value AS integer)) FROM {self.model._meta.db_table}, "  # noqa: S608
                f"{entries}(failures) AS entry WHERE at >= %s AND failed > 0 GROUP BY entry.key ORDER BY 2 DESC, 1",
                [connection.ops.adapt_datetimefield_value(moment)],
            )
            return {code: int(jobs) for code, jobs in cursor.fetchall()}

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
