"""Taking a sample of the site once a minute, by one of its workers."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from generation.models import Archive, Job, Rendition, SiteSample, Track
from generation.models.archive import ArchiveState
from generation.models.job_states import Status
from generation.monitoring.live import Queue

MINUTE = timedelta(minutes=1)
# What has ended while no worker took samples is counted for so long: the web processes can only cancel.
LONGEST_GAP = timedelta(hours=1)


class Sampler:
    """Takes the samples of one process."""

    def __init__(self) -> None:
        self._done: datetime | None = None

    def sample(self, now: datetime | None = None) -> bool:
        """Take the sample of this minute. False: it has been taken, by this process or another."""
        now = now or timezone.now()
        at = now.replace(second=0, microsecond=0)
        if self._done == at:
            return False
        last = SiteSample.objects.all().latest_one()
        is_due = last is None or last.at < at
        if is_due:
            SiteSample.objects.all().keep(_taken(at, now, last))
        self._done = at
        return is_due


def _taken(at: datetime, now: datetime, last: SiteSample | None) -> SiteSample:
    queue = Queue.now(now)
    since = max(last.at, at - LONGEST_GAP) if last else at - MINUTE
    if last is None or _hour(last.stored_at) < _hour(at):
        stored_bytes, stored_at = _stored_bytes(), at
    else:
        stored_bytes, stored_at = last.stored_bytes, last.stored_at
    return SiteSample(
        at=at,
        queued=queue.waiting,
        oldest_seconds=queue.oldest_seconds,
        running=queue.running,
        workers=queue.workers,
        slots=queue.slots,
        ended_since=since,
        stored_bytes=stored_bytes,
        stored_at=stored_at,
        **_ended(Job.objects.filter(finished_at__gte=since, finished_at__lt=at)),
    )


def _ended(jobs: "QuerySet[Job]") -> dict[str, Any]:
    counted = jobs.order_by().values("status", "error_code")
    rows = list(counted.annotate(jobs=Count("pk"), cost=Sum("cost_usd")))
    return {
        **{
            status.value: sum(row["jobs"] for row in rows if row["status"] == status)
            for status in (Status.COMPLETED, Status.FAILED, Status.CANCELED)
        },
        "failures": {row["error_code"]: row["jobs"] for row in rows if row["status"] == Status.FAILED},
        "cost_usd": sum((row["cost"] or Decimal(0) for row in rows), Decimal(0)),
    }


def _stored_bytes() -> int:
    """Reads every track: not for every minute."""
    ready = Q(state=ArchiveState.READY, purged_at=None)
    return sum(
        rows.order_by().aggregate(bytes=Sum("size"))["bytes"] or 0
        for rows in (
            Track.objects.filter(purged_at=None),
            Rendition.objects.filter(track__purged_at=None),
            Archive.objects.filter(ready),
        )
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
