"""Canceling many jobs in a few statements, each as `Job.cancel` does with one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from generation.models import job_changes, job_ends
from generation.models.job import Job
from generation.models.job_event import EventKind, JobEvent
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import Status
from generation.webhooks.outbox import record_ends


@dataclass(frozen=True, slots=True)
class Canceled:
    """Jobs that had not ended when they were canceled: those that have now, and those whose workers are to stop."""

    ended: tuple[UUID, ...]
    stopping: tuple[UUID, ...]

    @property
    def count(self) -> int:
        return len(self.ended) + len(self.stopping)


@transaction.atomic
def cancel_all(jobs: JobQuerySet) -> Canceled:
    """End those that are queued, ask the workers of those that are processing to stop, and leave those that have ended.

    The rows are locked first, in the order of their ids as by whoever locks several, and then each moves by what it is
    under the lock: nobody takes a job from the queue or puts it back in between. At most nine statements.
    """
    now = timezone.now()
    active = jobs.active().order_by("pk").select_for_update(no_key=True)
    found = list(active.values_list("pk", "status", "cancel_requested_at"))
    queued = [pk for pk, status, _ in found if status == Status.QUEUED]
    stopping = [pk for pk, status, _ in found if status == Status.PROCESSING]
    unasked = [pk for pk, status, asked_at in found if status == Status.PROCESSING and asked_at is None]
    _move(queued, Status.QUEUED, EventKind.CANCELED, now, **job_changes.ended(Status.CANCELED))
    _move(unasked, Status.PROCESSING, EventKind.CANCEL_ASKED, now)
    if queued:
        record_ends(Job.objects.filter(pk__in=queued), Status.CANCELED)
        transaction.on_commit(partial(_report, queued))
    return Canceled(tuple(queued), tuple(stopping))


def _report(ids: list[UUID]) -> None:
    for job in Job.objects.filter(pk__in=ids):
        job_ends.report(job)


def _move(ids: Iterable[UUID], allowed: Status, kind: EventKind, now: datetime, /, **changes: object) -> None:
    """One UPDATE of jobs that are locked, and their lines in the log."""
    ids = list(ids)
    if not ids:
        return
    moved = Job.objects.filter(pk__in=ids, status=allowed).update(cancel_requested_at=now, **changes)
    if moved != len(ids):
        raise RuntimeError(f"{moved} of {len(ids)} jobs were {allowed} under their locks.")
    JobEvent.objects.bulk_create(JobEvent(job_id=pk, kind=kind, at=now) for pk in ids)
