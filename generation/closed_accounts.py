"""Deleted users: their jobs end, their tracks go, and when nothing of them is stored any more, their rows too."""

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q
from django.utils import timezone

from accounts.models import User
from generation.models import Job, Track
from generation.models.job_states import ACTIVE

REMOVED_AT_ONCE = 20


def clear_out() -> None:
    """Cancel the jobs and delete the tracks of deleted users, also those that a worker has added meanwhile."""
    closed = User.objects.closed()
    for job in Job.objects.active().filter(owner__in=closed, cancel_requested_at=None):
        job.cancel()
    Track.objects.filter(owner__in=closed).discard(timezone.now())


def remove_rows() -> int:
    """Remove the rows of deleted users of whom nothing is stored or worked on any more, and say of how many."""
    stored = Track.objects.filter(Q(owner=OuterRef("pk")) | Q(job__owner=OuterRef("pk")), purged_at=None)
    worked_on = Job.objects.filter(Q(status__in=ACTIVE) | Q(leftovers=True), owner=OuterRef("pk"))
    left = User.objects.closed().exclude(Exists(stored)).exclude(Exists(worked_on))
    return sum(_remove(user) for user in left[:REMOVED_AT_ONCE])


def _remove(user: User) -> bool:
    try:
        with transaction.atomic():
            Job.objects.filter(owner=user).delete()
            user.delete()
    except (ProtectedError, IntegrityError):
        # Something was added in this very moment; it is cleared out first.
        return False
    return True
