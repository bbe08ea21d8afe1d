"""The archive: many tracks, or all that is kept of a user, as one zip that a worker makes."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from generation.storage import AudioStorage, storage_of

MAX_TRACKS = 500
# What counts against the quotas is kept for so long.
DAY = timedelta(days=1)
# Longer than the quotas count.
ADDRESS_KEPT_FOR = timedelta(days=2)
# Who makes an archive says so every few seconds; who has not for so long has died.
LEASE = timedelta(minutes=3)
# A message about an archive that has come to nothing for so long was lost with its worker.
WAKE_GRACE = timedelta(minutes=1)
PURGE_GRACE = timedelta(minutes=5)
# A worker that dies over an archive counts as one of these too.
MOST_FAILURES = 5
MAX_ERROR = 500
PREFIX = "archives/"


class ArchiveKind(models.TextChoices):
    TRACKS = "tracks"
    EVERYTHING = "everything"


class ArchiveState(models.TextChoices):
    QUEUED = "queued"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


UNENDED = (ArchiveState.QUEUED, ArchiveState.MAKING)


class ArchiveQuerySet(models.QuerySet["Archive"]):
    def visible_to(self, user: Any) -> "ArchiveQuerySet":
        """Those that this user may see: their own, and none that is over."""
        return self.kept().filter(owner_id=user.pk) if user.pk else self.none()

    def kept(self) -> "ArchiveQuerySet":
        return self.filter(deleted_at=None)

    def unended(self) -> "ArchiveQuerySet":
        return self.kept().filter(state__in=UNENDED)

    def at_work(self, now: datetime) -> "ArchiveQuerySet":
        """Those that a worker is making, as far as is known."""
        return self.kept().filter(state=ArchiveState.MAKING, lease_until__gt=now)

    def claimable(self, now: datetime) -> "ArchiveQuerySet":
        """Those that wait for a worker, or whose worker has died; none of somebody who is suspended."""
        waits = Q(state=ArchiveState.QUEUED, run_after__lte=now)
        lapsed = Q(state=ArchiveState.MAKING, lease_until__lte=now)
        suspended = Exists(User.objects.suspended().filter(pk=OuterRef("owner_id")))
        return self.kept().filter(waits | lapsed).exclude(suspended).order_by("created_at", "pk")

    def without_message(self, now: datetime) -> "ArchiveQuerySet":
        """Claimable ones whose message must have been lost."""
        return self.claimable(now).filter(Q(woken_at__lt=F("run_after")) | Q(woken_at__lt=now - WAKE_GRACE))

    def expired(self, now: datetime) -> "ArchiveQuerySet":
        return self.kept().filter(expires_at__lte=now)

    def discard(self, now: datetime) -> int:
        """Delete archives for their owners, at once and for good, and say how many; what is stored follows."""
        return self.kept().update(deleted_at=now, purge_after=now, track_ids=[], left_out=[], error="")

    def unpurged(self) -> "ArchiveQuerySet":
        """Deleted ones of which something may be stored."""
        return self.filter(deleted_at__isnull=False, purged_at=None)

    def to_purge(self, now: datetime) -> "ArchiveQuerySet":
        """Unpurged ones whose file is to be deleted now. One that is being made is left until its maker has stopped."""
        idle = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.unpurged().filter(idle, purge_after__lte=now)

    def without_purge_message(self, now: datetime) -> "ArchiveQuerySet":
        unsent = Q(purge_woken_at=None) | Q(purge_woken_at__lt=F("purge_after"))
        return self.to_purge(now).filter(unsent | Q(purge_woken_at__lt=now - PURGE_GRACE))

    def with_old_addresses(self, now: datetime) -> "ArchiveQuerySet":
        """Ended ones of which it is still known from which address guests ordered them, though no quota asks for it."""
        old = self.filter(address_key__isnull=False, created_at__lt=now - ADDRESS_KEPT_FOR)
        return old.exclude(state__in=UNENDED)

    def forget_addresses(self, now: datetime) -> int:
        """Forget from which address guests ordered what no quota counts any more, and say of how many archives."""
        return self.with_old_addresses(now).update(address_key=None)

    def outlived(self, now: datetime) -> "ArchiveQuerySet":
        """Purged ones that no quota counts any more."""
        over = Q(created_at__lt=now - DAY) | Q(owner__deleted_at__isnull=False)
        return self.filter(over, purged_at__isnull=False)

    def prune(self, now: datetime) -> int:
        """Delete the rows of purged archives that no quota counts any more, and say how many."""
        return self.outlived(now).delete()[0]


class Archive(models.Model):
    """Many tracks in one format, or all that is kept of a user, as one zip.

        queued ──claim──▶ making ──finish──▶ ready
          ▲                 │  └───fail────▶ failed
          └──retry_later,───┘
             hand_back

    Each verb is one conditional UPDATE and says whether this caller was the one. A worker that makes it renews its
    lease by `beat`; when that has run out, another claims it. Every attempt stores under a name of its own, so that
    one which comes too late overwrites nothing. Ready or failed, it is over at `expires_at`: then, or with its owner,
    it is deleted, and a worker deletes what is stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="archives")
    # Of a guest's order, what stands for its address, for some days. Guests of one address count as one.
    address_key = models.UUIDField(null=True, blank=True, editable=False)
    holder_id = models.GeneratedField(
        expression=Coalesce("address_key", "owner_id"), output_field=models.UUIDField(), db_persist=True
    )
    kind = models.CharField(max_length=12, choices=ArchiveKind)
    # Of the tracks that were chosen, in their order; empty for everything.
    track_ids = models.JSONField(default=list, blank=True)
    # The tracks that could not be put in, each with a sentence: [[id, reason], …].
    left_out = models.JSONField(default=list, blank=True)
    format = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=ArchiveState, default=ArchiveState.QUEUED)
    progress = models.FloatField(default=0)
    error = models.CharField(max_length=MAX_ERROR, blank=True)

    attempt = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    maker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    run_after = models.DateTimeField(default=timezone.now)
    woken_at = models.DateTimeField(default=timezone.now)

    storage_type = models.CharField(max_length=10, blank=True)
    name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    purge_after = models.DateTimeField(null=True, blank=True)
    purge_woken_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="archive_by_owner"),
            models.Index(fields=["holder_id", "-created_at"], name="archive_by_holder"),
            models.Index(fields=["created_at"], name="archive_unended", condition=Q(state__in=UNENDED)),
        )
        constraints = (
            models.CheckConstraint(name="archive_state_known", condition=Q(state__in=ArchiveState.values)),
            models.CheckConstraint(
                name="archive_ready_is_stored",
                condition=~Q(state=ArchiveState.READY) | (~Q(name="") & ~Q(storage_type="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]} ({self.state})"

    @property
    def is_unended(self) -> bool:
        return self.state in UNENDED

    @property
    def is_ready(self) -> bool:
        return self.state == ArchiveState.READY

    @property
    def has_failed(self) -> bool:
        return self.state == ArchiveState.FAILED

    @property
    def percent(self) -> int:
        return round(100 * self.progress)

    @property
    def is_everything(self) -> bool:
        return self.kind == ArchiveKind.EVERYTHING

    @property
    def storage(self) -> AudioStorage:
        """The storage that the zip lies on. Raises StorageError where it is configured no more."""
        return storage_of(self.storage_type)

    def name_of(self, attempt: int) -> str:
        """The name under which an attempt stores the zip. Nobody can guess it, for nobody can guess the id."""
        return f"{PREFIX}{self.pk}/{attempt}.zip"

    def claim(self, maker: str) -> bool:
        """Take the archive to make it. False: it is not to be had, or its workers kept dying and it has failed now."""
        now = timezone.now()
        mine = Archive.objects.claimable(now).filter(pk=self.pk)
        lapsed = mine.filter(state=ArchiveState.MAKING)
        lapsed.filter(failures__gte=MOST_FAILURES - 1).update(
            **_failed(now, "The workers that took this kept dying. Ask the operator to look at the logs.")
        )
        taken = {
            "state": ArchiveState.MAKING,
            "attempt": F("attempt") + 1,
            "maker": maker,
            "lease_until": now + LEASE,
            "progress": 0,
        }
        claimed = mine.filter(state=ArchiveState.QUEUED).update(**taken)
        claimed = claimed or lapsed.update(**taken, failures=F("failures") + 1)
        if claimed:
            self.refresh_from_db()
        return claimed == 1

    def beat(self, progress: float) -> bool:
        """Say that it is still being made, and how far. False: its maker has lost it, it was deleted, or given away."""
        return self._held().update(progress=progress, lease_until=timezone.now() + LEASE) == 1

    def finish(self, storage_type: str, name: str, size: int, left_out: list[list[str]]) -> bool:
        """Say that it is stored. False: its maker has lost it, and what was stored is nobody's."""
        return (
            self._held().update(
                state=ArchiveState.READY,
                progress=1,
                storage_type=storage_type,
                name=name,
                size=size,
                left_out=left_out,
                maker="",
                lease_until=None,
                expires_at=timezone.now() + timedelta(hours=settings.ARCHIVE_HOURS),
            )
            == 1
        )

    def fail(self, sentence: str) -> bool:
        """End it for good. The sentence is for its owner."""
        return self._held().update(**_failed(timezone.now(), sentence)) == 1

    def retry_later(self, delay: timedelta, sentence: str) -> bool:
        """Have it made again after a while, or end it where that has been tried often enough."""
        if self.failures + 1 >= MOST_FAILURES:
            return self.fail(sentence)
        return self._requeue(run_after=timezone.now() + delay, failures=F("failures") + 1)

    def hand_back(self) -> bool:
        """Have another worker make it, because this one is to end."""
        return self._requeue(run_after=timezone.now())

    def release(self) -> bool:
        """Let go of one that was deleted meanwhile, so that it can be purged, or that has another owner by now, as
        when its guest logs in to an account: of whose tracks it is made anew.

        True: it is in line again, and the caller sends the message.
        """
        mine = Archive.objects.filter(pk=self.pk, maker=self.maker, attempt=self.attempt).exclude(maker="")
        mine.exclude(deleted_at=None).update(maker="", lease_until=None)
        now = timezone.now()
        given = mine.kept().exclude(owner_id=self.owner_id)
        return given.update(**_queued(now)) == 1

    def note_wake(self, now: datetime) -> bool:
        """Note that a message is being sent to make it. False: somebody else just sent one."""
        return Archive.objects.filter(pk=self.pk, woken_at=self.woken_at).update(woken_at=now) == 1

    def note_purge_wake(self, now: datetime) -> bool:
        """Note that a message to delete what is stored is being sent. False: somebody else just sent one."""
        mine = Archive.objects.to_purge(now).filter(pk=self.pk, purge_woken_at=self.purge_woken_at)
        return mine.update(purge_woken_at=now) == 1

    def _requeue(self, run_after: datetime, **changes: Any) -> bool:
        """The caller sends the message that is due then."""
        return self._held().update(**changes, **_queued(run_after)) == 1

    def _held(self) -> ArchiveQuerySet:
        """This archive, as long as this maker has it and the owner for whom it is made wants it."""
        held = Archive.objects.kept().filter(state=ArchiveState.MAKING, owner_id=self.owner_id)
        return held.filter(pk=self.pk, maker=self.maker, attempt=self.attempt)


def _queued(run_after: datetime) -> dict[str, Any]:
    return {
        "state": ArchiveState.QUEUED,
        "maker": "",
        "lease_until": None,
        "run_after": run_after,
        "woken_at": run_after,
    }


def _failed(now: datetime, sentence: str) -> dict[str, Any]:
    return {
        "state": ArchiveState.FAILED,
        "error": sentence[:MAX_ERROR],
        "maker": "",
        "lease_until": None,
        "expires_at": now + timedelta(hours=settings.ARCHIVE_HOURS),
    }
