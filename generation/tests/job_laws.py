"""What must hold of a job whatever happened to it: read from the rows and logs alone, before and after a step."""

from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.conf import settings

from generation.models import Job
from generation.models.job_states import ACTIVE, TERMINAL, Status

LEGAL = {
    *((Status.QUEUED, after) for after in (Status.PROCESSING, Status.CANCELED, Status.FAILED)),
    # Processing again: another worker takes over, or collects what a call has made.
    *((Status.PROCESSING, after) for after in Status),
}
STANDS = {
    **dict.fromkeys(("queued", "retried", "handed_back"), Status.QUEUED),
    **dict.fromkeys(("claimed", "taken_over", "collecting"), Status.PROCESSING),
    **dict.fromkeys(("followed", "adopted", "call_ended"), Status.PROCESSING),
    **{status.value: status for status in TERMINAL},
}
CALL_STATES = {("", "followed"), ("followed", "ended"), ("ended", ""), ("followed", "")}
NOBODY = "parked:"
EMPTY_AT_FIRST = {
    "stage",
    "progress",
    "attempt",
    "lost_workers",
    "call_id",
    "call_indexes",
    "calls_begun",
    "leftovers",
    "store_seconds",
}
EMPTY_AT_FIRST |= {"started_at", "claimed_at", "cancel_requested_at"}
KEPT_BY_A_CALL = {"attempt", "lost_workers", "claimed_at", "started_at", "call_id", "call_indexes"}
WRITTEN_AFTER_THE_END = {"leftovers", "woken_at", "call_id"}


def check_new(job: Job, now: datetime) -> None:
    """A job that was just ordered is queued and due, and nothing has happened to it."""
    assert job.status == Status.QUEUED
    assert job.created_at == job.run_after == job.woken_at == now
    assert job.deadline_at == now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS)
    assert not any(getattr(job, name) for name in EMPTY_AT_FIRST)


def check_row(job: Job, kept: list[UUID]) -> None:
    """Its columns agree with its status at any moment, and those of a completed job with the tracks that are kept."""
    at_work = job.status == Status.PROCESSING
    assert at_work == (job.lease_owner is not None) == (job.lease_until is not None)
    assert (job.status in TERMINAL) == (job.finished_at is not None)
    assert (job.status == Status.FAILED) == bool(job.error_code)
    assert 0 <= job.lost_workers <= settings.JOB_MAX_LOST_WORKERS
    assert at_work <= job.attempts_used <= settings.JOB_MAX_ATTEMPTS
    assert job.call_state in ("", "followed", "ended")
    assert not job.call_state or (at_work and job.call_id)
    is_nobodys = (job.lease_owner or "").startswith(NOBODY)
    assert is_nobodys or job.call_state != "ended"
    assert job.call_state or not is_nobodys
    if job.status == Status.COMPLETED:
        assert job.cancel_requested_at is None
        assert not job.leftovers
        assert len(kept) == job.request.variations
        assert job.first_track_id == kept[0]


def check_step(before: Job, after: Job, now: datetime) -> None:
    """It moves as `Job` has it drawn, and attempts are counted one by one.

    No worker takes it from another's hands. What its owner asked to cancel is not done. What has ended stays as it is.
    """
    changed = {name for name in vars(before) if name != "_state" and vars(before)[name] != vars(after)[name]}
    assert "status" not in changed or (before.status, after.status) in LEGAL
    if before.status in TERMINAL:
        assert changed <= WRITTEN_AFTER_THE_END, f"a job that had ended was changed: {changed}"
    if before.lease_owner and after.lease_owner and "lease_owner" in changed:
        lapsed = before.lease_until is not None and before.lease_until < now
        assert lapsed or after.lease_owner.startswith(NOBODY), "a worker took a job from the hands of another"
    assert "call_state" not in changed or (before.call_state, after.call_state) in CALL_STATES
    if before.call_state and after.status == Status.PROCESSING:
        assert not changed & KEPT_BY_A_CALL, "a call cost an attempt"
    if before.cancel_requested_at is not None:
        assert "cancel_requested_at" not in changed
        assert after.status in (before.status, Status.CANCELED)
    assert after.attempt - before.attempt in (-1, 0, 1)
    assert after.lost_workers - before.lost_workers in (0, 1)


def check_leases(jobs: list[Job]) -> None:
    """No lease is for two jobs."""
    leases = [job.lease_owner for job in jobs if job.lease_owner]
    assert len(leases) == len(set(leases))


def check_log(job: Job, log: list[str]) -> None:
    """Its log is a legal life, and where it ends is where the row stands."""
    states = [STANDS[kind] for kind in log if kind in STANDS]
    assert states[0] == Status.QUEUED
    assert set(pairwise(states)) <= LEGAL
    assert states[-1] == job.status
    assert all(status in ACTIVE for status in states[:-1])
