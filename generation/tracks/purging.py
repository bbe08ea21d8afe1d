"""Deleting the stored files of deleted tracks, tried again and again while a storage fails."""

import logging
import random
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from generation.models import Rendition, Track
from generation.queue import messages
from generation.storage import StorageError, configured_storages
from generation.storage.keys import Moves
from generation.tracks import expiring

logger = logging.getLogger(__name__)
WOKEN_AT_ONCE = 100
SHORTEST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
SHORTEST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)


def purge_if_due(track_id: uuid.UUID) -> None:
    """Delete what is stored of a deleted track if that is due; postpone it where the storage fails."""
    now = timezone.now()
    # Its words first: from then on its owner cannot have it back, of which a part might be gone.
    if not Track.objects.to_purge(now).filter(pk=track_id).forget(now):
        return
    try:
        purge(track_id)
    except StorageError as error:
        _postpone(Track.objects.get(pk=track_id), error)


def purge(track_id: uuid.UUID) -> None:
    """Delete everything stored of a deleted track. Raises StorageError; asking again goes on where it ended."""
    while True:
        track = Track.objects.unpurged().filter(pk=track_id).first()
        if track is None:
            return
        # A rendition or track that was moved at the last moment is met again in the next round, where it lies then.
        for rendition in track.renditions.all():
            _delete_file(rendition)
            rendition.where_it_was().delete()
        track.playlist_entries.all().delete()
        expiring.delete_of_track(track)
        _delete_file(track)
        if not track.renditions.exists():
            track.where_it_was().update(purged_at=timezone.now(), peaks=b"")


def wake(now: datetime) -> int:
    """Send the messages that deleted tracks are waiting for, and return how many."""
    return sum(_wake(track, now) for track in Track.objects.without_message(now)[:WOKEN_AT_ONCE])


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


def _postpone(track: Track, error: StorageError) -> None:
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
            messages.wake_for_purge(track.pk)
    return woken


def _delete_file(file: Track | Rendition) -> None:
    """Delete a file where it lies, and on the other storages what an interrupted move may have left there."""
    file.storage.delete(file.storage_key)
    moves = Moves.of(file.storage_key)
    for storage_type, storage in configured_storages().items():
        if storage_type != file.storage_type:
            for left in (moves.before(), moves.after()):
                if left is not None:
                    storage.delete(left.name)
