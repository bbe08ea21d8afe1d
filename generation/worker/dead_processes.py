"""What a process of this machine held that is known to be dead: its leases end now and need not run out."""

import logging

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from generation.models import Job, Lease, WebhookDelivery
from generation.models.job_states import Status
from generation.models.lease import owner_prefix
from generation.queue import messages
from musicgen.logging import working_on

logger = logging.getLogger(__name__)


def release_jobs_of(pid: int) -> int:
    """End the lease of the job that a dead process of this machine held, so that a worker takes it now.

    A job that has cost a worker before waits until its lease runs out: one that kills workers must not do so in a
    rush. Returns how many were released; none where the database is away, because every lease runs out in the end.
    """
    try:
        now = timezone.now()
        held = Job.objects.filter(
            status=Status.PROCESSING,
            lease_owner__startswith=owner_prefix(pid),
            lost_workers=0,
            call_state="",
        )
        return sum(_release(job) for job in held.filter(lease_until__gt=now))
    except (DatabaseError, InterfaceError):
        logger.warning("The job of the dead worker %d waits until its lease runs out", pid, exc_info=True)
        connection.close()
        return 0


def release_calls_of(pid: int) -> int:
    """End the leases under which a dead follower of this machine followed calls, so that its successor adopts them.

    Returns how many they were; none where the database is away, because every lease runs out in the end.
    """
    try:
        return Job.objects.followed_by(owner_prefix(pid)).update(lease_until=timezone.now())
    except (DatabaseError, InterfaceError):
        logger.warning(
            "The calls of the dead follower %d wait until their leases run out", pid, exc_info=True
        )
        connection.close()
        return 0


def release_deliveries_of(pid: int) -> int:
    """Have what a dead sender of this machine was delivering sent again by its successor.

    Returns how many those were; none where the database is away, because they are all due again soon.
    """
    try:
        return WebhookDelivery.objects.release(owner_prefix(pid))
    except (DatabaseError, InterfaceError):
        logger.warning("What the dead sender %d was delivering waits for a minute", pid, exc_info=True)
        connection.close()
        return 0


def _release(job: Job) -> bool:
    with working_on(job.pk), transaction.atomic():
        released = Lease(job, job.lease_owner or "").release()
        if released:
            messages.wake_for_job(job.pk)
    return released
