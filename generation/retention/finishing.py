"""What workers would do of all that was deleted, done here and now: files, what jobs have left behind, and rows."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from generation import closed_accounts, job_cleanup
from generation.archives import purging as archive_purging
from generation.engines.base import EngineError
from generation.models import Archive, Job, Track
from generation.models.job_states import Status
from generation.storage import StorageError
from generation.tracks import purging

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Left:
    """What is still there of what was deleted, for workers to try again."""

    tracks: int
    archives: int
    users: int

    @property
    def is_any(self) -> bool:
        return bool(self.tracks or self.archives or self.users)


def finish(report: Callable[[int, int], None]) -> Left:
    """Delete the files and then the rows. `report` is called with how many tracks and users are gone so far.

    What a storage does not let go is postponed, as by a worker.
    """
    now = timezone.now()
    closed_accounts.clear_out()
    ended = Job.objects.filter(leftovers=True, status__in=(Status.FAILED, Status.CANCELED))
    for job in ended.filter(owner__in=User.objects.closed()):
        _clear(job)
    tracks = users = 0
    while due := list(Track.objects.to_purge(now).values_list("pk", flat=True)[:AT_ONCE]):
        for pk in due:
            purging.purge_if_due(pk)
        tracks += len(due)
        report(tracks, users)
    while zips := list(Archive.objects.to_purge(now).values_list("pk", flat=True)[:AT_ONCE]):
        for pk in zips:
            archive_purging.purge_if_due(pk)
    Archive.objects.all().prune(now)
    while some := closed_accounts.remove_rows():
        users += some
        report(tracks, users)
    return Left(
        tracks=Track.objects.unpurged().filter(deleted_at__lte=now).exclude(title__gt="").count(),
        archives=Archive.objects.unpurged().count(),
        users=User.objects.closed().count(),
    )


def _clear(job: Job) -> None:
    try:
        job_cleanup.clear(job.pk)
    except (StorageError, EngineError):
        return  # the reaper sends workers again, and the owner's row stays as long as it is there
