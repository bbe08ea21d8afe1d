"""The moves of a job, as tables beside the real verbs: when each is allowed, what it changes, what it sends.

A move is a kind of line in the log, or one of those UNLOGGED. It is made by OWNER, by REAPER, or under a lease.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from generation.models import Job
from generation.models.job_states import Status

OWNER, REAPER = "its owner", "the reaper"
UNLOGGED = {"lease_renewed", "lease_ended", "call_forgotten", "left_behind", "cleared_up"}
RUN, CLEAR = "run_job", "clear_leftovers"
PLACES = 2
WAKE_GRACE = timedelta(seconds=3)
CLEANUP_GRACE = timedelta(seconds=30)
FOLLOWER_GRACE = timedelta(minutes=1)
URGENCY = timedelta(hours=1)


def lapsed(job: Job, now: datetime) -> bool:
    return job.lease_until is not None and job.lease_until < now


def is_free(job: Job, now: datetime) -> bool:
    """Nobody works on it, or its worker is thought dead."""
    return job.status == Status.QUEUED or lapsed(job, now)


def is_over(job: Job, now: datetime) -> bool:
    """Too late, or too many workers lost; none is lost with a job that needs none."""
    lost = job.lost_workers >= settings.JOB_MAX_LOST_WORKERS and not job.call_state
    return lost or job.deadline_at <= now


def is_wanted(job: Job, now: datetime) -> bool:
    return is_free(job, now) and not is_over(job, now) and job.cancel_requested_at is None


def is_claimable(job: Job, now: datetime) -> bool:
    due = job.status == Status.PROCESSING or job.run_after <= now
    return is_wanted(job, now) and due and job.call_state != "followed"


def is_allowed(move: str, job: Job, by: str, now: datetime) -> bool:
    """Whether the move may be made now, by this one: then it must be made where it is tried."""
    queued, at_work = job.status == Status.QUEUED, job.status == Status.PROCESSING
    asked, in_time = job.cancel_requested_at is not None, job.deadline_at > now
    held = at_work and job.lease_owner == by
    wanted = held and not asked
    free, claimable, followed = is_free(job, now), is_claimable(job, now), job.call_state == "followed"
    adoptable = followed and is_wanted(job, now)
    ended_badly = job.status in (Status.FAILED, Status.CANCELED)
    is_left = ended_badly and job.leftovers
    long_left = is_left and max(job.finished_at or now, job.woken_at) < now - CLEANUP_GRACE
    allowed = {
        "claimed": claimable and queued,
        "taken_over": claimable and at_work and not job.call_state,
        "collecting": claimable and job.call_state == "ended",
        **dict.fromkeys(("stage", "call", "call_forgotten", "stored"), held),
        "lease_renewed": held and (in_time or not followed),
        "followed": wanted and job.call_id != "",
        "adopted": adoptable,
        "lease_ended": held and followed,
        "call_ended": adoptable and lapsed(job, now - FOLLOWER_GRACE)
        if by == REAPER
        else wanted and followed,
        "retried": wanted and job.attempts_used < settings.JOB_MAX_ATTEMPTS,
        **dict.fromkeys(("handed_back", "completed"), wanted),
        "failed": free and is_over(job, now) if by == REAPER else wanted,
        "canceled": {OWNER: queued, REAPER: free and asked}.get(by, held and asked),
        "cancel_asked": at_work and not asked,
        "woken": claimable,
        "left_behind": {OWNER: is_left, REAPER: long_left}.get(by, ended_badly),
        "cleared_up": is_left,
    }
    return allowed[move]


def changes(move: str, job: Job, by: str, now: datetime) -> dict[str, Any]:
    """The columns that a move changes, but for those that only its caller knows."""
    leased = {"lease_owner": by, "lease_until": now + timedelta(seconds=settings.JOB_LEASE_SECONDS)}
    parked = {"lease_owner": f"parked:{job.pk}", "lease_until": now}
    nobodys = {"lease_owner": None, "lease_until": None, "stage": "", "call_state": ""}
    begun = {"status": Status.PROCESSING, "stage": "starting", "progress": None, "leftovers": True, **leased}
    begun |= {"attempt": job.attempt + 1, "claimed_at": now, "started_at": job.started_at or now}
    begun |= {"store_seconds": None}
    requeued = {"status": Status.QUEUED, "progress": None, **nobodys}
    ended = {"status": move, "finished_at": now, **nobodys}
    ended_badly = ended | ({"woken_at": now} if job.leftovers else {})
    code = "deadline_exceeded" if job.deadline_at <= now else "worker_lost"
    table: dict[str, dict[str, Any]] = {
        "claimed": begun,
        "taken_over": begun | {"lost_workers": job.lost_workers + 1},
        "collecting": leased | {"call_state": ""},
        **dict.fromkeys(("stage", "lease_renewed", "adopted", "stored"), leased),
        "call": {"calls_begun": job.calls_begun + 1},
        "call_forgotten": {"call_id": "", "call_indexes": []},
        "followed": parked | {"call_state": "followed", "stage": "generating", "store_seconds": 0.0},
        "lease_ended": {"lease_until": now},
        "call_ended": parked | {"call_state": "ended", "woken_at": now},
        "retried": requeued,
        "handed_back": requeued | {"attempt": job.attempt - 1},
        "completed": ended | {"progress": 1.0, "leftovers": False, "store_seconds": 0.0},
        "failed": ended_badly | {"error_code": code, "error_retryable": True},
        "canceled": ended_badly | {"cancel_requested_at": job.cancel_requested_at or now},
        "cancel_asked": {"cancel_requested_at": now},
        "woken": {"woken_at": now},
        "left_behind": {"woken_at": now, "leftovers": True},
        "cleared_up": {"leftovers": False, "call_id": ""},
    }
    return table[move]


def message(move: str, job: Job, now: datetime) -> tuple[str, datetime] | None:
    """What is sent with a move that was just made: the task, and from when a worker may take it."""
    if move in ("failed", "canceled", "left_behind"):
        return (CLEAR, now) if job.leftovers else None
    due = {"woken": now, "call_ended": now - URGENCY, "retried": job.run_after, "handed_back": job.run_after}
    return (RUN, due[move]) if move in due else None


def takeable(jobs: Collection[Job], now: datetime) -> list[Job]:
    """What a worker may take: nothing new while the engine has as many jobs at work as it may."""
    full = sum(job.status == Status.PROCESSING for job in jobs) >= PLACES
    return [job for job in jobs if is_claimable(job, now) and not (full and job.status == Status.QUEUED)]


def next_in_turn(jobs: Collection[Job], now: datetime) -> Job | None:
    """One whose call has ended, else a dead worker's, else the oldest of the owner who was served longest ago."""

    def turn(job: Job) -> tuple[Any, ...]:
        if job.status == Status.PROCESSING:
            return (0, not job.call_state, job.lease_until, job.pk)
        served = [other.claimed_at for other in jobs if other.owner_id == job.owner_id and other.claimed_at]
        return (1, bool(served), *sorted(served)[-1:], job.created_at)

    return min(takeable(jobs, now), key=turn, default=None)
