"""What must hold of a job's row whatever happened to it: read from the rows alone, before and after a step."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.conf import settings

from generation.models.job_states import ACTIVE, TERMINAL, Status

Row = dict[str, Any]

LEGAL = {
    (Status.QUEUED, Status.PROCESSING),
    (Status.QUEUED, Status.CANCELED),
    (Status.QUEUED, Status.FAILED),
    (Status.PROCESSING, Status.PROCESSING),  # another worker takes over, or collects what a call has made
    (Status.PROCESSING, Status.QUEUED),
    (Status.PROCESSING, Status.COMPLETED),
    (Status.PROCESSING, Status.FAILED),
    (Status.PROCESSING, Status.CANCELED),
}
TOLD = {
    "queued": Status.QUEUED,
    "retried": Status.QUEUED,
    "handed_back": Status.QUEUED,
    "claimed": Status.PROCESSING,
    "taken_over": Status.PROCESSING,
    "followed": Status.PROCESSING,
    "adopted": Status.PROCESSING,
    "call_ended": Status.PROCESSING,
    "collecting": Status.PROCESSING,
    "completed": Status.COMPLETED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELED,
}
CALL_STATES = {("", "followed"), ("followed", "ended"), ("ended", ""), ("followed", "")}
NOBODY = "parked:"
# What is still written to the row of a job that has ended.
AFTER_THE_END = {"leftovers", "woken_at", "call_id"}


def check_row(row: Row) -> None:
    """What holds of a job at any moment."""
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
    """The log tells a legal life, and where it ends is where the row stands."""
    told = [TOLD[kind] for kind in log if kind in TOLD]
    assert told[0] == Status.QUEUED
    assert set(pairwise(told)) <= LEGAL
    assert told[-1] == row["status"]
    assert all(status in ACTIVE for status in told[:-1])
