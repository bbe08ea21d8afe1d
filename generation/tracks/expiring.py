"""Stored files that no row names, deleted at their time: those being written, and those that others have replaced."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generation.models import ExpiringFile, Track
from generation.queue import messages
from generation.storage import audio_storage, configured_storages, storage_of

WRITING = timedelta(hours=1)
# A page may have been sent a while after its row was read, and with it a URL that was signed then.
MARGIN = timedelta(minutes=5)
# Of one track. Whoever renames and downloads again and again fills no disk; the oldest addresses end sooner.
MOST_REPLACED = 10
WOKEN_AT_ONCE = 50


def about_to_write(track: Track, name: str) -> ExpiringFile:
    """Note that a file of a track is being written, to be deleted unless a row comes to name it."""
    return ExpiringFile.objects.create(
        track_id=track.pk,
        storage_type=audio_storage().storage_type,
        name=name,
        delete_after=timezone.now() + WRITING,
    )


def note_replaced(track: Track, storage_type: str, name: str) -> None:
    """Have a file deleted once every signed URL of it has ended, and the oldest of many such files now."""
    longest = max(settings.STORAGE_URL_EXPIRE_SECONDS, settings.SHARED_URL_EXPIRE_SECONDS)
    now, life = timezone.now(), timedelta(seconds=longest)
    ExpiringFile.objects.create(
        track_id=track.pk, storage_type=storage_type, name=name, delete_after=now + life + MARGIN
    )
    of_track = ExpiringFile.objects.filter(track_id=track.pk)
    oldest = of_track.order_by("-pk").values_list("pk", flat=True)[MOST_REPLACED:]
    of_track.filter(pk__in=list(oldest)).update(delete_after=now)


def delete_file(file: ExpiringFile) -> None:
    """Delete a file, and then what is noted of it. Raises StorageError; then the note stays."""
    storage_of(file.storage_type).delete(file.name)
    file.delete()


def delete_claimed(pk: int) -> None:
    """Delete a file for which a message was sent. Raises StorageError; the reaper asks again later."""
    file = ExpiringFile.objects.filter(pk=pk).exclude(claimed_at=None).first()
    if file is not None:
        delete_file(file)


def delete_of_track(track: Track) -> None:
    """Delete such files of a deleted track before their time. Raises StorageError.

    What is noted of them stays until then: a worker may be writing one at this moment.
    """
    there = configured_storages()
    for file in ExpiringFile.objects.filter(track_id=track.pk, storage_type__in=there):
        there[file.storage_type].delete(file.name)


def wake(now: datetime) -> int:
    """Send the messages that files to be deleted are waiting for, and return how many."""
    due = ExpiringFile.objects.due(now).filter(storage_type__in=configured_storages())
    return sum(_wake(file, now) for file in due.order_by("delete_after")[:WOKEN_AT_ONCE])


def _wake(file: ExpiringFile, now: datetime) -> bool:
    with transaction.atomic():
        claimed = file.claim(now)
        if claimed:
            messages.wake_for_expired_file(file.pk)
    return claimed
