"""The columns that change together when a job moves, for the one UPDATE of each move."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from generation.models.job_states import CallState, Status

NOBODY = "parked"


def leased(owner: str, now: datetime) -> dict[str, Any]:
    return {"lease_owner": owner, "lease_until": now + timedelta(seconds=settings.JOB_LEASE_SECONDS)}


def left_to_anybody(job_id: UUID) -> dict[str, Any]:
    """A lease of nobody that has run out: whoever may have the job may have it now."""
    return {"lease_owner": f"{NOBODY}:{job_id}", "lease_until": timezone.now()}


def call_ended(job_id: UUID) -> dict[str, Any]:
    """A worker may collect what the remote call has made; the message to one goes out with this."""
    return {"call_state": CallState.ENDED, "woken_at": timezone.now(), **left_to_anybody(job_id)}


def requeued(delay: float) -> dict[str, Any]:
    """To be taken no sooner than in `delay` seconds, when the message to a worker is due too."""
    due = timezone.now() + timedelta(seconds=delay)
    return {
        "status": Status.QUEUED,
        "stage": "",
        "progress": None,
        "call_state": "",
        "lease_owner": None,
        "lease_until": None,
        "run_after": due,
        "woken_at": due,
    }


def ended(status: Status) -> dict[str, Any]:
    return {
        "status": status,
        "stage": "",
        "call_state": "",
        "lease_owner": None,
        "lease_until": None,
        "finished_at": timezone.now(),
    }
