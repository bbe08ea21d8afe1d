"""Keys by which a client orders once, however often it has to ask."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, models
from django.utils import timezone

if TYPE_CHECKING:
    from generation.models.job import Job

MAX_KEY = 255
PRUNED_AT_ONCE = 5000
# How long PostgreSQL waits for another transaction that is storing the same key.
LOCK_WAIT = "2s"
_LOCK_NOT_AVAILABLE = "55P03"


class KeyReused(Exception):
    """The key stands for another request."""


class KeyTaken(Exception):
    """Another request with this key is being stored, or has been stored just now."""


def _kept_for() -> timedelta:
    return timedelta(hours=settings.IDEMPOTENCY_HOURS)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def kept(self, now: datetime) -> "IdempotencyKeyQuerySet":
        return self.filter(created_at__gt=now - _kept_for())

    def outlived(self, now: datetime) -> "IdempotencyKeyQuerySet":
        return self.filter(created_at__lte=now - _kept_for())

    def prune(self, now: datetime) -> int:
        """Delete outlived keys, so many that it takes no time, and say how many."""
        old = self.outlived(now).order_by("created_at")[:PRUNED_AT_ONCE]
        return self.filter(pk__in=old.values("pk")).delete()[0]


class IdempotencyKey(models.Model):
    """What a client called its order, and a hash of all that it asked for. Kept for IDEMPOTENCY_HOURS.

    The row is inserted in the transaction that makes its job, so there are both or neither, and of requests that come
    at the same moment the unique constraint lets one through.
    """

    id = models.BigAutoField(primary_key=True)
    # Whose key it was. No relation: when a guest logs in to an account, the guest's keys must not meet the account's.
    owner_id: "models.UUIDField[uuid.UUID, uuid.UUID]" = models.UUIDField(editable=False)
    key = models.CharField(max_length=MAX_KEY)
    fingerprint = models.CharField(max_length=64)
    job = models.ForeignKey("generation.Job", on_delete=models.CASCADE, related_name="idempotency_keys")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner_id", "key"], name="idempotency_key_once_per_owner"),
        )

    def __str__(self) -> str:
        return self.key

    def earlier_job(self) -> "Job | None":
        """The job that this owner's same request with this key made. Raises KeyReused where it was another request."""
        same = IdempotencyKey.objects.kept(timezone.now()).filter(owner_id=self.owner_id, key=self.key)
        earlier = same.select_related("job").first()
        if earlier is None:
            return None
        if earlier.fingerprint != self.fingerprint:
            raise KeyReused
        return earlier.job

    def claim(self, job: "Job") -> None:
        """Keep the key for a job that is saved next, in the same transaction. Raises KeyTaken, which must undo it."""
        self.job_id = job.pk
        try:
            with _brief_lock_wait():
                mine = IdempotencyKey.objects.filter(owner_id=self.owner_id, key=self.key)
                mine.outlived(timezone.now()).delete()
                self.save(force_insert=True)
        except IntegrityError as error:
            raise KeyTaken from error
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            raise KeyTaken from error


@contextmanager
def _brief_lock_wait() -> Iterator[None]:
    """Where a row of another transaction may be waited for (SQLite has one writer at a time), wait briefly."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        yield
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
