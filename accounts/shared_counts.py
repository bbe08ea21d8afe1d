"""Counts and other short-lived values that all processes of the site share where there is no Redis."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import connections, models, router

PRUNED_AT_ONCE = 5000


class RateCountQuerySet(models.QuerySet["RateCount"]):
    def add(self, key: uuid.UUID, amount: int, ends_at: datetime) -> int:
        """Add to a count, which begins at 0, and return what it is now. One statement, so exact for all processes."""
        database = connections[router.db_for_write(self.model)]
        table = self.model._meta.db_table
        with database.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (id, number, ends_at) VALUES (%s, %s, %s) "  # noqa: S608
                f"ON CONFLICT (id) DO UPDATE SET number = {table}.number + excluded.number RETURNING number",
                [
                    models.UUIDField().get_db_prep_value(key, database),
                    amount,
                    database.ops.adapt_datetimefield_value(ends_at),
                ],
            )
            return int(cursor.fetchone()[0])

    def outlived(self, now: datetime) -> "RateCountQuerySet":
        """Counts of windows that are over."""
        return self.filter(ends_at__lt=now)

    def prune(self, now: datetime) -> int:
        """Delete counts of what is over, so many that it takes no time, and say how many."""
        over = self.outlived(now).order_by("ends_at")[:PRUNED_AT_ONCE]
        return self.filter(pk__in=over.values("pk")).delete()[0]


class RateCount(models.Model):
    """How often somebody did something in one window of time. `id` is a hash of who, what and when."""

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    objects: ClassVar[RateCountQuerySet] = RateCountQuerySet.as_manager()  # type: ignore[assignment]


class CachedValueQuerySet(models.QuerySet["CachedValue"]):
    def outlived(self, now: datetime) -> "CachedValueQuerySet":
        """Values that have expired."""
        return self.filter(expires__lt=now)

    def prune(self, now: datetime) -> int:
        """Delete what has expired, so much that it takes no time, and say how much."""
        over = self.outlived(now).order_by("expires")[:PRUNED_AT_ONCE]
        return self.filter(pk__in=over.values("pk")).delete()[0]


class CachedValue(models.Model):
    """The table of Django's `DatabaseCache`, with the columns of `createcachetable`."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[CachedValueQuerySet] = CachedValueQuerySet.as_manager()  # type: ignore[assignment]
