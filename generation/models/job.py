"""The job: one order for music, and its whole life."""

import uuid
from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from generation.models import job_changes, job_ends
from generation.models.job_event import EventKind, JobEvent
from generation.models.job_order import JobOrder
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import ACTIVE, TERMINAL, CallState, ErrorCode, Stage, Status
from generation.models.job_table import CONSTRAINTS, INDEXES
from generation.models.lease import Lease
from generation.webhooks.outbox import record_end
from musicgen.metrics.names import COST
from musicgen.scrubbing import scrubbed
from musicgen.text_direction import isolated

if TYPE_CHECKING:
    from generation.models.track import Track

MAX_TEXT = 500
TOO_LATE = "The job could not be finished in time. Try again."
WORKERS_LOST = (
    "The workers that took this job kept dying. Try again, or ask the operator to look at the logs."
)


def _deadline() -> datetime:
    return timezone.now() + timedelta(seconds=settings.JOB_DEADLINE_SECONDS)


class Job(JobOrder):
    """One order for music.

        queued ──claim──▶ processing ──complete──▶ completed
          │ ▲                │  │  └────fail─────▶ failed
          │ └─retry_later,───┘  └──end_canceled──▶ canceled
          │   hand_back
          └──cancel──▶ canceled        (expire: queued, or processing without a worker ──▶ failed)

    Anyone may ask to cancel. Only a worker may claim, and only who holds the lease may move a job that is processing
    (`Lease`): each verb is one conditional UPDATE and says whether this caller was the one; what happened is logged
    with it (`events`). A job is the ledger and is never deleted while its owner exists.

    While a remote call makes its music, a job that is processing needs no worker (`call_state`):

        "" ──follow──▶ followed ──call_ended──▶ ended ──claim──▶ ""
                         │  ▲     (unfollow: nobody follows it)
                         └──┘ adopt

    A follower adopts it and holds its lease until the call has ended; then a worker collects the result.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="jobs")
    # Of a guest's order, what stands for its address, until some days after the end. Guests of one take turns as one.
    address_key = models.UUIDField(null=True, blank=True, editable=False)
    turn_id = models.GeneratedField(
        expression=Coalesce("address_key", "owner_id"), output_field=models.UUIDField(), db_persist=True
    )
    # Of the HTTP request that ordered it (`X-Request-ID`), by which its lines in the log are found.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=12, choices=Stage, blank=True)
    progress = models.FloatField(null=True, blank=True)
    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries"
    )
    first_track = models.ForeignKey(
        "generation.Track", on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )

    attempt = models.PositiveSmallIntegerField(default=0)
    lost_workers = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, null=True, blank=True, unique=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    call_id = models.CharField(max_length=120, blank=True)
    call_indexes = models.JSONField(default=list, db_default=[], blank=True)
    call_state = models.CharField(max_length=12, choices=CallState, blank=True)
    run_after = models.DateTimeField(default=timezone.now)
    woken_at = models.DateTimeField(default=timezone.now)
    deadline_at = models.DateTimeField(default=_deadline)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    leftovers = models.BooleanField(default=False)
    # Of music, all variations and takes: what counts against QUOTA_SECONDS_PER_DAY.
    ordered_seconds = models.FloatField(default=0, db_default=0)
    # Of music that is stored once all of it is made: what counts against QUOTA_STORED_MINUTES until then.
    stored_seconds = models.FloatField(default=0, db_default=0)
    # What one call of its engine is expected to cost (None: nothing), and how many were begun (`models.spending`).
    expected_usd = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)
    calls_begun = models.PositiveSmallIntegerField(default=0, db_default=0)

    error_code = models.CharField(max_length=24, choices=ErrorCode, blank=True)
    error_message = models.TextField(blank=True)
    error_retryable = models.BooleanField(default=False)
    error_detail = models.TextField(blank=True)

    generate_seconds = models.FloatField(null=True, blank=True)
    store_seconds = models.FloatField(null=True, blank=True)
    cost_usd = models.DecimalField(max_digits=10, decimal_places=6, null=True, blank=True)

    # When its owner took it off the list of the latest orders, after it failed or was canceled.
    dismissed_at = models.DateTimeField(null=True, blank=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = INDEXES
        constraints = CONSTRAINTS

    def __str__(self) -> str:
        return f"{isolated(self.request.prompt[:60])} ({self.status})"

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_retryable(self) -> bool:
        """Whether its owner may order the same again."""
        return self.status in (Status.FAILED, Status.CANCELED)

    @property
    def queue_seconds(self) -> float | None:
        """Seconds from the order to the first start."""
        return (
            None if self.started_at is None else max(0.0, (self.started_at - self.created_at).total_seconds())
        )

    @property
    def elapsed_seconds(self) -> float:
        """Seconds from the order until it ended, or until now."""
        return ((self.finished_at or timezone.now()) - self.created_at).total_seconds()

    @property
    def kept_tracks(self) -> "list[Track]":
        """The tracks that its owner has not deleted, in the order of the variations."""
        loaded = self.__dict__.get("loaded_tracks")  # by JobQuerySet.with_tracks
        tracks = self.tracks.all() if loaded is None else loaded
        return sorted((track for track in tracks if track.deleted_at is None), key=lambda track: track.index)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the job anew, and its tracks when they are next asked for."""
        super().refresh_from_db(*args, **kwargs)
        self.__dict__.pop("loaded_tracks", None)

    @property
    def attempts_used(self) -> int:
        """Attempts that ended by the job's own failing, not by a worker's death."""
        return self.attempt - self.lost_workers

    def claim(self, owner: str) -> Lease | None:
        """Take the job to work on it. None: it is not to be had, leave quietly.

        Where its remote call has ended, the attempt that started the call goes on.
        """
        now = timezone.now()
        claimable = Job.objects.claimable(now)
        lease = job_changes.leased(owner, now)
        taken = {
            "status": Status.PROCESSING,
            "stage": Stage.STARTING,
            "progress": None,
            "attempt": F("attempt") + 1,
            "claimed_at": now,
            "started_at": Case(When(started_at=None, then=Value(now)), default=F("started_at")),
            "leftovers": True,
            "store_seconds": None,
            **lease,
        }
        called = claimable.filter(call_state=CallState.ENDED)
        if self.move(called, EventKind.COLLECTING, owner, call_state="", **lease):
            return Lease(self, owner, call_has_ended=True)
        queued = claimable.filter(status=Status.QUEUED)
        if self.move(queued, EventKind.CLAIMED, owner, **taken):
            return Lease(self, owner)
        lapsed = claimable.filter(status=Status.PROCESSING, call_state="")
        lost = F("lost_workers") + 1
        if self.move(lapsed, EventKind.TAKEN_OVER, owner, lost_workers=lost, **taken):
            return Lease(self, owner)
        return None

    def adopt(self, owner: str) -> Lease | None:
        """Hold the job while its remote call is followed. None: another follower was faster, or nobody wants it."""
        now = timezone.now()
        adopted = self.move(
            Job.objects.adoptable(now), EventKind.ADOPTED, owner, **job_changes.leased(owner, now)
        )
        return Lease(self, owner) if adopted else None

    def unfollow(self) -> bool:
        """Have a worker look after the call, because no follower does. False: one does after all."""
        unfollowed = Job.objects.unfollowed(timezone.now())
        return self.move(
            unfollowed, EventKind.CALL_ENDED, "or no follower knows", **job_changes.call_ended(self.pk)
        )

    def note_wake(self, now: datetime) -> bool:
        """Note that a message for this job is being sent. False: somebody else just sent one."""
        mine = Job.objects.claimable(now).filter(woken_at=self.woken_at)
        return self.move(mine, EventKind.WOKEN, woken_at=now)

    def cancel(self) -> bool:
        """End the job at once if it is queued; ask its worker to stop if it is processing. False: it has ended."""
        while not (self._cancel_queued() or self._ask_to_stop()):
            if not Job.objects.active().filter(pk=self.pk).exists():
                return False
            # Its worker put it back in the queue between the two questions.
        return True

    def expire(self) -> bool:
        """End a job that nobody works on and that nobody may take any more."""
        now = timezone.now()
        expired = Job.objects.expired(now)
        if self.move(
            expired.filter(cancel_requested_at__isnull=False),
            EventKind.CANCELED,
            **job_changes.ended(Status.CANCELED),
        ):
            return True
        late = self.deadline_at <= now
        code = ErrorCode.DEADLINE_EXCEEDED if late else ErrorCode.WORKER_LOST
        return self.move(
            expired.filter(cancel_requested_at=None),
            EventKind.FAILED,
            code,
            error_code=code,
            error_message=TOO_LATE if late else WORKERS_LOST,
            error_retryable=True,
            **job_changes.ended(Status.FAILED),
        )

    def note_leftovers(self, now: datetime) -> bool:
        """Note that this ended job has left something behind and that a message about it is being sent.

        False: it lives, or is completed, and then its tracks name all that was stored.
        """
        ended_badly = Job.objects.filter(status__in=(Status.FAILED, Status.CANCELED))
        return self.move(ended_badly, leftovers=True, woken_at=now)

    def forget_leftovers(self) -> bool:
        """Say that nothing is left of an ended job but what its tracks name. False: more was left meanwhile."""
        ended = Job.objects.filter(status__in=TERMINAL, woken_at=self.woken_at)
        return self.move(ended, leftovers=False, call_id="")

    def note(self, kind: EventKind, text: str) -> None:
        """Log what happened to the job beside its own moves."""
        JobEvent.objects.create(job_id=self.pk, kind=kind, text=scrubbed(text)[:MAX_TEXT])

    def lacking(self) -> list[int]:
        """The indexes of the variations that are still to be made."""
        made = set(self.tracks.values_list("index", flat=True))
        return [index for index in range(self.request.variations) if index not in made]

    def add_reasons(self, reasons: Iterable[str]) -> bool:
        """Add what its model decided by itself, once. For the transaction that saves a track."""
        new = [reason for reason in reasons if reason not in self.reasons]
        return self.move(Job.objects.all(), reasons=[*self.reasons, *new]) if new else False

    def add_cost(self, dollars: Decimal) -> bool:
        """Add what one of its tracks cost. For the transaction that saves that track."""
        so_far = Coalesce(F("cost_usd"), Value(Decimal(0)), output_field=models.DecimalField())
        transaction.on_commit(lambda: COST.add(self.engine, amount=float(dollars)))
        return self.move(Job.objects.all(), cost_usd=so_far + dollars)

    def move(
        self, allowed: JobQuerySet, kind: EventKind | None = None, text: str = "", /, **changes: Any
    ) -> bool:
        """Apply the changes if this job is among the allowed ones, in one UPDATE, log it, and read the job anew.

        Its end goes to its owner's webhooks. False too where it is gone: its owner was deleted meanwhile.
        """
        mine = allowed.filter(pk=self.pk)
        if kind is None:
            moved = mine.update(**changes) == 1
        else:
            with transaction.atomic():
                moved = mine.update(**changes) == 1
                if moved:
                    self.note(kind, text)
                    if changes.get("status") in TERMINAL:
                        record_end(self, changes["status"])
        try:
            self.refresh_from_db()
        except Job.DoesNotExist:
            return False
        if moved and changes.get("status") in TERMINAL:
            transaction.on_commit(partial(job_ends.report, copy(self)))
        return moved

    def _cancel_queued(self) -> bool:
        return self.move(
            Job.objects.queued(),
            EventKind.CANCELED,
            cancel_requested_at=timezone.now(),
            **job_changes.ended(Status.CANCELED),
        )

    def _ask_to_stop(self) -> bool:
        processing = Job.objects.filter(status=Status.PROCESSING)
        return (
            self.move(
                processing.filter(cancel_requested_at=None),
                EventKind.CANCEL_ASKED,
                cancel_requested_at=timezone.now(),
            )
            or processing.filter(pk=self.pk).exists()
        )
