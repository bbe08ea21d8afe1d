"""The objects of a storage compared with the rows of the database, job by job.

A storage's listing and the jobs in the database are both read in the order of the jobs' ids, a page at a time, and
walked side by side, so that a million objects take no more memory than a thousand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from generation.models import ExpiringFile, Job, Rendition, Track
from generation.models.job_states import ACTIVE
from generation.storage import AudioStorage, StorageError, StoredObject
from generation.storage.keys import PREFIX, Moves, job_in

PAGE = 500


class Place(NamedTuple):
    """Where a row says that its file lies."""

    storage_type: str
    name: str


@dataclass(slots=True)
class Entry:
    """What the database says of a job: whether it is alive, and where its files lie.

    `kept` are the files of kept tracks, each with what to call it; `deleted` those of deleted tracks that are not
    purged yet; `expiring` those that are deleted by themselves in a while.
    """

    job_id: UUID
    active: bool = False
    kept: dict[Place, str] = field(default_factory=dict)
    deleted: set[Place] = field(default_factory=set)
    expiring: set[Place] = field(default_factory=set)

    def names(self, place: Place) -> bool:
        return place in self.kept or place in self.deleted or place in self.expiring

    def has_moved_from(self, name: str) -> bool:
        """Whether a kept file lay under that name before it was moved, and so never will again."""
        left = Moves.of(name)
        now = (Moves.of(place.name) for place in self.kept)
        return any(moves.original == left.original and moves.count > left.count for moves in now)


@dataclass(frozen=True, slots=True)
class Compared:
    """One job as a storage and the database see it. `entry` is None for a job that the database does not know."""

    storage_type: str
    objects: list[StoredObject]
    entry: Entry | None

    @property
    def orphans(self) -> list[StoredObject]:
        """Objects that no row names. A living job has none: its worker may be about to write the row."""
        entry = self.entry
        if entry is None:
            return self.objects
        if entry.active:
            return []
        return [found for found in self.objects if not entry.names(Place(self.storage_type, found.name))]

    @property
    def left_behind(self) -> list[StoredObject]:
        """Orphans whose audio was moved and lies elsewhere now."""
        return [found for found in self.orphans if self.entry and self.entry.has_moved_from(found.name)]

    @property
    def missing(self) -> list[tuple[Place, str]]:
        """The kept files on this storage that are not there, with what to call them."""
        if self.entry is None:
            return []
        there = {Place(self.storage_type, found.name) for found in self.objects}
        return [
            (place, label)
            for place, label in self.entry.kept.items()
            if place.storage_type == self.storage_type and place not in there
        ]


def compare(storage: AudioStorage) -> Iterator[Compared]:
    """Compare a storage with the database.

    Objects whose names are not of this site's making are left out. Raises StorageError, also where the storage lists
    its objects in another order than that of their names.
    """
    stored, known = _stored_by_job(storage), _entries()
    group, entry = next(stored, None), next(known, None)
    while group or entry:
        job_id = min(([group[0]] if group else []) + ([entry.job_id] if entry else []))
        objects: list[StoredObject] = []
        if group and group[0] == job_id:
            objects, group = group[1], next(stored, None)
        described = None
        if entry and entry.job_id == job_id:
            described, entry = entry, next(known, None)
        yield Compared(storage.storage_type, objects, described)


def entry_of(job_id: UUID) -> Entry | None:
    """What the database says of one job now; None where it does not know it."""
    return next(iter(_described(Job.objects.filter(pk=job_id).values_list("pk", "status"))), None)


def _stored_by_job(storage: AudioStorage) -> Iterator[tuple[UUID, list[StoredObject]]]:
    named = ((job_in(found.name), found) for found in storage.objects(PREFIX))
    ours = ((job_id, found) for job_id, found in named if job_id is not None)
    last: UUID | None = None
    for job_id, group in groupby(ours, key=lambda pair: pair[0]):
        if last is not None and job_id < last:
            raise StorageError(
                "unsorted_listing",
                "The storage does not list its objects in the order of their names, so they cannot be compared.",
            )
        last = job_id
        yield job_id, [found for _, found in group]


def _entries() -> Iterator[Entry]:
    jobs = Job.objects.order_by("pk").values_list("pk", "status")
    page = list(jobs[:PAGE])
    while page:
        yield from _described(page)
        page = list(jobs.filter(pk__gt=page[-1][0])[:PAGE])


def _described(jobs: Iterable[tuple[UUID, str]]) -> list[Entry]:
    """The entries of some jobs, in three queries."""
    entries = {job_id: Entry(job_id, status in ACTIVE) for job_id, status in jobs}
    tracks = Track.objects.filter(job__in=entries, purged_at=None)
    for job_id, pk, deleted_at, *place in tracks.values_list(
        "job_id", "pk", "deleted_at", "storage_type", "audio"
    ):
        _add(entries[job_id], Place(*place), f"track {pk}", deleted_at is not None)
    renditions = Rendition.objects.filter(track__job__in=entries, track__purged_at=None)
    for job_id, pk, made, deleted_at, *place in renditions.values_list(
        "track__job_id", "track_id", "format", "track__deleted_at", "storage_type", "audio"
    ):
        _add(entries[job_id], Place(*place), f"track {pk} ({made})", deleted_at is not None)
    expiring = ExpiringFile.objects.filter(track_id__in=tracks.values("pk"))
    for storage_type, name in expiring.values_list("storage_type", "name"):
        found = job_in(name)
        if found in entries:
            entries[found].expiring.add(Place(storage_type, name))
    return list(entries.values())


def _add(entry: Entry, place: Place, label: str, deleted: bool) -> None:
    if deleted:
        entry.deleted.add(place)
    else:
        entry.kept[place] = label
