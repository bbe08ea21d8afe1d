"""The lease: for how long, and for whom, a job is in somebody's hands, and what only they may do with it."""

import os
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from generation.models import job_changes
from generation.models.job_event import EventKind
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import CallState, Stage, Status
from musicgen.scrubbing import scrubbed

if TYPE_CHECKING:
    from generation.models.job import Job


def owner_prefix(pid: int) -> str:
    """How the owners of all leases begin that one process of this machine holds."""
    return f"{socket.gethostname()[:60]}:{pid}:"


def new_owner() -> str:
    """An owner for the next lease of this process, unlike all others."""
    return f"{owner_prefix(os.getpid())}{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in the hands of one worker or follower, `owner`, until `job.lease_until`. Made by `claim` and `adopt`.

    Each verb is one conditional UPDATE with its line in the log, as those of the job are, and reads the job anew. It is
    False where the lease is lost: it ran out, and somebody else has the job or it has ended.

    `call_has_ended`: the job was claimed because its remote call has ended.
    """

    job: "Job"
    owner: str
    call_has_ended: bool = False

    def beat(self, *, stage: str, progress: float | None) -> bool:
        """Renew the lease, and note how far the work is. False: throw the work away."""
        return self.job.move(
            self._held(),
            EventKind.STAGE if stage != self.job.stage else None,
            stage,
            lease_until=timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS),
            stage=stage,
            progress=progress,
        )

    def keep_call(self, call_id: str, indexes: Sequence[int] = ()) -> bool:
        """Remember the remote call that makes the variations of these indexes, in its order.

        Without indexes it makes the first that is lacking.
        """
        return self.job.move(
            self._held(),
            EventKind.CALL,
            call_id,
            call_id=call_id,
            call_indexes=list(indexes),
            calls_begun=F("calls_begun") + 1,
        )

    def forget_call(self) -> bool:
        """Forget the remote call: all that it made is stored, or it came to nothing."""
        return self.job.move(self._held(), call_id="", call_indexes=[])

    def renew(self) -> bool:
        """Renew the lease. In a transaction it holds until that ends."""
        until = timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        return self.job.move(self._held(), lease_until=until)

    def follow(self, *, store_seconds: float) -> bool:
        """Leave the job to a follower, which holds it until its remote call has ended.

        `store_seconds` is what storing took so far in this attempt. False too where its owner asked to cancel.
        """
        return self.job.move(
            self._wanted().filter(call_state="").exclude(call_id=""),
            EventKind.FOLLOWED,
            call_state=CallState.FOLLOWED,
            stage=Stage.GENERATING,
            store_seconds=store_seconds,
            **job_changes.left_to_anybody(self.job.pk),
        )

    def call_ended(self) -> bool:
        """Note that the call has ended, well or badly: a worker may collect its result.

        False too where its owner asked to cancel.
        """
        return self.job.move(
            self._wanted().filter(call_state=CallState.FOLLOWED),
            EventKind.CALL_ENDED,
            **job_changes.call_ended(self.job.pk),
        )

    def complete(self, *, generate_seconds: float, store_seconds: float) -> bool:
        """End the job: all tracks are stored and verified. False too where its owner asked to cancel."""
        return self.job.move(
            self._wanted(),
            EventKind.COMPLETED,
            first_track_id=self.job.tracks.order_by("index").values("pk")[:1],
            progress=1.0,
            generate_seconds=generate_seconds,
            store_seconds=store_seconds,
            error_detail="",
            leftovers=False,
            **job_changes.ended(Status.COMPLETED),
        )

    def fail(self, *, code: str, message: str, retryable: bool, detail: str = "") -> bool:
        """End the job. `message` is for its owner, `detail` for the operator alone.

        False too where its owner asked to cancel.
        """
        return self.job.move(
            self._wanted(),
            EventKind.FAILED,
            f"{code}: {detail or message}",
            error_code=code,
            error_message=scrubbed(message),
            error_retryable=retryable,
            error_detail=scrubbed(detail),
            **job_changes.ended(Status.FAILED),
        )

    def retry_later(self, *, delay: float, detail: str = "") -> bool:
        """Put the job back in the queue after a failed attempt, to be taken no sooner than in `delay` seconds.

        `detail` is the reason, for the operator. False too where its owner asked to cancel.
        """
        return self.job.move(
            self._wanted(),
            EventKind.RETRIED,
            f"in {delay:.1f} s: {detail}",
            error_detail=scrubbed(detail),
            **job_changes.requeued(delay),
        )

    def hand_back(self, *, delay: float = 0, detail: str = "") -> bool:
        """Put the job back in the queue for a reason that is not its own; this attempt is not counted.

        A remote call goes on, and the next worker asks for its result. False too where its owner asked to cancel.
        """
        return self.job.move(
            self._wanted(),
            EventKind.HANDED_BACK,
            detail,
            attempt=F("attempt") - 1,
            **job_changes.requeued(delay),
        )

    def release(self) -> bool:
        """End the lease of a worker that is known to be dead, so that another one may take the job now."""
        return self.job.move(self._held(), EventKind.RELEASED, self.owner, lease_until=timezone.now())

    def end_canceled(self) -> bool:
        """End the job, because its owner asked for it and the work has stopped."""
        return self.job.move(
            self._held().filter(cancel_requested_at__isnull=False),
            EventKind.CANCELED,
            **job_changes.ended(Status.CANCELED),
        )

    def _held(self) -> JobQuerySet:
        return type(self.job).objects.held_by(self.owner)

    def _wanted(self) -> JobQuerySet:
        """Held, and its owner has not asked to cancel."""
        return self._held().filter(cancel_requested_at=None)
