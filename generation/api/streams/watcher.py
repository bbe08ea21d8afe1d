"""What changed in the database: asked once for all streams of a process, however many there are."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from generation.api.streams import queries
from generation.api.streams.feed import Feed
from generation.api.streams.queries import Moved
from generation.api.streams.states import JobState, Row
from generation.models.job_event import EventKind
from generation.scheduling.turns import positions

# Numbers of events are given out before their transactions commit: so long they are looked for behind the newest.
COMMIT_SECONDS = 2.0
# Whatever that has missed is found when all that is watched is read again.
SWEEP_SECONDS = 4.0
POSITIONS_SECONDS = 1.0
MOVES_THE_QUEUE = {
    EventKind.QUEUED,
    EventKind.CLAIMED,
    EventKind.RETRIED,
    EventKind.HANDED_BACK,
    EventKind.CANCELED,
    EventKind.FAILED,
}


class Watcher:
    """Reads how the jobs stand that some feeds are about.

    A look is one query while nothing changes: the jobs that are processing, and those with new lines in their log.
    Neither the streams nor the jobs in the queue make it any dearer.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: list[tuple[float, int]] = []
        self._swept_at = clock()
        self._queue = _Queue(clock)
        self._tracks: dict[UUID, tuple[UUID, ...]] = {}
        self._states: dict[UUID, JobState] = {}

    def look(self, feeds: Collection[Feed]) -> list[JobState]:
        """The states that have changed since the last look, each job once, the oldest first; and all that there are
        for feeds which were sent nothing yet. So whoever hears of them must have heard of those before.

        Raises DatabaseError.
        """
        owners = {feed.owner_id for feed in feeds if feed.job_id is None}
        jobs = {feed.job_id for feed in feeds if feed.job_id is not None}
        moved = self._moved()
        watched = {
            each.row.id: each.row for each in moved if each.row.id in jobs or each.row.owner_id in owners
        }
        anew = {each.row.id for each in moved if each.event_id}
        for_new = {row.id: row for row in self._all_of([feed for feed in feeds if not feed.is_primed])}
        watched |= for_new
        if self._clock() - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = self._clock()
            known = {job_id for feed in feeds for job_id in feed.live_ids}
            for row in (*queries.jobs_of(known | jobs), *queries.live_jobs_of(owners)):
                watched.setdefault(row.id, row)
            self._queue.keep_only(watched)
            self._tracks.clear()
            self._states = {pk: state for pk, state in self._states.items() if pk in watched}
        places = self._queue.places(watched.values(), moved)
        for row in self._queue.rows():
            watched.setdefault(row.id, row)
        self._read_tracks({pk for pk in watched if pk in anew or pk not in self._tracks})
        changed = []
        for pk, row in watched.items():
            state = JobState(row, places.get(pk), self._tracks[pk])
            before = self._states.get(pk)
            if before is None or before != state:
                self._states[pk] = state
                changed.append(state)
            elif pk in for_new:
                changed.append(before)  # whose text is made already
        return sorted(changed, key=lambda state: (state.row.created_at, state.id))

    def _moved(self) -> list[Moved]:
        now = self._clock()
        if not self._newest:
            self._newest = [(now, queries.newest_event())]
        moved = queries.moved_since(self._newest[0][1])
        newest = max((each.event_id for each in moved), default=0)
        if newest > self._newest[-1][1]:
            self._newest.append((now, newest))
        while len(self._newest) > 1 and self._newest[1][0] < now - COMMIT_SECONDS:
            del self._newest[0]
        return moved

    def _all_of(self, new: Sequence[Feed]) -> list[Row]:
        """All that feeds which were sent nothing yet may have to be sent."""
        if not new:
            return []
        rows = queries.jobs_of({feed.job_id for feed in new if feed.job_id is not None})
        moments: dict[UUID, datetime] = {}
        for feed in new:
            if feed.job_id is None:
                moments[feed.owner_id] = min(feed.since, moments.get(feed.owner_id, feed.since))
        rows += queries.live_jobs_of(moments)
        for owner in {feed.owner_id for feed in new if feed.is_catching_up}:
            rows += queries.last_ended_of(owner, moments.pop(owner))
        return rows + queries.jobs_ended_since(moments)

    def _read_tracks(self, ids: Collection[UUID]) -> None:
        if ids:
            found = queries.tracks_of(ids)
            self._tracks.update((pk, found.get(pk, ())) for pk in ids)


class _Queue:
    """The places of those watched jobs that are queued, counted anew where the queue has moved."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rows: dict[UUID, Row] = {}
        self._places: dict[UUID, int] = {}
        self._counted_at = -POSITIONS_SECONDS
        self._counted_with: set[int] = set()
        self._changed: set[UUID] = set()

    def places(self, watched: Iterable[Row], moved: Iterable[Moved]) -> dict[UUID, int]:
        """The places of all watched jobs that are queued, of which these may have changed otherwise.

        Counted once a second at most, and at once where a job has none yet.
        """
        for row in watched:
            if row.is_queued:
                self._rows[row.id] = row
            else:
                self._rows.pop(row.id, None)
                self._places.pop(row.id, None)
        moves = {each.event_id for each in moved if each.kind in MOVES_THE_QUEUE}
        waited = self._clock() - self._counted_at
        is_due = waited >= (SWEEP_SECONDS if moves <= self._counted_with else POSITIONS_SECONDS)
        self._changed = set()
        if self._rows and (is_due or self._rows.keys() - self._places.keys()):
            before, self._places = self._places, positions([row.as_job() for row in self._rows.values()])
            self._counted_at, self._counted_with = self._clock(), moves
            self._changed = {pk for pk, place in self._places.items() if before.get(pk) != place}
        return self._places

    def rows(self) -> list[Row]:
        """The jobs whose places the last count has changed."""
        return [self._rows[pk] for pk in self._changed if pk in self._rows]

    def keep_only(self, watched: Collection[UUID]) -> None:
        """Forget the jobs that nobody watches any more."""
        for pk in self._rows.keys() - set(watched):
            del self._rows[pk]
            self._places.pop(pk, None)
