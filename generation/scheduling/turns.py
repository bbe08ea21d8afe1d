"""Whose turn it is: the place of each queued job. Models decide who is next; here it is told beforehand.

Workers take the oldest job of the owner who was served longest ago, and among those never served of the one with the
oldest job.
So a job waits for those of its owner before it, and for each other owner for as many again, or one more where that
owner's turn comes first.

Where a remote engine has fewer places left than jobs wait for it, the turns go on among the other jobs, and those that
find no place come after them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate
from uuid import UUID

from django.utils import timezone

from generation.models import Job
from generation.models.job_states import Status
from generation.scheduling.kept_look import KeptLook
from generation.scheduling.rehearsal import NEVER, rehearse


def positions(jobs: Iterable[Job]) -> dict[UUID, int]:
    """The place in the queue of those of the jobs that are queued, by id, 1 for the next.

    By a look at the queue that this process took a moment ago, so that many who ask cost no more than one. What was
    ordered since comes after what its owner had ordered before.
    """
    queued = [job for job in jobs if job.status == Status.QUEUED]
    if not queued:
        return {}
    queue = queue_look.now()
    queue.load_lines({job.owner_id for job in queued})
    # The newest of an owner comes last: each of those that the look missed counts the ones before it.
    missed: Counter[UUID] = Counter()
    places = {}
    for job in sorted(queued, key=_age):
        places[job.pk] = queue.place(job, missed[job.owner_id])
        missed[job.owner_id] += queue.has_missed(job)
    return places


class _Queue:
    """The queue as it was when this was made.

    Two queries, two more where there are remote engines, and one for the lines of owners when they are asked for.
    """

    def __init__(self) -> None:
        self._looked_at = timezone.now()
        turns = sorted(
            (turn["served_at"] or NEVER, turn["head"], turn["owner_id"], turn["jobs"])
            for turn in Job.objects.queued().by_owner()
        )
        self._turns = [turn[:3] for turn in turns]
        self._counts = [turn[3] for turn in turns]
        self._rank = {owner: rank for rank, (_, _, owner, _) in enumerate(turns)}
        self._rehearsed = self._rehearsal()
        self._lines: dict[UUID, dict[UUID, int]] = {}
        self._rounds: dict[int, tuple[int, list[int]]] = {}

    def load_lines(self, owners: set[UUID]) -> None:
        """See to it that it is known how many of their own jobs come before each job of these owners."""
        lines: dict[UUID, dict[UUID, int]] = {owner: {} for owner in owners - self._lines.keys()}
        if lines:
            own = Job.objects.queued().filter(owner_id__in=lines).order_by("owner_id", "created_at", "id")
            for owner, pk in own.values_list("owner_id", "pk"):
                lines[owner][pk] = len(lines[owner])
            self._lines |= lines

    def has_missed(self, job: Job) -> bool:
        """Whether the job was ordered after the look."""
        return job.created_at > self._looked_at and job.pk not in self._lines[job.owner_id]

    def place(self, job: Job, missed: int) -> int:
        """The place of a job, before which its owner has ordered `missed` others since the look."""
        if self._rehearsed is not None:
            # One that a worker took since it was read is as good as next.
            newest = len(self._rehearsed) + missed + 1 if self.has_missed(job) else 1
            return self._rehearsed.get(job.pk, newest)
        line = self._lines[job.owner_id]
        before = line.get(job.pk)
        if before is None:
            if not self.has_missed(job):
                return 1
            before = len(line) + missed
        return before + 1 + self._others_before(job, before)

    def _others_before(self, job: Job, before: int) -> int:
        """How many jobs of others are taken while the owner's `before` are, and then until it is their turn again."""
        rank = self._rank.get(job.owner_id)
        own = 0 if rank is None else self._counts[rank]
        if rank is None:
            rank = bisect_left(self._turns, (NEVER, job.created_at, job.owner_id))
        if before not in self._rounds:
            taken = sum(min(count, before) for count in self._counts)
            self._rounds[before] = taken, [0, *accumulate(count > before for count in self._counts)]
        taken, have_more = self._rounds[before]
        return taken - min(own, before) + have_more[rank]

    def _rehearsal(self) -> dict[UUID, int] | None:
        """The place of every job where a remote engine has too few places left; else None."""
        left = Job.objects.places_left()
        if not left:
            return None
        waiting = Counter(
            Job.objects.queued().filter(engine__in=left).order_by().values_list("engine", flat=True)
        )
        if all(waiting[engine] <= left[engine] for engine in waiting):
            return None
        rows = (
            Job.objects.queued()
            .order_by("created_at", "id")
            .values_list("pk", "owner_id", "engine", "created_at")
        )
        return rehearse(rows, {owner: served_at for served_at, _, owner in self._turns}, left)


def _age(job: Job) -> tuple[datetime, UUID]:
    return job.created_at, job.pk


queue_look = KeptLook(_Queue)
