"""The world of the stateful test of jobs: its clock, its people, and what must be found in the database."""

from collections import Counter, defaultdict
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from unittest import mock
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis.stateful import RuleBasedStateMachine, invariant

from accounts.models import User
from generation.engines.registry import get_engine
from generation.engines.scripted import ScriptedRemoteEngine
from generation.models import Job, JobEvent, Track
from generation.models.job_states import Status
from generation.scheduling.turns import positions
from generation.tests import job_laws, job_moves
from generation.worker.attempt import Attempt

MOMENT = timedelta(microseconds=1)
# What is not compared: texts, measured times, and what a law says.
UNCOMPARED = {"error_message", "error_detail", "generate_seconds", "cost_usd", "first_track_id"}
COLUMNS = {field.attname for field in Job._meta.concrete_fields} - UNCOMPARED
Some = TypeVar("Some")


class World(RuleBasedStateMachine):
    """Two owners, workers that die and come anew, a clock that only the rules move; all is undone at the end.

    A rule calls real verbs and says by `tries` which moves that must have made. After each step the rows, logs and new
    messages must be those of `jobs`, `logs` and `posted`.
    """

    steps = 0
    kinds: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = timezone.now()
        self.clock = mock.patch("django.utils.timezone.datetime", SimpleNamespace(now=lambda tz: self.now))
        self.clock.start()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.owners = [User.objects.create_user(email=f"{name}@example.org", password=None) for name in "ab"]
        self.engine = cast(ScriptedRemoteEngine, get_engine(settings.GENERATION_ENGINE))
        self.engine.max_in_flight = job_moves.PLACES
        self.engine.started.clear()
        self.engine.canceled.clear()
        self.ended_calls: set[str] = set()
        self.jobs: dict[UUID, Job] = {}
        self.logs: dict[UUID, list[str]] = {}
        self.posted: list[tuple[UUID, str, datetime]] = []
        self.found: dict[UUID, Job] = {}
        self.readings: dict[UUID, Job] = {}
        self.attempts: list[Attempt] = []
        self.workers = self.last_message = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)
        self.clock.stop()

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        type(self).steps += 1
        found = {job.pk: job for job in Job.objects.all()}
        logs, kept = defaultdict(list), defaultdict(list)
        for pk, kind in JobEvent.objects.order_by("pk").values_list("job_id", "kind"):
            logs[pk].append(kind)
        for pk, track in Track.objects.kept().order_by("index").values_list("job_id", "pk"):
            kept[pk].append(track)
        job_laws.check_leases(list(found.values()))
        for pk, job in found.items():
            job_laws.check_row(job, kept[pk])
            job_laws.check_step(self.found.get(pk, job), job, self.now)
            job_laws.check_log(job, logs[pk])
            assert len(kept[pk]) == self.tracks(job)
            assert _columns(job) == _columns(self.jobs[pk])
        assert logs == self.logs
        assert sorted(self._newly_posted()) == sorted(self.posted)
        places = positions(Job.objects.queued())
        assert sorted(places.values()) == list(range(1, len(places) + 1))
        self.posted.clear()
        self.found = found
        self.now += MOMENT  # no two steps at the same time

    def meet(self, job: Job) -> None:
        """Know a job that was just ordered."""
        self.readings[job.pk], self.jobs[job.pk] = job, Job.objects.get(pk=job.pk)
        job_laws.check_new(self.jobs[job.pk], self.now)
        self.logs[job.pk] = ["queued"]
        self.posted.append((job.pk, job_moves.RUN, self.now))

    def tries(self, job: Job, *moves: str, by: str, **columns: Any) -> str:
        """The first of these moves that is allowed must have been made, with columns that only the caller knows.

        Returns which it is, "" for none.
        """
        move = next((move for move in moves if job_moves.is_allowed(move, job, by, self.now)), "")
        if move:
            for name, value in (job_moves.changes(move, job, by, self.now) | columns).items():
                setattr(job, name, value)
            self.logs[job.pk] += [] if move in job_moves.UNLOGGED else [move]
            message = job_moves.message(move, job, self.now)
            self.posted += [(job.pk, *message)] if message else []
            self.kinds[move] += 1
        return move

    def claim(self, reading: Job) -> None:
        """A worker that just came claims a job, by what it knows of it."""
        self.workers += 1
        lease = reading.claim(owner := f"worker {self.workers}")
        taken = self.tries(self.jobs[reading.pk], "collecting", "claimed", "taken_over", by=owner)
        assert bool(lease) == bool(taken)
        if lease:
            self.attempts.append(Attempt(replace(lease, job=copy(reading))))

    def leaves_its_place(self, job: Job) -> None:
        """A job that nobody works on any more makes room at the engine for one that waits for it."""
        if job.status != Status.PROCESSING:
            waiting = job_moves.takeable(self.jobs.values(), self.now)
            self.wakes([other for other in waiting if other.status == Status.QUEUED], 1)

    def wakes(self, waiting: list[Job], count: int) -> None:
        """Messages go out about those that have waited longest since their last one. Of equals, either is chosen."""
        chosen = set(Job.objects.filter(woken_at=self.now).values_list("pk", flat=True))
        lost = [job for job in waiting if job.woken_at < self.now - job_moves.WAKE_GRACE]
        for job in sorted(lost, key=lambda job: (job.woken_at, job.pk not in chosen))[:count]:
            self.tries(job, "woken", by=job_moves.REAPER)

    # Whom a rule is about. Three times out of four one for whom it matters, if there is any.

    def job(self, which: int, likely: list[Job]) -> Job:
        return _one_of(likely, list(self.jobs.values()), which)

    def attempt(self, which: int) -> Attempt:
        recent = self.attempts[-3:]
        return _one_of([attempt for attempt in recent if self.holds(attempt)], recent, which)

    def holds(self, attempt: Attempt) -> bool:
        return job_moves.is_allowed("stored", self.job_of(attempt), attempt.lease.owner, self.now)

    def job_of(self, attempt: Attempt) -> Job:
        return self.jobs[attempt.job.pk]

    def reading(self, job: Job, anew: bool) -> Job:
        """What somebody knows of a job who reads it now, or who read it long ago."""
        return Job.objects.get(pk=job.pk) if anew else self.readings[job.pk]

    def active(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.is_active]

    def tracks(self, job: Job) -> int:
        """How many tracks its owner has: all that were stored, and none of a canceled job."""
        return 0 if job.status == Status.CANCELED else self.logs[job.pk].count("stored")

    def _newly_posted(self) -> list[tuple[UUID, str, datetime]]:
        new = list(OrmQ.objects.filter(pk__gt=self.last_message).order_by("pk"))
        self.last_message = new[-1].pk if new else self.last_message
        sent = [(subject_of(message), task_of(message), message.lock) for message in new]
        return [(pk, task, due) for pk, task, due in sent if task in (job_moves.RUN, job_moves.CLEAR)]


def task_of(message: OrmQ) -> str:
    return message.func().rpartition(".")[2]


def subject_of(message: OrmQ) -> UUID:
    return UUID(message.task["args"][0])


def _columns(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in COLUMNS}


def _one_of(likely: list[Some], possible: list[Some], which: int) -> Some:
    pool = likely if likely and which % 4 else possible
    return pool[which // 4 % len(pool)]
