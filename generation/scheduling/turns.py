"""Turns: round robin among the owners whose jobs wait, so that nobody's hundred jobs hold up somebody else's first.

The next turn is that of the owner of whom a worker last took a job longest ago, or never; it takes their oldest job.
So a job waits for those of its owner before it, and for each other owner for as many again, or one more where that
owner's turn comes first. Guests who order from one address are one owner in this (`Job.turn_id`).

Where a remote engine has fewer places left than jobs wait for it, the turns go on among the other jobs, and those that
find no place come after them.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count

from generation.models import Job
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import Status
from generation.scheduling.rehearsal import NEVER, rehearse


def positions(jobs: Iterable[Job]) -> dict[UUID, int]:
    """The place in the queue of those of the jobs that are queued, by id, 1 for the next.

    Two queries for any number, and two more where there are remote engines.
    """
    queued = [job for job in jobs if job.status == Status.QUEUED]
    if not queued:
        return {}
    turns = list(Job.objects.queued().by_turn())
    places = Job.objects.places_left()
    if places and _is_scarce(places, Job.objects.queued()):
        oldest_first = Job.objects.queued().order_by("created_at", "id")
        rows = oldest_first.values_list("pk", "turn_id", "engine", "created_at")
        order = rehearse(rows, {turn["turn_id"]: turn["served_at"] for turn in turns}, places)
        return {job.pk: order.get(job.pk, 1) for job in queued}
    own = Job.objects.queued().filter(turn_id__in={job.turn_id for job in queued})
    ordered = own.order_by("turn_id", "created_at", "id").values_list("turn_id", "pk")
    before = {
        pk: place
        for _, group in groupby(ordered, key=lambda row: row[0])
        for place, (_, pk) in enumerate(group)
    }
    # One that a worker took since it was read is as good as next.
    return {
        job.pk: _position(job.turn_id, before[job.pk], turns) if job.pk in before else 1 for job in queued
    }


def _position(turn_id: UUID, before: int, turns: list[dict[str, Any]]) -> int:
    """The place of a job that waits for `before` others of its owner."""
    mine = next((_key(turn) for turn in turns if turn["turn_id"] == turn_id), None)
    if mine is None:
        return 1
    others = (turn for turn in turns if turn["turn_id"] != turn_id)
    return before + 1 + sum(min(turn["jobs"], before + int(_key(turn) < mine)) for turn in others)


def _is_scarce(places: dict[str, int], queued: JobQuerySet) -> bool:
    """Whether more jobs wait for a remote engine than it has places."""
    waiting = queued.filter(engine__in=places).order_by().values_list("engine").annotate(Count("pk"))
    return any(count > places[engine] for engine, count in waiting)


def _key(turn: dict[str, Any]) -> tuple[datetime, datetime, UUID]:
    return turn["served_at"] or NEVER, turn["head"], turn["turn_id"]
