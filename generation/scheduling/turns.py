"""Whose turn it is: the place of each queued job. Models decide who is next; here it is worked out beforehand.

Workers take the oldest job of the owner who was served longest ago, and among those never served of the one with the
oldest job.
So a job waits for those of its owner before it, and for each other owner for as many again, or one more where that
owner's turn comes first. Guests who order from one address are one owner in this (`Job.turn_id`).

Where a remote engine has fewer places left than jobs wait for it, the turns go on among the other jobs, and those that
find no place come after them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import accumulate, groupby
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from generation.models import Job
from generation.models.job_queries import NEVER
from generation.models.job_states import Status
from generation.scheduling.kept_look import KeptLook
from generation.scheduling.rehearsal import rehearse

# Of an owner with more jobs than this, those before a job are counted; a line that is shorter is read whole.
LONG_LINE = 1000


def positions(jobs: Iterable[Job]) -> dict[UUID, int]:
    """The place in the queue of those of the jobs that are queued, by id, 1 for the next.

    By a look at the queue that this process took a moment ago, so that many who ask cost no more than one. What was
    ordered since comes after what its owner had ordered before.
    """
    queued = [job for job in jobs if job.status == Status.QUEUED]
    if not queued:
        return {}
    queue = queue_look.now()
    queued.sort(key=lambda job: (job.created_at, job.pk))
    queue.load_lines(queued)
    missed = queue.missed([job for job in queued if queue.has_missed(job)])
    return {job.pk: queue.place(job, missed.get(job.pk)) for job in queued}


class _Queue:
    """The queue as it was when this was made.

    Two queries, two more where there are remote engines, and one for the lines of owners when they are asked for.
    """

    def __init__(self) -> None:
        self._looked_at = timezone.now()
        self._turns = Job.objects.queued().turns()
        self._rank = {turn.turn_id: rank for rank, turn in enumerate(self._turns)}
        self._rehearsed = self._rehearsal()
        self._before: dict[UUID, int] = {}
        self._known_lines: set[UUID] = set()
        self._rounds: dict[int, tuple[int, list[int]]] = {}

    def load_lines(self, jobs: Iterable[Job]) -> None:
        """See to it that it is known how many of their owner's jobs come before these, which come the oldest first."""
        if self._rehearsed is not None:
            return
        unknown = [job for job in jobs if job.pk not in self._before and job.turn_id not in self._known_lines]
        long = {job.turn_id for job in unknown if self._own_count(job) > LONG_LINE}
        short = {job.turn_id for job in unknown} - long
        if short:
            own = Job.objects.queued().filter(turn_id__in=short).order_by("turn_id", "created_at", "id")
            for _, line in groupby(own.values_list("turn_id", "pk"), key=lambda row: row[0]):
                self._before |= {pk: place for place, (_, pk) in enumerate(line)}
            self._known_lines |= short
        last: dict[UUID, Job] = {}
        for job in unknown:
            if job.turn_id in long and not self._is_newer(job):
                before = last.get(job.turn_id)
                self._before[job.pk] = self._count(before, job) + (self._before[before.pk] if before else 0)
                last[job.turn_id] = job

    def _count(self, first: Job | None, job: Job) -> int:
        """How many queued jobs of its owner come before the job, from `first` on, by a look at these alone."""
        line = Job.objects.queued().filter(turn_id=job.turn_id, created_at__lte=job.created_at)
        line = line.filter(Q(created_at__lt=job.created_at) | Q(pk__lt=job.pk))
        if first is not None:
            line = line.filter(created_at__gte=first.created_at)
            line = line.filter(Q(created_at__gt=first.created_at) | Q(pk__gte=first.pk))
        return line.count()

    def has_missed(self, job: Job) -> bool:
        """Whether the job was ordered after the look."""
        known = self._before if self._rehearsed is None else self._rehearsed
        return self._is_newer(job) and job.pk not in known

    def missed(self, jobs: Collection[Job]) -> dict[UUID, int]:
        """How many their owner has ordered since the look before each of these jobs, those still in the queue."""
        if not jobs:
            return {}
        turns = {job.turn_id for job in jobs}
        since = Job.objects.queued().filter(turn_id__in=turns, created_at__gt=self._looked_at)
        in_line = since.order_by("turn_id", "created_at", "id").values_list("turn_id", "pk")
        return {
            pk: place
            for _, line in groupby(in_line, key=lambda row: row[0])
            for place, (_, pk) in enumerate(line)
        }

    def place(self, job: Job, missed: int | None) -> int:
        """The place of a job; if it was ordered since the look, its owner has ordered `missed` others before it."""
        known = self._before if self._rehearsed is None else self._rehearsed
        if job.pk not in known and missed is None:
            return 1  # one that a worker took since it was read is as good as next
        if self._rehearsed is not None:
            return self._rehearsed.get(job.pk, len(self._rehearsed) + (missed or 0) + 1)
        before = self._before.get(job.pk, self._own_count(job) + (missed or 0))
        return before + 1 + self._others_before(job, before)

    def _is_newer(self, job: Job) -> bool:
        return job.created_at > self._looked_at

    def _own_count(self, job: Job) -> int:
        """How many jobs its owner had in the queue."""
        rank = self._rank.get(job.turn_id)
        return 0 if rank is None else self._turns[rank].jobs

    def _others_before(self, job: Job, before: int) -> int:
        """How many jobs of others are taken while the owner's `before` are, and then until it is their turn again."""
        rank = self._rank.get(job.turn_id)
        if rank is None:
            rank = bisect_left(self._turns, (NEVER, job.created_at, job.turn_id, 0))
        if before not in self._rounds:
            taken = sum(min(turn.jobs, before) for turn in self._turns)
            self._rounds[before] = taken, [0, *accumulate(turn.jobs > before for turn in self._turns)]
        taken, have_more = self._rounds[before]
        return taken - min(self._own_count(job), before) + have_more[rank]

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
            .values_list("pk", "turn_id", "engine", "created_at")
        )
        return rehearse(rows, {turn.turn_id: turn.served_at for turn in self._turns}, left)


queue_look = KeptLook(_Queue)
