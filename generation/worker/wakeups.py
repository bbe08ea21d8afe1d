"""Waking workers for jobs that wait though nobody works on them: their message was lost, or came too early."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from generation.engines.registry import remote_engines
from generation.models import Job, quotas
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import Status
from generation.queue import messages

WOKEN_AT_ONCE = 100


def wake_for_jobs(now: datetime, waiting: int) -> int:
    """Send as many messages as there are jobs to take beyond the messages that wait: those were lost."""
    lost = min(Job.objects.takeable(now).count() - waiting, WOKEN_AT_ONCE)
    return sum(_wake(job, now) for job in Job.objects.without_message(now)[: max(0, lost)])


def wake_for_place(job: Job) -> None:
    """Where a job has left its place at a remote engine, or among those that its owner may have made at once, have a
    worker take one that waited for it.

    The message of that one may have come when there was no place.
    """
    if job.status == Status.PROCESSING:
        return
    now = timezone.now()
    if job.engine in remote_engines():
        _wake_first(Job.objects.without_message(now).filter(engine=job.engine), now)
    elif quotas.was_at_running_quota(job):
        _wake_first(Job.objects.without_message(now).filter(turn_id=job.turn_id), now)


def wake_for_unfollowed_calls(now: datetime) -> int:
    """Have workers look after calls that no follower follows, and say how many."""
    return sum(_wake_for_call(job) for job in Job.objects.unfollowed(now)[:WOKEN_AT_ONCE])


def _wake_first(waiting: JobQuerySet, now: datetime) -> None:
    first = waiting.filter(status=Status.QUEUED).first()
    if first is not None:
        _wake(first, now)


def _wake(job: Job, now: datetime) -> bool:
    with transaction.atomic():
        woken = job.note_wake(now)
        if woken:
            messages.wake_for_job(job.pk)
    return woken


def _wake_for_call(job: Job) -> bool:
    with transaction.atomic():
        unfollowed = job.unfollow()
        if unfollowed:
            messages.wake_for_result(job.pk)
    return unfollowed
