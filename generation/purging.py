"""Deleting for good: the audio of deleted tracks, however long that takes, and after it the rows of deleted users."""

import logging
import random
import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, Min, OuterRef, ProtectedError, Q
from django.utils import timezone

from accounts.models import User
from generation import queue, tracks
from generation.models import Job, Track
from generation.models.job_states import ACTIVE
from generation.storage import StorageError

logger = logging.getLogger(__name__)
WOKEN_AT_ONCE = 100
REMOVED_AT_ONCE = 20
SHORTEST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
SHORTEST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)


def attend(track_id: uuid.UUID) -> None:
    """Delete what is stored of a deleted track if that is due; put it off for a while where the storage fails."""
    track = Track.objects.to_purge(timezone.now()).filter(pk=track_id).first()
    if track is None:
        return
    try:
        tracks.purge(track.pk)
    except StorageError as error:
        _put_off(track, error)


def wake(now: datetime) -> int:
    """Send the messages that deleted tracks are waiting for, and say how many."""
    return sum(_wake(track, now) for track in Track.objects.unattended(now)[:WOKEN_AT_ONCE])


def clear_out_closed_accounts() -> None:
    """Cancel the jobs and delete the tracks of deleted users, also those that a worker has added meanwhile."""
    closed = User.objects.closed()
    for job in Job.objects.active().filter(owner__in=closed, cancel_requested_at=None):
        job.cancel()
    Track.objects.filter(owner__in=closed).discard(timezone.now())


def remove_closed_accounts() -> int:
    """Remove the rows of deleted users of whom nothing is stored or worked on any more, and say of how many."""
    stored = Track.objects.filter(Q(owner=OuterRef("pk")) | Q(job__owner=OuterRef("pk")), purged_at=None)
    worked_on = Job.objects.filter(Q(status__in=ACTIVE) | Q(leftovers=True), owner=OuterRef("pk"))
    left = User.objects.closed().exclude(Exists(stored)).exclude(Exists(worked_on))
    return sum(_remove(user) for user in left[:REMOVED_AT_ONCE])


def delay_after(age: timedelta, draw: float) -> timedelta:
    """How long to wait before another try for what was deleted `age` ago: half of that, 5 s to an hour, spread.

    `draw` is a number from 0 to 1, so that what failed together does not come back together.
    """
    return min(LONGEST_DELAY, max(SHORTEST_DELAY, age / 2)) * (0.5 + draw)


def pause_after(age: timedelta) -> timedelta:
    """How long nothing at all is tried after a try that failed, in an outage at least that old: 15 s to 5 minutes.

    Each try costs a worker seconds that jobs wait for.
    """
    return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, age / 4))


def _put_off(track: Track, error: StorageError) -> None:
    now = timezone.now()
    delay = delay_after(now - (track.deleted_at or now), random.random())
    if error.retryable:
        oldest = Track.objects.unpurged().aggregate(at=Min("deleted_at"))["at"] or now
        pause = pause_after(now - oldest)
        Track.objects.postpone_purge(now + pause)
        delay += pause  # after the others, so that one object that fails for ever cannot hold them up
    Track.objects.filter(pk=track.pk).postpone_purge(now + delay)
    logger.warning(
        "Deleted track %s is still stored, next try in %.0f s: %s", track.pk, delay.total_seconds(), error
    )


def _wake(track: Track, now: datetime) -> bool:
    with transaction.atomic():
        woken = track.note_purge_wake(now)
        if woken:
            queue.wake_for_purge(track.pk)
    return woken


def _remove(user: User) -> bool:
    try:
        with transaction.atomic():
            Job.objects.filter(owner=user).delete()
            user.delete()
    except (ProtectedError, IntegrityError):
        # Something was added in this very moment; it is cleared out first.
        return False
    return True
