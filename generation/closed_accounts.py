"""Deleted users: their jobs end, tracks and archives go, and when nothing of them is stored any more, their rows."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from generation.models import Archive, Job, Playlist, Track
from generation.models.job_states import ACTIVE
from generation.queue import messages

REMOVED_AT_ONCE = 20
FORGOTTEN_AT_ONCE = 100


def clear_out(only: User | None = None) -> None:
    """Cancel the jobs and delete the tracks of deleted users, also those that a worker has added meanwhile."""
    closed = User.objects.closed()
    if only is not None:
        closed = closed.filter(pk=only.pk)
    for job in Job.objects.active().filter(owner__in=closed, cancel_requested_at=None):
        job.cancel()
    tracks, now = Track.objects.filter(owner__in=closed), timezone.now()
    tracks.discard(now)
    tracks.withdrawn().forget(now)
    Archive.objects.filter(owner__in=closed).discard(now)
    Playlist.objects.filter(owner__in=closed).delete()


def remove_rows() -> int:
    """Remove the rows of deleted users of whom nothing is stored or worked on any more, and say of how many."""
    return sum(_remove(user) for user in removable()[:REMOVED_AT_ONCE])


def removable() -> QuerySet[User]:
    """Deleted users of whom nothing is stored or worked on any more. Of staff whom the log names only their jobs go."""
    # Two questions, each by an index: with "or" between them PostgreSQL reads all tracks for each user.
    stored = Track.objects.filter(owner=OuterRef("pk"), purged_at=None)
    of_jobs = Track.objects.filter(job__owner=OuterRef("pk"), purged_at=None)
    worked_on = Job.objects.filter(Q(status__in=ACTIVE) | Q(leftovers=True), owner=OuterRef("pk"))
    archives = Archive.objects.filter(owner=OuterRef("pk"))
    only_logged = Exists(_done_by(OuterRef("pk"))) & ~Exists(Job.objects.filter(owner=OuterRef("pk")))
    left = User.objects.closed().exclude(Exists(stored)).exclude(Exists(of_jobs)).exclude(only_logged)
    return left.exclude(Exists(worked_on)).exclude(Exists(archives))


def _remove(user: User) -> bool:
    try:
        with transaction.atomic():
            _forget(user)
            Job.objects.filter(owner=user).delete()
            # Its lines would go with the row, which has no name any more.
            if not _done_by(user.pk).exists():
                user.delete()
    except (ProtectedError, IntegrityError):
        # Something was added in this very moment; it is cleared out first.
        return False
    return True


def _done_by(staff: Any) -> QuerySet[LogEntry]:
    """What somebody did as staff."""
    return LogEntry.objects.filter(user=staff)


def _forget(user: User) -> None:
    """Delete what the queue has kept of tasks that failed, and what the admin's log calls that which is gone."""
    own = [Job.objects.filter(owner=user), Track.objects.filter(owner=user)]
    ids = [str(pk) for rows in own for pk in rows.values_list("pk", flat=True)]
    for first in range(0, len(ids), FORGOTTEN_AT_ONCE):
        some = ids[first : first + FORGOTTEN_AT_ONCE]
        messages.forget(some)
        _nameless(some)
    _nameless([str(user.pk)])


def _nameless(ids: list[str]) -> None:
    named = LogEntry.objects.filter(object_id__in=ids)
    named.update(object_id=None, object_repr="deleted", change_message="")
