"""Leftovers: what a job that ended without music may have left behind, a remote call or stored audio."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from generation.engines.base import RemoteEngine
from generation.engines.registry import UnknownEngine, get_engine
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.queue import messages
from generation.tracks import files

WOKEN_AT_ONCE = 100


def schedule_cleanup(job: Job) -> None:
    """Have a worker clear up after a job that has just ended, if there may be anything. Commits with its end.

    Of a canceled job the finished variations go at once; of a failed one its owner keeps them.
    """
    if job.status == Status.CANCELED:
        _discard(job)
    if job.leftovers and not job.is_active and job.note_leftovers(timezone.now()):
        messages.wake_for_leftovers(job.pk)


def schedule_cleanups(canceled: Collection[uuid.UUID]) -> None:
    """The same after many jobs that were just canceled, by their ids; their rows are locked."""
    now = timezone.now()
    tracks = list(Track.objects.kept().filter(job_id__in=canceled).values_list("pk", flat=True))
    if tracks:
        Track.objects.filter(pk__in=tracks).discard(now, woken_at=now)
    begun = Job.objects.filter(pk__in=canceled, leftovers=True)
    left = list(begun.values_list("pk", flat=True))
    if left:
        begun.update(woken_at=now)
    for track_id in tracks:
        messages.wake_for_purge(track_id)
    for job_id in left:
        messages.wake_for_leftovers(job_id)


def wake(now: datetime) -> int:
    """Send anew the messages about leftovers that nobody has cleared, and say how many."""
    done = 0
    for job in Job.objects.with_leftovers(now)[:WOKEN_AT_ONCE]:
        with transaction.atomic():
            schedule_cleanup(job)
        done += 1
    return done


def clear(job_id: uuid.UUID) -> None:
    """Cancel the remote call of a job that failed or was canceled, and delete what is stored without a track.

    Raises EngineError and StorageError; asking again goes on where it ended.
    """
    job = Job.objects.filter(pk=job_id, leftovers=True, status__in=(Status.FAILED, Status.CANCELED)).first()
    if job is None:
        return
    _cancel_call(job)
    for index in range(job.request.variations):
        if not job.tracks.filter(index=index).exists():
            files.delete_unsaved(job, index)
    job.forget_leftovers()


def _cancel_call(job: Job) -> None:
    if not job.call_id:
        return
    try:
        engine = get_engine(job.engine)
    except UnknownEngine:
        return  # and with it all knowledge of how to reach the call
    if isinstance(engine, RemoteEngine):
        engine.cancel(job.call_id)


def _discard(job: Job) -> None:
    for track in Track.objects.kept().filter(job=job):
        if track.discard():
            messages.wake_for_purge(track.pk)
