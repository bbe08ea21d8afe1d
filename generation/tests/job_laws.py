"""What must hold of a job's row whatever happened to it: read from the rows alone, before and after a step."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.conf import settings

from generation.models.job_states import ACTIVE, TERMINAL, Status

Row = dict[str, Any]

LEGAL = {
    *((Status.QUEUED, after) for after in (Status.PROCESSING, Status.CANCELED, Status.FAILED)),
    # Processing again: another worker takes over, or collects what a call has made.
    *((Status.PROCESSING, after) for after in Status),
}
STANDS = {
    **dict.fromkeys(("queued", "retried", "handed_back"), Status.QUEUED),
    **dict.fromkeys(("claimed", "taken_over", "followed", "adopted", "call_ended"), Status.PROCESSING),
    "collecting": Status.PROCESSING,
    **{status.value: status for status in TERMINAL},
}
CALL_STATES = {("", "followed"), ("followed", "ended"), ("ended", ""), ("followed", "")}
NOBODY = "parked:"
# What is still written to the row of a job that has ended.
AFTER_THE_END = {"leftovers", "woken_at", "call_id"}


def check_new(row: Row, now: datetime) -> None:
    """What holds of a job that was just ordered."""
    assert row["status"] == Status.QUEUED
    assert row["created_at"] == row["run_after"] == row["woken_at"] == now
    assert row["deadline_at"] == now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS)
    begins = (
        "stage",
        "progress",
        "attempt",
        "lost_workers",
        "call_id",
        "leftovers",
        "started_at",
        "claimed_at",
    )
    assert not any(row[name] for name in begins)
    assert row["cancel_requested_at"] is row["store_seconds"] is None


def check_row(row: Row, kept: list[UUID], variations: int) -> None:
    """What holds at any moment of a job and of the tracks that its owner has."""
    assert (row["status"] == Status.PROCESSING) == (row["lease_owner"] is not None)
    assert (row["status"] == Status.PROCESSING) == (row["lease_until"] is not None)
    assert (row["status"] in TERMINAL) == (row["finished_at"] is not None)
    assert (row["status"] == Status.FAILED) == bool(row["error_code"])
    assert 0 <= row["lost_workers"] <= settings.JOB_MAX_LOST_WORKERS
    at_work = row["status"] == Status.PROCESSING
    assert row["call_state"] in ("", "followed", "ended")
    assert not row["call_state"] or (at_work and row["call_id"])
    nobodys = (row["lease_owner"] or "").startswith(NOBODY)
    assert nobodys <= bool(row["call_state"])
    assert nobodys or row["call_state"] != "ended"
    assert at_work <= row["attempt"] - row["lost_workers"] <= settings.JOB_MAX_ATTEMPTS
    if row["status"] == Status.COMPLETED:
        assert row["cancel_requested_at"] is None
        assert not row["leftovers"]
        assert len(kept) == variations
        assert row["first_track"] == kept[0]


def check_step(before: Row, after: Row, now: datetime) -> None:
    """What holds of a job from one moment to the next."""
    if before["status"] != after["status"]:
        assert (before["status"], after["status"]) in LEGAL
    if before["status"] in TERMINAL:
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= AFTER_THE_END, f"a job that had ended was changed: {changed}"
    if before["lease_owner"] and after["lease_owner"] and before["lease_owner"] != after["lease_owner"]:
        given = after["lease_owner"].startswith(NOBODY)
        assert given or before["lease_until"] < now, "a worker took a job from the hands of another"
    if before["call_state"] != after["call_state"]:
        assert (before["call_state"], after["call_state"]) in CALL_STATES
    if before["call_state"] and after["status"] == Status.PROCESSING:
        kept = ("attempt", "lost_workers", "claimed_at", "started_at", "call_id")
        assert [before[name] for name in kept] == [after[name] for name in kept], "a call cost an attempt"
    if before["cancel_requested_at"] is not None:
        assert after["cancel_requested_at"] == before["cancel_requested_at"]
        assert after["status"] == before["status"] or after["status"] == Status.CANCELED
    assert after["attempt"] - before["attempt"] in (-1, 0, 1)
    assert after["lost_workers"] - before["lost_workers"] in (0, 1)


def check_leases(rows: list[Row]) -> None:
    """No worker's lease is for two jobs."""
    leases = [row["lease_owner"] for row in rows if row["lease_owner"]]
    assert len(leases) == len(set(leases))


def check_log(row: Row, log: list[str]) -> None:
    """The log is a legal life, and where it ends is where the row stands."""
    states = [STANDS[kind] for kind in log if kind in STANDS]
    assert states[0] == Status.QUEUED
    assert set(pairwise(states)) <= LEGAL
    assert states[-1] == row["status"]
    assert all(status in ACTIVE for status in states[:-1])
