"""The jobs whose remote calls one follower follows, as the database has them."""

import os
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generation import job_cleanup
from generation.engines.registry import remote_engines
from generation.models import Job, Lease
from generation.models.lease import owner_prefix
from generation.queue import messages
from generation.worker import wakeups
from musicgen.logging import working_on

# So few at once that the leases are renewed in time meanwhile.
ADOPTED_AT_ONCE = 50
CANCELED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Call:
    """A remote call that makes `songs` of a job's variations, and the lease under which the job is held meanwhile.

    `stored` variations were made before.
    """

    id: str
    lease: Lease
    stored: int = 0
    songs: int = 1
    variations: int = 1

    @classmethod
    def of(cls, lease: Lease) -> Self:
        job = lease.job
        variations = job.request.variations
        stored = job.tracks.count() if variations > 1 else 0
        return cls(job.call_id, lease, stored, len(job.call_indexes) or 1, variations)

    @property
    def job(self) -> Job:
        return self.lease.job

    def progress(self, part: float) -> float:
        """How far the job is where the call is so far, rounded to a percent: finer steps are not worth a write."""
        return round(min(1.0, max(0.0, (self.stored + part * self.songs) / self.variations)), 2)


class Following:
    """What one follower does with the rows. For one thread at a time; raises DatabaseError and InterfaceError."""

    def __init__(self) -> None:
        self.name = f"{owner_prefix(os.getpid())}{uuid.uuid4().hex[:8]}:"

    def look(self) -> tuple[list[Call], bool]:
        """End what its owner has canceled, adopt what nobody follows, and give the calls to follow from now on.

        Beside them stands whether there may be more to end or to adopt.
        """
        canceled = self.end_canceled()
        adoptable = Job.objects.adoptable(timezone.now()).filter(engine__in=remote_engines())
        oldest = list(adoptable.order_by("lease_until")[:ADOPTED_AT_ONCE])
        has_more = canceled == CANCELED_AT_ONCE or len(oldest) == ADOPTED_AT_ONCE
        return [call for job in oldest if (call := self._adopted(job))], has_more

    def end_canceled(self) -> int:
        """End jobs whose owners have asked for it, those that are held and those that nobody holds; say how many.

        A worker then cancels their calls.
        """
        held_or_nobodys = Q(lease_owner__startswith=self.name) | Q(lease_until__lt=timezone.now())
        canceled = Job.objects.without_worker().filter(held_or_nobodys, cancel_requested_at__isnull=False)
        oldest = list(canceled.order_by("cancel_requested_at")[:CANCELED_AT_ONCE])
        for job in oldest:
            with working_on(job.pk), transaction.atomic():
                if Lease(job, self._owner_of(job)).end_canceled() or job.expire():
                    job_cleanup.schedule_cleanup(job)
            wakeups.wake_for_place(job)
        return len(oldest)

    def renew(self) -> int:
        """Renew the leases, and say how many are held."""
        return Job.objects.renew_leases(self.name, timezone.now())

    def report_progress(self, progress: Mapping[str, float]) -> None:
        """Write down the progress of some of the jobs, by the owners of their leases."""
        Job.objects.report_progress(timezone.now(), progress)

    def held(self) -> set[uuid.UUID]:
        """The jobs that are still held and are not past their deadline."""
        held = Job.objects.followed_by(self.name).filter(deadline_at__gt=timezone.now())
        return set(held.values_list("pk", flat=True))

    def end(self, calls: Iterable[Call]) -> None:
        """Have workers collect the results of calls that have ended."""
        for call in calls:
            with transaction.atomic():
                if call.lease.call_ended():
                    messages.wake_for_result(call.job.pk)

    def release(self, jobs: Collection[uuid.UUID] | None = None) -> int:
        """Let any follower have what is held, all or these, at once."""
        held = Job.objects.followed_by(self.name)
        return (held if jobs is None else held.filter(pk__in=jobs)).update(lease_until=timezone.now())

    def _adopted(self, job: Job) -> Call | None:
        lease = job.adopt(self._owner_of(job))
        return Call.of(lease) if lease else None

    def _owner_of(self, job: Job) -> str:
        return f"{self.name}{job.pk.hex}"
