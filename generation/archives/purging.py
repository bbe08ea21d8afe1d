"""Deleting archives that are over, and what is stored of them, tried again and again while a storage fails."""

import logging
import random
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from generation.models import Archive
from generation.queue import messages
from generation.storage import NotSupported, StorageError, configured_storages
from generation.tracks.purging import delay_after

logger = logging.getLogger(__name__)
WOKEN_AT_ONCE = 100


def discard_expired(now: datetime) -> int:
    """Delete archives whose time is over, and say how many."""
    return Archive.objects.expired(now).discard(now)


def wake(now: datetime) -> int:
    """Send the messages that deleted archives are waiting for, and return how many."""
    return sum(_wake(archive, now) for archive in Archive.objects.without_purge_message(now)[:WOKEN_AT_ONCE])


def purge_if_due(archive_id: UUID) -> None:
    """Delete what is stored of a deleted archive if that is due; postpone it where the storage fails."""
    now = timezone.now()
    archive = Archive.objects.to_purge(now).filter(pk=archive_id).first()
    if archive is None:
        return
    try:
        _delete_files(archive)
    except StorageError as error:
        delay = delay_after(now - (archive.deleted_at or now), random.random())
        Archive.objects.unpurged().filter(pk=archive.pk).update(purge_after=now + delay)
        logger.warning(
            "Deleted archive %s is still stored, next try in %.0f s: %s",
            archive.pk,
            delay.total_seconds(),
            error,
        )
        return
    Archive.objects.unpurged().filter(pk=archive.pk).update(purged_at=timezone.now())
    messages.forget([str(archive.pk)])


def _delete_files(archive: Archive) -> None:
    """Delete what every attempt may have stored, wherever that was, and what an interrupted one has left."""
    if archive.storage_type:
        archive.storage.delete(archive.name)  # raises where that storage is configured no more
    for storage in configured_storages().values() if archive.attempt else ():
        for attempt in range(1, archive.attempt + 1):
            storage.delete(archive.name_of(attempt))
        with suppress(NotSupported):
            for left in storage.unfinished(archive.name_of(0).removesuffix("0.zip")):
                left.discard()


def _wake(archive: Archive, now: datetime) -> bool:
    with transaction.atomic():
        woken = archive.note_purge_wake(now)
        if woken:
            messages.wake_for_archive_purge(archive.pk)
    return woken
