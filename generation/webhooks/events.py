"""What a webhook can be sent, and how: a thin message, from which a receiver knows what to ask the API for."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import TextChoices
from django.utils import timezone

if TYPE_CHECKING:
    from generation.models import Job


class JobEvent(TextChoices):
    """What an endpoint can ask to hear of."""

    COMPLETED = "job.completed"
    FAILED = "job.failed"
    CANCELED = "job.canceled"


class MessageType(TextChoices):
    """What is sent: the events of jobs, and the message by which an endpoint is tried."""

    COMPLETED = "job.completed"
    FAILED = "job.failed"
    CANCELED = "job.canceled"
    TEST = "webhook.test"


def job_message(job: "Job", jobs_url: str) -> str:
    """The body that tells how a job ended. `jobs_url` is the absolute address of the API's jobs.

    Load the tracks beside many jobs (`JobQuerySet.with_tracks`).
    """
    error = {"code": job.error_code, "message": job.error_message, "retryable": job.error_retryable}
    data = {
        "id": str(job.pk),
        "status": job.status,
        "track_ids": [str(track.pk) for track in job.kept_tracks],
        "error": error if job.error_code else None,
        "url": f"{jobs_url}/{job.pk}",
    }
    return _body(MessageType(f"job.{job.status}"), job.finished_at or timezone.now(), data)


def message_for_test(endpoint_id: UUID, now: datetime) -> str:
    """The body by which an endpoint is tried."""
    return _body(MessageType.TEST, now, {"webhook_id": str(endpoint_id)})


def _body(kind: MessageType, at: datetime, data: dict[str, Any]) -> str:
    timestamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": kind.value, "timestamp": timestamp, "data": data}, ensure_ascii=False)
