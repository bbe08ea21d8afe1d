"""What one reader is sent: of one job, or of all jobs of an owner."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.utils import timezone

from generation.api.streams.cursor import MAX_STATES, Cursor, cursor_text
from generation.api.streams.states import JobState

RETRY_MS = 2000
OPENING = f"retry: {RETRY_MS}\n\n".encode()
KEEP_ALIVE = b": keep-alive\n\n"
# A job that has ended may be sent to whoever opens a stream so soon after, and is forgotten by it later.
JUST_ENDED = timedelta(seconds=10)
FORGOTTEN = timedelta(minutes=1)
# Whoever was away for longer is sent what has ended since then: an id may name any moment at all.
LONGEST_AWAY = timedelta(days=1)


class Feed:
    """Turns the states of jobs into events for one reader, who hears each state once.

    With a `job_id` it is about that job alone and `is_over` once its end was sent.
    """

    def __init__(
        self,
        owner_id: UUID,
        job_id: UUID | None = None,
        cursor: Cursor | None = None,
        now: datetime | None = None,
    ) -> None:
        now = now or timezone.now()
        self.owner_id = owner_id
        self.job_id = job_id
        self.is_over = False
        self.is_primed = False
        heard_until = min(max(cursor.at, now - LONGEST_AWAY), now) if cursor else now
        self.since = heard_until - JUST_ENDED
        self._heard = cursor.digests if cursor else frozenset()
        self._sent: dict[UUID, JobState] = {}

    @property
    def live_ids(self) -> list[UUID]:
        """The jobs that it has spoken of and whose end it has yet to tell."""
        return [job_id for job_id, state in self._sent.items() if not state.has_ended]

    @property
    def is_catching_up(self) -> bool:
        """Whether it has yet to hear what has ended in a long time, which is more than others have to be sent."""
        longest = JUST_ENDED + FORGOTTEN
        return not self.is_primed and self.job_id is None and self.since < timezone.now() - longest

    def tell(self, states: Iterable[JobState], now: datetime | None = None) -> bytes:
        """The events for those of the states that are news to this reader, and none for the others.

        The first time is about all that there is to tell (`is_primed` from then on), later about what may have changed.
        """
        now = now or timezone.now()
        news = [state for state in states if self._is_news(state)]
        # Whoever hears but a part of what there is at first, such as all ends since yesterday, goes on from there.
        heard_until = now if self.is_primed else self.since + JUST_ENDED
        sent = b"".join(self._event(state, now if state is news[-1] else heard_until) for state in news)
        self.is_primed = True
        self._forget(now)
        return sent

    def _is_news(self, state: JobState) -> bool:
        if state.owner_id != self.owner_id or self.job_id not in (None, state.id):
            return False
        before = self._sent.get(state.id)
        if before is not None:
            return not before.has_ended and before.data != state.data
        if self._is_old(state):
            return False
        if state.digest in self._heard:
            self._note(state)
            return False
        return True

    def _is_old(self, state: JobState) -> bool:
        """Whether it is the end of a job that this reader never heard of and that ended before it listened."""
        ended = state.finished_at
        return self.job_id is None and ended is not None and ended < self.since

    def _event(self, state: JobState, heard_until: datetime) -> bytes:
        before = self._sent.pop(state.id, None)
        self._note(state)  # as the last of them
        last = [state.digest for state in islice(reversed(self._sent.values()), MAX_STATES)]
        place = cursor_text(heard_until, reversed(last))
        return f"id: {place}\nevent: {state.event_after(before)}\ndata: {state.data}\n\n".encode()

    def _note(self, state: JobState) -> None:
        self._sent[state.id] = state
        self.is_over = self.job_id is not None and state.has_ended

    def _forget(self, now: datetime) -> None:
        self.since = max(self.since, now - FORGOTTEN)
        for job_id, state in list(self._sent.items()):
            if state.finished_at is not None and state.finished_at < self.since:
                del self._sent[job_id]
