"""How a job stands, as streams tell it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from generation.api.serializers.job_event import JobEventSerializer
from generation.models import Job
from generation.models.job_states import TERMINAL, Status

DIGEST_BYTES = 6


class Row(NamedTuple):
    """The columns of a job that streams are made of, by their names."""

    id: UUID
    owner_id: UUID
    turn_id: UUID
    status: str
    stage: str
    progress: float | None
    attempt: int
    created_at: datetime
    cancel_requested_at: datetime | None
    finished_at: datetime | None
    error_code: str
    error_message: str
    error_retryable: bool

    @property
    def is_queued(self) -> bool:
        return self.status == Status.QUEUED

    def as_job(self) -> Job:
        """The job with what its place in the queue depends on."""
        job = Job(pk=self.id, owner_id=self.owner_id, status=self.status, created_at=self.created_at)
        job.turn_id = self.turn_id
        return job


@dataclass(frozen=True)
class JobState:
    """A job as it stood at a moment. Two are the same to a reader where their `data` is."""

    row: Row
    queue_position: int | None
    track_ids: tuple[UUID, ...]

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def owner_id(self) -> UUID:
        return self.row.owner_id

    @property
    def status(self) -> str:
        return self.row.status

    @property
    def stage(self) -> str | None:
        return self.row.stage or None

    @property
    def progress(self) -> float | None:
        return self.row.progress

    @property
    def attempt(self) -> int:
        return self.row.attempt

    @property
    def cancel_requested_at(self) -> datetime | None:
        return self.row.cancel_requested_at

    @property
    def finished_at(self) -> datetime | None:
        return self.row.finished_at

    @property
    def error(self) -> dict[str, Any] | None:
        if not self.row.error_code:
            return None
        return {
            "code": self.row.error_code,
            "message": self.row.error_message,
            "retryable": self.row.error_retryable,
        }

    @property
    def has_ended(self) -> bool:
        return self.status in TERMINAL

    @cached_property
    def data(self) -> str:
        """What an event says of it: one line of JSON."""
        return json.dumps(JobEventSerializer(self).data, separators=(",", ":"), default=str)

    @cached_property
    def digest(self) -> bytes:
        """Tells this state from all others of all jobs."""
        return hashlib.sha256(self.data.encode()).digest()[:DIGEST_BYTES]

    def event_after(self, before: "JobState | None") -> str:
        """The name of the event that tells it to somebody who knows the state before, or none."""
        if self.has_ended:
            return self.status
        if before is None or self._milestones != before._milestones:
            return "status"
        return "progress"

    @property
    def _milestones(self) -> tuple[object, ...]:
        return self.status, self.attempt, self.cancel_requested_at, self.track_ids
