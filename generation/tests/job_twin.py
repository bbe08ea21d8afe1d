"""A second account of a job, in plain Python: what each verb may do to it, and what its row is then."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from generation.models.job_states import Status

ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELED)
ENDED_BADLY = (Status.FAILED, Status.CANCELED)
RUN, CLEAR = "run_job", "clear_leftovers"
PLACES = 2
WAKE_GRACE = timedelta(seconds=3)
CLEANUP_GRACE = timedelta(seconds=30)
FOLLOWER_GRACE = timedelta(minutes=1)
URGENCY = timedelta(hours=1)


@dataclass
class Twin:
    """Mirrors one row, under the names of its columns. Each verb says whether the real one must succeed.

    `tracks` counts those that its owner has, `log` is the kinds of its events, `posted` the messages sent about it:
    the task, and from when a worker may take it.
    """

    pk: UUID
    owner_id: UUID
    variations: int
    created_at: datetime
    deadline_at: datetime
    run_after: datetime
    woken_at: datetime
    status: str = Status.QUEUED
    stage: str = ""
    progress: float | None = None
    attempt: int = 0
    lost_workers: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    call_id: str = ""
    call_state: str = ""
    cancel_requested_at: datetime | None = None
    leftovers: bool = False
    error_code: str = ""
    error_retryable: bool = False
    store_seconds: float | None = None
    started_at: datetime | None = None
    claimed_at: datetime | None = None
    finished_at: datetime | None = None
    tracks: int = 0
    log: list[str] = field(default_factory=lambda: ["queued"])
    posted: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def attempts_used(self) -> int:
        return self.attempt - self.lost_workers

    def is_free(self, now: datetime) -> bool:
        """Nobody works on it, or its worker is thought dead."""
        lapsed = self.lease_until is not None and self.lease_until < now
        return self.status == Status.QUEUED or (self.status == Status.PROCESSING and lapsed)

    def is_over(self, now: datetime) -> bool:
        """No worker is lost with a job that needs none."""
        worn = self.lost_workers >= settings.JOB_MAX_LOST_WORKERS and not self.call_state
        return self.deadline_at <= now or worn

    def is_claimable(self, now: datetime) -> bool:
        due = self.status == Status.PROCESSING or self.run_after <= now
        return self._is_wanted(now) and due and self.call_state != "followed"

    def is_adoptable(self, now: datetime) -> bool:
        return self._is_wanted(now) and self.call_state == "followed"

    def is_forsaken(self, now: datetime) -> bool:
        return (
            self.is_adoptable(now)
            and self.lease_until is not None
            and self.lease_until < now - FOLLOWER_GRACE
        )

    def is_followed_by(self, follower: str) -> bool:
        return self.call_state == "followed" and (self.lease_owner or "").startswith(follower)

    def holds(self, lease: str) -> bool:
        return self.status == Status.PROCESSING and self.lease_owner == lease

    def may_end(self, lease: str) -> bool:
        return self.holds(lease) and self.cancel_requested_at is None

    def claim(self, lease: str, now: datetime) -> bool:
        if not self.is_claimable(now):
            return False
        if self.call_state:
            self.call_state, self.lease_owner = "", lease
            self.log.append("collecting")
            return self.beat(lease, now, self.stage, self.progress, known_stage=self.stage)
        taken_over = self.status == Status.PROCESSING
        self.lost_workers += taken_over
        self.attempt += 1
        self.status, self.lease_owner, self.leftovers = Status.PROCESSING, lease, True
        self.claimed_at, self.store_seconds = now, None
        self.started_at = self.started_at or now
        self.log.append("taken_over" if taken_over else "claimed")
        return self.beat(lease, now, "starting", None, known_stage="starting")

    def beat(
        self, lease: str, now: datetime, stage: str, progress: float | None, *, known_stage: str
    ) -> bool:
        """`known_stage` is what the worker thinks that the stage was: only a new one is logged."""
        if not self.holds(lease):
            return False
        self.lease_until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        self.stage, self.progress = stage, progress
        if stage != known_stage:
            self.log.append("stage")
        return True

    def keep_call(self, lease: str, call_id: str) -> bool:
        if not self.holds(lease):
            return False
        self.call_id = call_id
        if call_id:
            self.log.append("call")
        return True

    def follow(self, lease: str, now: datetime) -> bool:
        if not self.may_end(lease) or not self.call_id:
            return False
        self.call_state, self.stage, self.store_seconds = "followed", "generating", 0.0
        return self._parked("followed", now)

    def adopt(self, lease: str, now: datetime) -> bool:
        if not self.is_adoptable(now):
            return False
        self.lease_owner = lease
        self.log.append("adopted")
        return self.beat(lease, now, self.stage, self.progress, known_stage=self.stage)

    def call_ended(self, lease: str, now: datetime) -> bool:
        return self.call_state == "followed" and self.may_end(lease) and self._to_collect(now)

    def unfollow(self, now: datetime) -> bool:
        return self.is_forsaken(now) and self._to_collect(now)

    def keep_following(self, follower: str, now: datetime) -> bool:
        return self.progress_is(follower, now, self.progress)

    def progress_is(self, follower: str, now: datetime, part: float | None) -> bool:
        if not self.is_followed_by(follower) or self.deadline_at <= now:
            return False
        return self.beat(self.lease_owner or "", now, self.stage, part, known_stage=self.stage)

    def stop_following(self, follower: str, now: datetime) -> bool:
        if not self.is_followed_by(follower):
            return False
        self.lease_until = now
        return True

    def save_track(self, lease: str) -> bool:
        if not self.keep_call(lease, ""):
            return False
        self.tracks += 1
        self.log.append("stored")
        return True

    def complete(self, lease: str, now: datetime) -> bool:
        if not self.may_end(lease):
            return False
        self.progress, self.leftovers, self.store_seconds = 1.0, False, 0.0
        return self._ended(Status.COMPLETED, now)

    def fail(self, lease: str, now: datetime, code: str, *, retryable: bool) -> bool:
        if not self.may_end(lease):
            return False
        self.error_code, self.error_retryable = code, retryable
        return self._ended(Status.FAILED, now)

    def retry_later(self, lease: str, due: datetime) -> bool:
        return self.may_end(lease) and self._queued("retried", due)

    def hand_back(self, lease: str, due: datetime) -> bool:
        if not self.may_end(lease):
            return False
        self.attempt -= 1
        return self._queued("handed_back", due)

    def cancel(self, now: datetime) -> bool:
        if self.status in ENDED:
            return False
        if self.status == Status.QUEUED:
            self.cancel_requested_at = now
            return self._ended(Status.CANCELED, now)
        if self.cancel_requested_at is None:
            self.cancel_requested_at = now
            self.log.append("cancel_asked")
        return True

    def end_canceled(self, lease: str, now: datetime) -> bool:
        return (
            self.holds(lease) and self.cancel_requested_at is not None and self._ended(Status.CANCELED, now)
        )

    def expire(self, now: datetime) -> bool:
        if not self.is_free(now):
            return False
        if self.cancel_requested_at is not None:
            return self._ended(Status.CANCELED, now)
        if not self.is_over(now):
            return False
        self.error_code = "deadline_exceeded" if self.deadline_at <= now else "worker_lost"
        self.error_retryable = True
        return self._ended(Status.FAILED, now)

    def wake(self, now: datetime) -> None:
        self.woken_at = now
        self.log.append("woken")
        self.posted.append((RUN, now))

    def is_unattended(self, now: datetime) -> bool:
        return self.is_claimable(now) and self.woken_at < now - WAKE_GRACE

    def note_leftovers(self, now: datetime) -> bool:
        if self.status not in ENDED_BADLY:
            return False
        self.leftovers, self.woken_at = True, now
        self.posted.append((CLEAR, now))
        return True

    def see_to_leftovers(self, now: datetime) -> None:
        """What comes with the end of a job."""
        if self.status == Status.CANCELED:
            self.tracks = 0
        if self.leftovers:
            self.note_leftovers(now)

    def has_forgotten_leftovers(self, now: datetime) -> bool:
        if self.finished_at is None or not self.leftovers:
            return False
        return max(self.finished_at, self.woken_at) < now - CLEANUP_GRACE

    def clear_leftovers(self) -> None:
        if self.leftovers and self.status in ENDED_BADLY:
            self.leftovers, self.call_id = False, ""

    def _is_wanted(self, now: datetime) -> bool:
        return self.is_free(now) and not self.is_over(now) and self.cancel_requested_at is None

    def _parked(self, kind: str, now: datetime) -> bool:
        self.lease_owner, self.lease_until = f"parked:{self.pk}", now
        self.log.append(kind)
        return True

    def _to_collect(self, now: datetime) -> bool:
        self.call_state, self.woken_at = "ended", now
        self.posted.append((RUN, now - URGENCY))
        return self._parked("call_ended", now)

    def _queued(self, kind: str, due: datetime) -> bool:
        self.status, self.stage, self.call_state, self.progress = Status.QUEUED, "", "", None
        self.lease_owner = self.lease_until = None
        self.run_after = self.woken_at = due
        self.log.append(kind)
        self.posted.append((RUN, due))
        return True

    def _ended(self, status: str, now: datetime) -> bool:
        self.status, self.stage, self.call_state, self.finished_at = status, "", "", now
        self.lease_owner = self.lease_until = None
        self.log.append(status)
        return True


def is_full(twins: list[Twin]) -> bool:
    """Whether the engine has as many jobs at work as it may."""
    return sum(twin.status == Status.PROCESSING for twin in twins) >= PLACES


def next_in_turn(twins: list[Twin], now: datetime) -> Twin | None:
    """The job that a worker must take.

    One whose call has ended, else a dead worker's, else the oldest of the owner who was served longest ago.
    """
    full = is_full(twins)
    claimable = [
        twin for twin in twins if twin.is_claimable(now) and not (full and twin.status == Status.QUEUED)
    ]
    begun = [
        (not twin.call_state, twin.lease_until, twin.pk, twin)
        for twin in claimable
        if twin.lease_until is not None
    ]
    if begun:
        return min(begun, key=lambda each: each[:3])[3]
    served: dict[UUID, datetime] = {}
    for twin in twins:
        if twin.claimed_at is not None:
            served[twin.owner_id] = max(twin.claimed_at, served.get(twin.owner_id, twin.claimed_at))
    never = min((twin.created_at for twin in twins), default=now)
    return min(claimable, key=lambda twin: (served.get(twin.owner_id, never), twin.created_at), default=None)
