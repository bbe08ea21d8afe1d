"""A second account of a job: whether each verb must succeed, and what its row, log and messages are then."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings

from generation.models.job_states import ACTIVE, Status

COLUMNS = (
    *("owner_id", "status", "stage", "progress", "attempt", "lost_workers", "lease_owner", "lease_until"),
    *("call_id", "call_state", "cancel_requested_at", "leftovers", "error_code", "error_retryable"),
    *("store_seconds", "created_at", "deadline_at", "run_after", "woken_at", "started_at", "claimed_at"),
    "finished_at",
)
ENDED_BADLY = (Status.FAILED, Status.CANCELED)
NOBODYS: dict[str, Any] = {"stage": "", "call_state": "", "lease_owner": None, "lease_until": None}
RUN, CLEAR = "run_job", "clear_leftovers"
PLACES = 2
WAKE_GRACE = timedelta(seconds=3)
CLEANUP_GRACE = timedelta(seconds=30)
FOLLOWER_GRACE = timedelta(minutes=1)
URGENCY = timedelta(hours=1)


class Twin(SimpleNamespace):
    """A row as it was when the job was ordered, and what became of it. Each verb: whether the real one must succeed.

    `tracks` counts those that its owner has, `log` is the kinds of its events, `posted` the messages sent about it:
    the task, and from when a worker may take it. `seen` of the log were held against the real one.
    """

    def is_free(self, now: datetime) -> bool:
        """Nobody works on it, or its worker is thought dead."""
        return self.status == Status.QUEUED or (self.status == Status.PROCESSING and self.lease_until < now)

    def is_over(self, now: datetime) -> bool:
        """Too late, or too many workers lost; none is lost with a job that needs none."""
        return self.deadline_at <= now or (
            self.lost_workers >= settings.JOB_MAX_LOST_WORKERS and not self.call_state
        )

    def is_wanted(self, now: datetime) -> bool:
        return self.is_free(now) and not self.is_over(now) and self.cancel_requested_at is None

    def is_claimable(self, now: datetime) -> bool:
        due = self.status == Status.PROCESSING or self.run_after <= now
        return self.is_wanted(now) and due and self.call_state != "followed"

    def is_adoptable(self, now: datetime) -> bool:
        return self.is_wanted(now) and self.call_state == "followed"

    def is_followed_by(self, follower: str) -> bool:
        return self.call_state == "followed" and self.lease_owner.startswith(follower)

    def is_without_message(self, now: datetime) -> bool:
        return self.is_claimable(now) and self.woken_at < now - WAKE_GRACE

    def has_uncleared_leftovers(self, now: datetime) -> bool:
        return bool(
            self.finished_at and self.leftovers and max(self.finished_at, self.woken_at) < now - CLEANUP_GRACE
        )

    def holds(self, lease: str) -> bool:
        return self.status == Status.PROCESSING and self.lease_owner == lease

    def may_end(self, lease: str) -> bool:
        return self.holds(lease) and self.cancel_requested_at is None

    def claim(self, lease: str, now: datetime) -> bool:
        if not self.is_claimable(now):
            return False
        if self.call_state:
            return self._put("collecting", call_state="", **_leased(lease, now))
        lost = self.status == Status.PROCESSING
        self._put("taken_over" if lost else "claimed", status=Status.PROCESSING, **_leased(lease, now))
        self._put(attempt=self.attempt + 1, lost_workers=self.lost_workers + lost)
        self._put(stage="starting", progress=None, leftovers=True, store_seconds=None)
        return self._put(claimed_at=now, started_at=self.started_at or now)

    def beat(self, lease: str, now: datetime, stage: str, progress: float | None, is_new_stage: bool) -> bool:
        """Only what the worker thinks to be a new stage is logged."""
        kind = "stage" if is_new_stage else ""
        return self.holds(lease) and self._put(kind, stage=stage, progress=progress, **_leased(lease, now))

    def keep_call(self, lease: str, call_id: str) -> bool:
        return self.holds(lease) and self._put("call" if call_id else "", call_id=call_id)

    def save_track(self, lease: str) -> bool:
        return self.keep_call(lease, "") and self._put("stored", tracks=self.tracks + 1)

    def follow(self, lease: str, now: datetime) -> bool:
        changes = {"call_state": "followed", "stage": "generating", "store_seconds": 0.0}
        return (
            self.may_end(lease)
            and self.call_id != ""
            and self._put("followed", **changes, **self._parked(now))
        )

    def adopt(self, lease: str, now: datetime) -> bool:
        return self.is_adoptable(now) and self._put("adopted", **_leased(lease, now))

    def call_ended(self, lease: str, now: datetime) -> bool:
        return self.call_state == "followed" and self.may_end(lease) and self._to_collect(now)

    def unfollow(self, now: datetime) -> bool:
        return self.is_adoptable(now) and self.lease_until < now - FOLLOWER_GRACE and self._to_collect(now)

    def keep_following(self, follower: str, now: datetime, **progress: float) -> bool:
        is_held = self.is_followed_by(follower) and self.deadline_at > now
        return is_held and self._put(**_leased(self.lease_owner, now), **progress)

    def stop_following(self, follower: str, now: datetime) -> bool:
        return self.is_followed_by(follower) and self._put(lease_until=now)

    def complete(self, lease: str, now: datetime) -> bool:
        changes = {"progress": 1.0, "leftovers": False, "store_seconds": 0.0}
        return self.may_end(lease) and self._end(Status.COMPLETED, now, **changes)

    def fail(self, lease: str, now: datetime, code: str, retryable: bool) -> bool:
        return self.may_end(lease) and self._end(
            Status.FAILED, now, error_code=code, error_retryable=retryable
        )

    def requeue(self, lease: str, due: datetime, *, counts: bool) -> bool:
        """Try again later; only an attempt that failed counts."""
        if not self.may_end(lease):
            return False
        self.posted.append((RUN, due))
        self._put(status=Status.QUEUED, progress=None, attempt=self.attempt - (not counts), **NOBODYS)
        return self._put("retried" if counts else "handed_back", run_after=due, woken_at=due)

    def cancel(self, now: datetime) -> bool:
        if self.status == Status.QUEUED:
            return self._end(Status.CANCELED, now, cancel_requested_at=now)
        if self.status == Status.PROCESSING and self.cancel_requested_at is None:
            self._put("cancel_asked", cancel_requested_at=now)
        return self.status in ACTIVE

    def end_canceled(self, lease: str, now: datetime) -> bool:
        return self.holds(lease) and not self.may_end(lease) and self._end(Status.CANCELED, now)

    def expire(self, now: datetime) -> bool:
        if self.is_free(now) and self.cancel_requested_at:
            return self._end(Status.CANCELED, now)
        code = "deadline_exceeded" if self.deadline_at <= now else "worker_lost"
        return (
            self.is_free(now)
            and self.is_over(now)
            and self._end(Status.FAILED, now, error_code=code, error_retryable=True)
        )

    def wake(self, now: datetime) -> None:
        self.posted.append((RUN, now))
        self._put("woken", woken_at=now)

    def clean_up(self, now: datetime) -> None:
        """What comes with the end of a job, and again where its message was lost."""
        if self.status == Status.CANCELED:
            self.tracks = 0
        if self.leftovers:
            self.note_leftovers(now)

    def note_leftovers(self, now: datetime) -> None:
        if self.status in ENDED_BADLY:
            self.posted.append((CLEAR, now))
            self._put(leftovers=True, woken_at=now)

    def clear_leftovers(self) -> None:
        if self.leftovers and self.status in ENDED_BADLY:
            self._put(leftovers=False, call_id="")

    def _put(self, kind: str = "", /, **changes: Any) -> bool:
        vars(self).update(changes)
        self.log += [kind] if kind else []
        return True

    def _parked(self, now: datetime) -> dict[str, Any]:
        return {"lease_owner": f"parked:{self.pk}", "lease_until": now}

    def _to_collect(self, now: datetime) -> bool:
        self.posted.append((RUN, now - URGENCY))
        return self._put("call_ended", call_state="ended", woken_at=now, **self._parked(now))

    def _end(self, status: str, now: datetime, **changes: Any) -> bool:
        return self._put(status, status=status, finished_at=now, **NOBODYS, **changes)


def _leased(lease: str, now: datetime) -> dict[str, Any]:
    return {"lease_owner": lease, "lease_until": now + timedelta(seconds=settings.JOB_LEASE_SECONDS)}


def is_full(twins: list[Twin]) -> bool:
    """Whether the engine has as many jobs at work as it may."""
    return sum(twin.status == Status.PROCESSING for twin in twins) >= PLACES


def takeable(twins: list[Twin], now: datetime) -> list[Twin]:
    full = is_full(twins)
    return [twin for twin in twins if twin.is_claimable(now) and not (full and twin.status == Status.QUEUED)]


def next_in_turn(twins: list[Twin], now: datetime) -> Twin | None:
    """One whose call has ended, else a dead worker's, else the oldest of the owner who was served longest ago."""

    def turn(twin: Twin) -> tuple[Any, ...]:
        if twin.status == Status.PROCESSING:
            return (0, not twin.call_state, twin.lease_until, twin.pk)
        taken = [other.claimed_at for other in twins if other.owner_id == twin.owner_id and other.claimed_at]
        return (1, bool(taken), *sorted(taken)[-1:], twin.created_at)

    return min(takeable(twins, now), key=turn, default=None)
