"""When a job will be done: from the measured speed of its engine, or not known.

It is a moment and not the seconds until then, so that it stays the same while all goes as expected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from generation.engines.registry import remote_engines
from generation.models import Job, Worker
from generation.models.job_states import CallState, Status
from generation.scheduling.speeds import KEPT_SECONDS, speed_of
from generation.scheduling.turns import positions

# So much later than expected is late for nobody, however regular the jobs before were.
GRACE = timedelta(seconds=2)
IDLE = datetime.min.replace(tzinfo=UTC)
SPOKEN_SECONDS = (5, 10, 15, 20, 30, 40, 50)
A_FEW_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """The moment at which a job will be done, to the second; None where nobody knows.

    `is_late`: it takes longer than jobs like it usually did, so that none can say when it will be done.
    """

    finish_at: datetime | None = None
    is_late: bool = False

    @property
    def words(self) -> str:
        """What there is to say about it, such as "about 20 s left", or nothing."""
        if self.is_late:
            return "taking longer than usual"
        if self.finish_at is None:
            return ""
        return _spoken((self.finish_at - timezone.now()).total_seconds())


NOT_KNOWN = Estimate()
LATE = Estimate(is_late=True)


def estimates_of(jobs: Iterable[Job], places: Mapping[UUID, int]) -> dict[UUID, Estimate]:
    """The estimates of some jobs, by id; `places` are the `positions` of those that are queued.

    One query if some wait, beside what is kept for ten seconds, and two for each remote engine that some wait for.
    """
    jobs = list(jobs)
    now = timezone.now()
    free = _Free(_last_places(jobs, places), now)
    return {job.pk: _estimate(job, places.get(job.pk), free, now) for job in jobs}


def estimate_of(job: Job) -> Estimate:
    return estimates_of([job], positions([job]))[job.pk]


def _last_places(jobs: Iterable[Job], places: Mapping[UUID, int]) -> dict[str, int]:
    """The last place at which one of the jobs waits, for each engine that some wait for and whose speed is known."""
    last: dict[str, int] = {}
    for job in jobs:
        if job.status == Status.QUEUED and _expected(job) is not None:
            last[job.engine] = max(last.get(job.engine, 0), places.get(job.pk, 0))
    return last


def _estimate(job: Job, place: int | None, free: "_Free", now: datetime) -> Estimate:
    if job.status == Status.PROCESSING:
        return _while_processing(job, now)
    if job.status == Status.QUEUED and place is not None:
        return _while_queued(job, place, free, now)
    return NOT_KNOWN


def _while_processing(job: Job, now: datetime) -> Estimate:
    speed, expected = speed_of(job.engine), _expected(job)
    began, leased_until = job.claimed_at, job.lease_until
    if speed is None or expected is None or began is None or leased_until is None:
        return NOT_KNOWN
    lapsed = leased_until <= now
    # Between follower and worker a job is nobody's for a moment; for longer, its follower has died.
    unfollowed = leased_until + timedelta(seconds=settings.JOB_LEASE_SECONDS if job.call_state else 0) <= now
    if unfollowed or job.cancel_requested_at is not None:
        return NOT_KNOWN  # its worker has died or is to stop
    if now > began + max(expected * speed.slowest, expected + GRACE):
        return LATE
    finish = began + expected
    if job.progress:
        # The beat that renewed the lease; leaving a job to a follower ends it at once.
        noted_at = leased_until - timedelta(seconds=0 if lapsed else settings.JOB_LEASE_SECONDS)
        by_progress = noted_at + _rest(job.progress, expected, noted_at - began)
        # Mastering and storing come after what is measured: a job that is ahead may lose its lead there. Only of a
        # remote call that outlived an earlier attempt the clock knows nothing.
        finish = by_progress if _took_up_a_call(job) else max(finish, by_progress)
    return _at(finish, now)


def _rest(progress: float, expected: timedelta, took: timedelta) -> timedelta:
    """What the rest takes, if it goes on like the part that is done where that took longer than expected."""
    total = (1 - progress) * expected + max(progress * expected, took)
    return (1 - progress) * total


def _while_queued(job: Job, place: int, free: "_Free", now: datetime) -> Estimate:
    speed, expected = speed_of(job.engine), _expected(job)
    if speed is None or expected is None:
        return NOT_KNOWN
    moments = free.places.get(job.engine, free.slots)
    if not moments or not free.slots:
        return NOT_KNOWN
    rounds, slot = divmod(place - 1, len(moments))
    start = max(moments[slot], free.slots[0], job.run_after) + rounds * timedelta(seconds=speed.typical)
    # Nobody has taken it though its time has come: why, and for how long, nobody knows.
    return NOT_KNOWN if start + GRACE < now else _at(start + expected, now)


class _Free:
    """When what jobs wait for will be free, the first one first.

    `slots` are those of the live workers, `places` by engine those at the remote engines, whose jobs need a slot only
    to begin and to end. One whose job is late is not counted on; where most are, there are none. `wanted` is how many
    places back some wait, by engine.
    """

    def __init__(self, wanted: Mapping[str, int], now: datetime) -> None:
        at_work = Job.objects.filter(status=Status.PROCESSING)
        in_slots = at_work.exclude(call_state=CallState.FOLLOWED)
        self.slots = _free_at(_slot_count(), in_slots, now) if wanted else []
        self.places: dict[str, list[datetime]] = {}
        for alias in remote_engines().keys() & wanted.keys():
            left = Job.objects.places_left()[alias]
            if left >= wanted[alias]:
                self.places[alias] = [IDLE] * left
            else:
                limit = remote_engines()[alias].max_in_flight
                self.places[alias] = _free_at(limit, at_work.filter(engine=alias), now)


def _free_at(count: int, taken: Iterable[Job], now: datetime) -> list[datetime]:
    """When so many slots will be free of the jobs that have taken some."""
    ends = [_while_processing(job, now).finish_at for job in taken]
    known = [IDLE] * (count - len(ends)) + sorted(moment for moment in ends if moment is not None)
    # More are taken where a terminal works on a job too: better too late than too soon.
    return known[-count:] if count and 2 * len(known) >= count else []


def _slot_count() -> int:
    """How many jobs the live workers make at once."""
    count: int | None = caches["process"].get_or_set(
        "worker-slots", lambda: sum(Worker.objects.alive().values_list("slots", flat=True)), KEPT_SECONDS
    )
    return count or 0


def _expected(job: Job) -> timedelta | None:
    """What all the work on a job takes."""
    speed = speed_of(job.engine)
    if speed is None:
        return None
    seconds = speed.expected(job.request.duration * job.request.variations * job.request.takes)
    return None if seconds is None else timedelta(seconds=seconds)


def _took_up_a_call(job: Job) -> bool:
    return bool(job.call_id) and job.claimed_at != job.started_at


def _at(finish: datetime, now: datetime) -> Estimate:
    """To the nearest second; nothing once that is over."""
    finish = (finish + timedelta(seconds=0.5)).replace(microsecond=0)
    return Estimate(finish) if finish > now else NOT_KNOWN


def _spoken(seconds: float) -> str:
    """Seconds as people say them: "about 20 s left", "about 3 min left"."""
    if seconds < A_FEW_SECONDS:
        return "a few seconds left"
    if seconds < 55:
        return f"about {min(SPOKEN_SECONDS, key=lambda step: abs(step - seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 60 else f"about {round(minutes / 60)} h left"
