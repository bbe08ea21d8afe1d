"""What the processes of the site have counted, added up, and what each of them has right now."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import connections, models, router
from django.db.models import Sum

# As `musicgen.metrics.pending` has them: the name of a series and the values of its labels.
Key = tuple[str, ...]
MAX_SERIES = 400
# Processes report every ten seconds or so; who has not for so long has ended.
REPORT_COUNTS_FOR = timedelta(seconds=35)


def series_of(key: Key) -> str:
    """A series as its row names it."""
    return json.dumps(key, separators=(",", ":"))


class MetricQuerySet(models.QuerySet["Metric"]):
    def add(self, amounts: Mapping[Key, float]) -> None:
        """Add to totals, each of which begins at 0, in one statement.

        The rows are locked in one order by all processes, so that none of them waits for another in a circle.
        """
        rows = sorted((series, amount) for key, amount in amounts.items() if _fits(series := series_of(key)))
        if not rows:
            return
        table = self.model._meta.db_table
        places = ", ".join(["(%s, %s)"] * len(rows))
        with connections[router.db_for_write(self.model)].cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (series, value) VALUES {places} "  # noqa: S608
                f"ON CONFLICT (series) DO UPDATE SET value = {table}.value + excluded.value",
                [part for row in rows for part in row],
            )

    def totals(self) -> dict[Key, float]:
        """All totals by their series."""
        rows = self.values_list("series", "value")
        return {tuple(json.loads(series)): value for series, value in rows}


def _fits(series: str) -> bool:
    return len(series) <= MAX_SERIES


class Metric(models.Model):
    """The total of one series since the site began. Labels have few values, so that there are some hundred rows."""

    series = models.CharField(max_length=MAX_SERIES, primary_key=True)
    value = models.FloatField(default=0.0)

    objects: ClassVar[MetricQuerySet] = MetricQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.series


class ProcessValueQuerySet(models.QuerySet["ProcessValue"]):
    def report(self, process: str, values: Mapping[str, float], now: datetime) -> None:
        """Note what a process has right now; what it has none of any more has no row."""
        gone = [f"{process}:{name}" for name, value in values.items() if not value]
        rows = [
            ProcessValue(id=f"{process}:{name}", name=name, value=value, seen_at=now)
            for name, value in sorted(values.items())
            if value
        ]
        if rows:
            self.bulk_create(
                rows, update_conflicts=True, unique_fields=["id"], update_fields=["value", "seen_at"]
            )
        self.filter(pk__in=gone).delete()

    def sums(self, now: datetime) -> dict[str, float]:
        """What all processes together have, by name."""
        alive = self.filter(seen_at__gt=now - REPORT_COUNTS_FOR).order_by()
        return dict(alive.values_list("name").annotate(Sum("value")))

    def outlived(self, now: datetime) -> "ProcessValueQuerySet":
        """What processes that have ended have left."""
        return self.filter(seen_at__lte=now - 2 * REPORT_COUNTS_FOR)

    def prune(self, now: datetime) -> int:
        """Delete what processes that have ended have left, and say how much."""
        return self.outlived(now).delete()[0]


class ProcessValue(models.Model):
    """How much of something one process has right now. `id` is an id of the process, and the name."""

    id = models.CharField(max_length=120, primary_key=True)
    name = models.CharField(max_length=80)
    value = models.FloatField()
    seen_at = models.DateTimeField()

    objects: ClassVar[ProcessValueQuerySet] = ProcessValueQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.id
