"""Objects without rows (orphans) and rows without objects: counted, and the orphans deleted where that is safe."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from generation.models.archive import PREFIX as ARCHIVES
from generation.storage import AudioStorage, NotSupported, StoredObject, Unfinished, storage_of
from generation.storage.keys import PREFIX, job_in
from generation.tracks import archive_files
from generation.tracks.inventory import Compared, Place, compare, entry_of
from generation.tracks.kept_files import Amount
from musicgen.parallel import in_parallel

WORKERS = 8


@dataclass(slots=True)
class Survey:
    """What was found on a storage.

    `orphans` are old enough to be deleted, `young` ones are not; `unfinished` is what interrupted writes have left, if
    it is as old; None where the service cannot say. `known` says whether any object is of a job that the database
    knows.
    """

    objects: Amount = field(default_factory=Amount)
    orphans: Amount = field(default_factory=Amount)
    young: Amount = field(default_factory=Amount)
    unfinished: Amount | None = None
    missing: int = 0
    known: bool = False


def survey(storage: AudioStorage, before: datetime, report: Callable[[str], None]) -> Survey:
    """Compare a storage with the database; `report` is called with each kept file that is missing.

    Raises StorageError.
    """
    found = Survey()
    for compared in compare(storage):
        found.known |= bool(compared.objects and compared.entry)
        found.objects += _amount(compared.objects)
        old, young = _by_age(compared.orphans, before)
        found.orphans += _amount(old)
        found.young += _amount(young)
        for place, label in compared.missing:
            if _is_missing(compared, place):
                found.missing += 1
                report(f"{label}: {place.name} is missing")
    for zipped, is_known in archive_files.zips(storage):
        found.known |= is_known
        found.objects += _amount([zipped])
        old, young = _by_age([] if is_known else [zipped], before)
        found.orphans += _amount(old)
        found.young += _amount(young)
    for archive in archive_files.missing(storage):
        found.missing += 1
        report(f"archive {archive.pk}: {archive.name} is missing")
    with suppress(NotSupported):
        found.unfinished = sum((Amount(1, left.size) for left in _old_unfinished(storage, before)), Amount())
    return found


def delete_orphans(storage: AudioStorage, before: datetime) -> Amount:
    """Delete the objects without rows that were last written before that moment. Raises StorageError."""

    def old() -> Iterator[StoredObject]:
        for compared in compare(storage):
            yield from _by_age(compared.orphans, before)[0]
        unknown = (zipped for zipped, is_known in archive_files.zips(storage) if not is_known)
        yield from (zipped for zipped in unknown if zipped.modified < before)

    return sum(in_parallel(_deletion_on(storage), old(), WORKERS), Amount())


def delete_left_behind(storage_type: str) -> Amount:
    """Delete what moves that were interrupted have left on the storage that they moved from. Raises StorageError."""
    storage = storage_of(storage_type)
    left = (found for compared in compare(storage) for found in compared.left_behind)
    return sum(in_parallel(_deletion_on(storage), left, WORKERS), Amount())


def delete_unfinished(storage: AudioStorage, before: datetime) -> Amount:
    """Delete what writes have left that were begun before that moment and never ended, as far as the service can say.

    Raises StorageError.
    """
    deleted = Amount()
    with suppress(NotSupported):
        for left in _old_unfinished(storage, before):
            left.discard()
            deleted += Amount(1, left.size)
    return deleted


def _deletion_on(storage: AudioStorage) -> Callable[[StoredObject], Amount]:
    def delete(found: StoredObject) -> Amount:
        # The rows are asked again: a good while may have passed since they were compared.
        if not _is_orphan(storage, found):
            return Amount()
        storage.delete(found.name)
        return Amount(1, found.size)

    return delete


def _is_orphan(storage: AudioStorage, found: StoredObject) -> bool:
    if found.name.startswith(ARCHIVES):
        return archive_files.is_orphan(found)
    job_id = job_in(found.name)
    return job_id is not None and bool(Compared(storage.storage_type, [found], entry_of(job_id)).orphans)


def _is_missing(compared: Compared, place: Place) -> bool:
    """Whether a file is missing by what rows and storage say now, not when they were listed."""
    entry = compared.entry and entry_of(compared.entry.job_id)
    return bool(entry and place in entry.kept) and not storage_of(place.storage_type).exists(place.name)


def _by_age(objects: list[StoredObject], before: datetime) -> tuple[list[StoredObject], list[StoredObject]]:
    old = [found for found in objects if found.modified < before]
    return old, [found for found in objects if found.modified >= before]


def _amount(objects: list[StoredObject]) -> Amount:
    return Amount(len(objects), sum(found.size for found in objects))


def _old_unfinished(storage: AudioStorage, before: datetime) -> Iterator[Unfinished]:
    left = chain(storage.unfinished(PREFIX), storage.unfinished(ARCHIVES))
    return (each for each in left if each.modified < before)
