"""The turns rehearsed: in which order workers would take the queued jobs, if nothing else happened."""

import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from generation.models.job_queries import NEVER

LATER = datetime.max.replace(tzinfo=UTC)
Waiting = tuple[UUID, UUID, str, datetime]  # job, whose turn it is made in, engine, created_at


def rehearse(
    waiting: Iterable[Waiting], served_at: Mapping[UUID, datetime], places: Mapping[str, int]
) -> dict[UUID, int]:
    """The place of each job, 1 for the next. `waiting` has the oldest first; `places` are those left at some engines.

    Jobs that find no place come last, as if each found one when its turn comes.
    """
    return _Rehearsal(waiting, served_at, places).order


class _Rehearsal:
    def __init__(
        self,
        waiting: Iterable[Waiting],
        served_at: Mapping[UUID, datetime],
        places: Mapping[str, int],
    ) -> None:
        self.order: dict[UUID, int] = {}
        self._places = dict(places)
        self._lines: dict[UUID, dict[str, deque[tuple[datetime, UUID]]]] = {}
        for job, owner, engine, created_at in waiting:
            line = self._lines.setdefault(owner, {}).setdefault(engine, deque())
            line.append((created_at, job))
        self._served = {owner: (served_at.get(owner, NEVER), 0) for owner in self._lines}
        self._take_all()
        self._places.clear()
        self._take_all()

    def _take_all(self) -> None:
        """Take in turn until nobody has a job that finds a place."""
        while turns := [turn for owner in self._lines if (turn := self._turn(owner)) is not None]:
            heapq.heapify(turns)
            while turns:
                owner = heapq.heappop(turns)[2]
                engine = self._take(owner)
                if self._places.get(engine, 1) == 0:
                    break  # with this engine full, others may be first
                if (turn := self._turn(owner)) is not None:
                    heapq.heappush(turns, turn)

    def _take(self, owner: UUID) -> str:
        """Take the owner's oldest job that finds a place, and name its engine."""
        _, job, engine = self._heads(owner)[0]
        self._lines[owner][engine].popleft()
        self.order[job] = len(self.order) + 1
        self._served[owner] = (LATER, len(self.order))
        if engine in self._places:
            self._places[engine] -= 1
        return engine

    def _turn(self, owner: UUID) -> tuple[tuple[datetime, int], datetime, UUID] | None:
        heads = self._heads(owner)
        return (self._served[owner], heads[0][0], owner) if heads else None

    def _heads(self, owner: UUID) -> list[tuple[datetime, UUID, str]]:
        """The owner's oldest job for each engine with a place, the oldest first."""
        return sorted(
            (*line[0], engine)
            for engine, line in self._lines[owner].items()
            if line and self._places.get(engine, 1)
        )
