"""The world of the stateful test of jobs: its clock, its people, its twins, and how they are held against the rows."""

from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TypeVar
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
from generation.tests.job_laws import Row, check_leases, check_log, check_row, check_step
from generation.tests.job_twin import CLEAR, PLACES, RUN, Twin, is_full
from generation.worker.attempt import Attempt
from generation.worker.heartbeat import Heartbeat
from generation.worker.outcomes import Done, Outcome, Postponed, Waiting
from generation.worker.variation import Variation

OWN = {"pk", "variations", "tracks", "log", "posted"}  # what a twin has that is no column
COLUMNS = [each.name for each in fields(Twin) if each.name not in OWN]
MOMENT = timedelta(microseconds=1)
WORKERS = 3
FOLLOWERS = ("host:1:", "host:2:")
Some = TypeVar("Some")
Posted = dict[UUID, list[tuple[str, datetime]]]


@dataclass
class Hand:
    """A worker's claim to a job, and what it knows of the job, long after it may have been taken away."""

    twin: Twin
    attempt: Attempt

    @property
    def lease(self) -> str:
        return self.attempt.lease.owner

    @property
    def job(self) -> Job:
        return self.attempt.job

    @property
    def heartbeat(self) -> Heartbeat:
        return self.attempt.heartbeat

    @property
    def holds(self) -> bool:
        return self.twin.holds(self.lease)

    def variation(self) -> Variation:
        return Variation(self.attempt.lease, self.heartbeat, self.twin.tracks)


class World(RuleBasedStateMachine):
    """Two owners, three workers that die and come anew, a clock that only the rules move; all is undone at the end."""

    steps = 0
    told: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = timezone.now()
        self.clock = mock.patch("django.utils.timezone.datetime", SimpleNamespace(now=lambda tz: self.now))
        self.clock.start()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.owners = [User.objects.create_user(email=f"{name}@example.org", password=None) for name in "ab"]
        engine = get_engine(settings.GENERATION_ENGINE)
        assert isinstance(engine, ScriptedRemoteEngine)
        self.engine = engine
        self.engine.max_in_flight = PLACES
        self.engine.started.clear()
        self.engine.canceled.clear()
        self.ended_calls: set[str] = set()
        self.twins: list[Twin] = []
        self.readings: dict[UUID, Job] = {}
        self.hands: list[Hand] = []
        self.leases = 0
        self.rows: dict[UUID, Row] = {}
        self.logs: dict[UUID, list[str]] = defaultdict(list)
        self.last_event = self.last_message = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)
        self.clock.stop()

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        type(self).steps += 1
        rows = {row["pk"]: row for row in Job.objects.values("pk", "first_track", *COLUMNS)}
        kept = self._kept_tracks()
        posted = self._newly_posted()
        self._read_logs()
        assert set(rows) == {twin.pk for twin in self.twins}
        check_leases(list(rows.values()))
        for twin in self.twins:
            row = rows[twin.pk]
            check_row(row)
            check_step(self.rows.get(twin.pk, row), row, self.now)
            check_log(row, self.logs[twin.pk])
            assert {name: row[name] for name in COLUMNS} == {name: getattr(twin, name) for name in COLUMNS}
            assert self.logs[twin.pk] == twin.log
            assert sorted(posted[twin.pk]) == sorted(twin.posted)
            assert len(kept[twin.pk]) == twin.tracks
            if row["status"] == Status.COMPLETED:
                assert len(kept[twin.pk]) == twin.variations
                assert row["first_track"] == kept[twin.pk][0]
            twin.posted.clear()
        places = positions(Job.objects.queued())
        assert sorted(places.values()) == list(range(1, len(places) + 1))
        self.rows = rows
        self.now += MOMENT  # no two steps at the same time

    def meet(self, job: Job) -> None:
        """Remember a job that was just ordered."""
        twin = Twin(
            job.pk,
            job.owner_id,
            job.request.variations,
            created_at=self.now,
            deadline_at=self.now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS),
            run_after=self.now,
            woken_at=self.now,
            posted=[(RUN, self.now)],
        )
        self.twins.append(twin)
        self.readings[job.pk] = job

    def claim(self, twin: Twin, job: Job) -> None:
        self.leases += 1
        owner = f"worker {self.leases}"
        lease = job.claim(owner)
        assert (lease is not None) == twin.claim(owner, self.now)
        if lease:
            self.hands.append(Hand(twin, Attempt(replace(lease, job=copy(job)))))

    def end(self, hand: Hand, outcome: Outcome) -> None:
        """Finish an attempt as a worker does."""
        hand.attempt.end(outcome)
        if hand.heartbeat.lost:
            hand.twin.note_leftovers(self.now)
            return
        if self._twin_ends(hand, outcome) or hand.twin.end_canceled(hand.lease, self.now):
            hand.twin.see_to_leftovers(self.now)
        self.place_is_free(hand.twin)

    def place_is_free(self, twin: Twin) -> None:
        """A job that may have left its place at the engine makes room for one that waits for it."""
        waiting = [
            other for other in self.twins if other.status == Status.QUEUED and other.is_unattended(self.now)
        ]
        if twin.status != Status.PROCESSING and waiting and not is_full(self.twins):
            self.wake_longest_waiting(waiting, 1)

    def wake_longest_waiting(self, waiting: list[Twin], count: int) -> None:
        """Of those that wait equally long, either may be chosen."""
        chosen = set(Job.objects.filter(woken_at=self.now).values_list("pk", flat=True))
        for twin in sorted(waiting, key=lambda twin: (twin.woken_at, twin.pk not in chosen))[:count]:
            twin.wake(self.now)

    def _twin_ends(self, hand: Hand, outcome: Outcome) -> bool:
        twin, lease = hand.twin, hand.lease
        if isinstance(outcome, Done):
            return twin.complete(lease, self.now)
        if isinstance(outcome, Waiting):
            return twin.follow(lease, self.now)
        if isinstance(outcome, Postponed):
            return twin.hand_back(lease, self.now + timedelta(seconds=outcome.delay))
        if not outcome.retryable or twin.attempts_used >= settings.JOB_MAX_ATTEMPTS:
            return twin.fail(lease, self.now, outcome.code, retryable=outcome.retryable)
        if not twin.may_end(lease):
            return False
        delay = (hand.job.run_after - self.now).total_seconds()
        assert 0.5 <= delay / 4 ** (twin.attempts_used - 1) <= 1.5
        return twin.retry_later(lease, hand.job.run_after)

    # Whom a rule is about. Three times out of four one for whom it matters, if there is any.

    def twin(self, which: int, likely: list[Twin]) -> Twin:
        return _one_of(likely, self.twins, which)

    def hand(self, which: int) -> Hand:
        recent = self.hands[-WORKERS:]
        return _one_of([hand for hand in recent if hand.holds], recent, which)

    def active(self) -> list[Twin]:
        return [twin for twin in self.twins if twin.finished_at is None]

    def job(self, twin: Twin, anew: bool) -> Job:
        """Read now, or known from long ago."""
        return Job.objects.get(pk=twin.pk) if anew else self.readings[twin.pk]

    def _kept_tracks(self) -> dict[UUID, list[UUID]]:
        kept = defaultdict(list)
        for pk, track in Track.objects.kept().order_by("index").values_list("job_id", "pk"):
            kept[pk].append(track)
        return kept

    def _read_logs(self) -> None:
        events = JobEvent.objects.filter(pk__gt=self.last_event).order_by("pk")
        for self.last_event, pk, kind in events.values_list("pk", "job_id", "kind"):
            self.logs[pk].append(kind)
            self.told[kind] += 1

    def _newly_posted(self) -> Posted:
        """The messages about jobs that were sent since last asked."""
        posted: Posted = defaultdict(list)
        for message in OrmQ.objects.filter(pk__gt=self.last_message).order_by("pk"):
            self.last_message = message.pk
            if task_of(message) in (RUN, CLEAR):
                posted[subject_of(message)].append((task_of(message), message.lock))
        return posted


def task_of(message: OrmQ) -> str:
    return message.func().rpartition(".")[2]


def subject_of(message: OrmQ) -> UUID:
    return UUID(message.task["args"][0])


def _one_of(likely: list[Some], possible: list[Some], which: int) -> Some:
    pool = likely if likely and which % 4 else possible
    return pool[which // 4 % len(pool)]
