"""The zips of a storage compared with the archives of the database: what no row names, and what is not there.

Archives are never moved: they end within days, and are found where they were made until then.
"""

import re
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from generation.models import Archive
from generation.models.archive import PREFIX, ArchiveState
from generation.storage import AudioStorage, StoredObject

PAGE = 500
_NAME = re.compile(rf"{PREFIX}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/[0-9]+\.zip")


def zips(storage: AudioStorage) -> Iterator[tuple[StoredObject, bool]]:
    """Every zip of this site's making, each with whether a row knows of it. Raises StorageError."""
    named = ((_archive_in(found.name), found) for found in storage.objects(PREFIX))
    ours = ((pk, found) for pk, found in named if pk is not None)
    while page := list(islice(ours, PAGE)):
        known = set(_unpurged({pk for pk, _ in page}))
        yield from ((found, pk in known) for pk, found in page)


def is_orphan(found: StoredObject) -> bool:
    """Whether no row knows of a zip now."""
    pk = _archive_in(found.name)
    return pk is not None and not list(_unpurged({pk}))


def missing(storage: AudioStorage) -> Iterator[Archive]:
    """Archives that can be downloaded by what their rows say, and are not there. Raises StorageError."""
    ready = Archive.objects.kept().filter(state=ArchiveState.READY, storage_type=storage.storage_type)
    for archive in ready.iterator(PAGE):
        if not storage.exists(archive.name) and ready.filter(pk=archive.pk).exists():
            yield archive


def elsewhere(target: str) -> int:
    """How many archives lie elsewhere than on the storage of this type."""
    ready = Archive.objects.unpurged() | Archive.objects.kept()
    return ready.filter(state=ArchiveState.READY).exclude(storage_type=target).count()


def _archive_in(name: str) -> UUID | None:
    match = _NAME.fullmatch(name)
    return UUID(match[1]) if match else None


def _unpurged(pks: set[UUID]) -> Iterator[UUID]:
    yield from Archive.objects.filter(pk__in=pks, purged_at=None).values_list("pk", flat=True)
