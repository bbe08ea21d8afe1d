"""The questions that a watcher asks the database."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, IntegerField, Max, Value, Window
from django.db.models.functions import RowNumber

from generation.api.streams.states import Row
from generation.models import Job, JobEvent, Track
from generation.models.job_states import Status

# Of each owner, the next so many jobs in the queue are sent, beside all that are processing.
FOLLOWED_QUEUED = 100
# And so many that have ended, the last ones.
TOLD_ENDED = 200
IDS_AT_ONCE = 500


class Moved(NamedTuple):
    """A job that is processing (`event_id` 0), or that something has happened to, under the number of that event."""

    event_id: int
    kind: str
    row: Row


def newest_event() -> int:
    """The number of the last line in the jobs' log."""
    return JobEvent.objects.aggregate(newest=Max("id"))["newest"] or 0


def moved_since(event_id: int) -> list[Moved]:
    """All jobs with lines in the log after this one, and all that are processing, whose progress has no line."""
    processing = Job.objects.filter(status=Status.PROCESSING).order_by()
    logged = JobEvent.objects.filter(id__gt=event_id).order_by()
    found = logged.values_list("id", "kind", *(f"job__{name}" for name in Row._fields)).union(
        processing.values_list(
            Value(0, output_field=IntegerField()), Value(""), *(F(name) for name in Row._fields)
        ),
        all=True,
    )
    return [Moved(number, kind, Row(*columns)) for number, kind, *columns in found]


def jobs_of(ids: Collection[UUID]) -> list[Row]:
    """The jobs of these ids that there are."""
    wanted, rows = list(ids), list[Row]()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        found = Job.objects.filter(pk__in=wanted[start : start + IDS_AT_ONCE]).order_by()
        rows += (Row(*columns) for columns in found.values_list(*Row._fields))
    return rows


def live_jobs_of(owners: Collection[UUID]) -> list[Row]:
    """The jobs of these owners that are processing, and the next in the queue of each."""
    place = Window(RowNumber(), partition_by="owner_id", order_by=["created_at", "id"])
    wanted, rows = list(owners), list[Row]()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        jobs = Job.objects.filter(owner_id__in=wanted[start : start + IDS_AT_ONCE]).order_by()
        # By one status each, as the indexes of living jobs are; by both at once all that ever ended would be read.
        processing = jobs.filter(status=Status.PROCESSING)
        queued = jobs.filter(status=Status.QUEUED).annotate(place=place).filter(place__lte=FOLLOWED_QUEUED)
        for found in (processing, queued):
            rows += (Row(*columns) for columns in found.values_list(*Row._fields))
    return rows


def jobs_ended_since(moments: dict[UUID, datetime]) -> list[Row]:
    """The jobs of these owners that ended after the moment of each, the last two hundred of each.

    Reads all that ended since the earliest of the moments, so none may be long ago: see `last_ended_of`.
    """
    if not moments:
        return []
    earliest = min(moments.values())
    ended = Job.objects.filter(owner_id__in=moments, finished_at__gt=earliest)
    place = Window(RowNumber(), partition_by="owner_id", order_by="-finished_at")
    found = ended.annotate(place=place).filter(place__lte=TOLD_ENDED).order_by()
    rows = (Row(*columns) for columns in found.values_list(*Row._fields))
    return [row for row in rows if row.finished_at and row.finished_at > moments[row.owner_id]]


def last_ended_of(owner_id: UUID, since: datetime) -> list[Row]:
    """The last two hundred jobs of the owner that ended after this moment. Reads no others, by an index."""
    ended = Job.objects.filter(owner_id=owner_id, finished_at__gt=since).order_by("-finished_at")
    return [Row(*columns) for columns in ended.values_list(*Row._fields)[:TOLD_ENDED]]


def tracks_of(ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The ids of the tracks of these jobs that were not deleted, in the order of the variations."""
    wanted, found = list(ids), dict[UUID, tuple[UUID, ...]]()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        kept = Track.objects.kept().filter(job_id__in=wanted[start : start + IDS_AT_ONCE])
        for job_id, track_id in kept.order_by("job_id", "index").values_list("job_id", "pk"):
            found[job_id] = (*found.get(job_id, ()), track_id)
    return found
