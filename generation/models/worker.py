"""The worker: one running `qcluster`, as a row, because processes on other machines must see that it lives."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

STALE_AFTER = timedelta(seconds=15)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        return self.filter(seen_at__gt=timezone.now() - STALE_AFTER)

    def stale(self) -> "WorkerQuerySet":
        return self.filter(seen_at__lte=timezone.now() - 4 * STALE_AFTER)


class Worker(models.Model):
    """One process group that takes jobs, `slots` at once. `seen_at` is its heartbeat."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    slots = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ("started_at",)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
