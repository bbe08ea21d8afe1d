"""What one reader is told: of one job, or of all jobs of an owner."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from generation.api.streams.cursor import Cursor, cursor_text
from generation.api.streams.states import JobState

RETRY_MS = 2000
OPENING = f"retry: {RETRY_MS}\n\n".encode()
KEEP_ALIVE = b": keep-alive\n\n"
# A job that has ended may be told to whoever opens a stream so soon after, and is forgotten by it later.
JUST_ENDED = timedelta(seconds=10)
FORGOTTEN = timedelta(minutes=1)


class Feed:
    """Turns the states of jobs into events for one reader, who hears each state once.

    With a `job_id` it is about that job alone and `is_over` once its end was told.
    """

    def __init__(self, owner_id: UUID, job_id: UUID | None = None, cursor: Cursor | None = None) -> None:
        self.owner_id = owner_id
        self.job_id = job_id
        self.is_over = False
        self.is_primed = False
        self.since = (cursor.at if cursor else timezone.now()) - JUST_ENDED
        self.is_resumed = cursor is not None
        self._heard = cursor.digests if cursor else frozenset()
        self._told: dict[UUID, JobState] = {}

    @property
    def live_ids(self) -> list[UUID]:
        """The jobs that it has told of and whose end it has yet to tell."""
        return [job_id for job_id, state in self._told.items() if not state.has_ended]

    def tell(self, states: Iterable[JobState], now: datetime | None = None) -> bytes:
        """The events for those of the states that are news to this reader, and none for the others.

        The first time is about all that there is to tell (`is_primed` from then on), later about what may have changed.
        """
        now = now or timezone.now()
        told = b"".join(self._event(state, now) for state in states if self._is_meant(state))
        self.is_primed = True
        self._forget(now)
        return told

    def _is_meant(self, state: JobState) -> bool:
        return state.owner_id == self.owner_id and self.job_id in (None, state.id)

    def _event(self, state: JobState, now: datetime) -> bytes:
        before = self._told.get(state.id)
        if before is not None and (before.has_ended or before.data == state.data):
            return b""
        if before is None and self._is_old(state):
            return b""
        self._told.pop(state.id, None)  # to be the last of them
        self._told[state.id] = state
        self.is_over = self.job_id is not None and state.has_ended
        if before is None and state.digest in self._heard:
            return b""
        place = cursor_text(now, (told.digest for told in self._told.values()))
        return f"id: {place}\nevent: {state.event_after(before)}\ndata: {state.data}\n\n".encode()

    def _is_old(self, state: JobState) -> bool:
        """Whether it is the end of a job that this reader never heard of and that ended before it listened."""
        ended = state.finished_at
        return self.job_id is None and ended is not None and ended < self.since

    def _forget(self, now: datetime) -> None:
        self.since = max(self.since, now - FORGOTTEN)
        for job_id, state in list(self._told.items()):
            if state.finished_at is not None and state.finished_at < self.since:
                del self._told[job_id]
