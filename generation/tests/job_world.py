"""The world of the stateful test of jobs: its clock, its people, its twins, and how they are held against the rows."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar
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
from generation.tests import job_hands
from generation.tests.job_hands import Hand
from generation.tests.job_laws import Row, check_leases, check_log, check_new, check_row, check_step
from generation.tests.job_twin import CLEAR, COLUMNS, PLACES, RUN, Twin, is_full
from generation.worker.outcomes import Done, Outcome, Postponed, Waiting

MOMENT = timedelta(microseconds=1)
WORKERS = 3
Some = TypeVar("Some")


class World(RuleBasedStateMachine):
    """Two owners, three workers that die and come anew, a clock that only the rules move; all is undone at the end."""

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
        self.last_event = self.last_message = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)
        self.clock.stop()

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        type(self).steps += 1
        rows = {row["pk"]: row for row in Job.objects.values("pk", "first_track", *COLUMNS)}
        logs, posted, kept = self._newly_logged(), self._newly_posted(), self._kept_tracks()
        assert set(rows) == {twin.pk for twin in self.twins}
        check_leases(list(rows.values()))
        for twin in self.twins:
            row = rows[twin.pk]
            check_row(row, kept[twin.pk], twin.variations)
            check_step(self.rows.get(twin.pk, row), row, self.now)
            assert {name: row[name] for name in COLUMNS} == {name: getattr(twin, name) for name in COLUMNS}
            assert twin.log[twin.seen :] == logs[twin.pk]
            check_log(row, twin.log)
            assert sorted(posted[twin.pk]) == sorted(twin.posted)
            assert len(kept[twin.pk]) == twin.tracks
            twin.seen = len(twin.log)
            twin.posted.clear()
        places = positions(Job.objects.queued())
        assert sorted(places.values()) == list(range(1, len(places) + 1))
        self.rows = rows
        self.now += MOMENT  # no two steps at the same time

    def meet(self, job: Job) -> None:
        """Remember a job that was just ordered."""
        row = Job.objects.values("pk", *COLUMNS).get(pk=job.pk)
        check_new(row, self.now)
        begins: dict[str, Any] = {"log": ["queued"], "posted": [(RUN, self.now)], "tracks": 0, "seen": 0}
        self.twins.append(Twin(variations=job.request.variations, **begins, **row))
        self.readings[job.pk] = job

    def claim(self, twin: Twin, job: Job) -> None:
        self.leases += 1
        lease = f"worker {self.leases}"
        hand = job_hands.claim(twin, job, lease)
        assert bool(hand) == twin.claim(lease, self.now)
        self.hands += [hand] if hand else []

    def end(self, hand: Hand, outcome: Outcome) -> None:
        hand.end(outcome)
        if hand.heartbeat.lost:
            hand.twin.note_leftovers(self.now)
            return
        if self._twin_ends(hand, outcome) or hand.twin.end_canceled(hand.lease, self.now):
            hand.twin.clean_up(self.now)
        self.place_is_free(hand.twin)

    def place_is_free(self, twin: Twin) -> None:
        """A job that may have left its place at the engine makes room for one that waits for it."""
        queued = [other for other in self.twins if other.status == Status.QUEUED]
        if twin.status != Status.PROCESSING and not is_full(self.twins):
            self.wake_longest_waiting(queued, 1)

    def wake_longest_waiting(self, twins: list[Twin], count: int) -> None:
        """Of those that wait equally long, either may be chosen."""
        chosen = set(Job.objects.filter(woken_at=self.now).values_list("pk", flat=True))
        waiting = [twin for twin in twins if twin.is_without_message(self.now)]
        for twin in sorted(waiting, key=lambda twin: (twin.woken_at, twin.pk not in chosen))[:count]:
            twin.wake(self.now)

    def _twin_ends(self, hand: Hand, outcome: Outcome) -> bool:
        twin, lease, due = hand.twin, hand.lease, hand.job.run_after
        if isinstance(outcome, Done):
            return twin.complete(lease, self.now)
        if isinstance(outcome, Waiting):
            return twin.follow(lease, self.now)
        if isinstance(outcome, Postponed):
            return twin.requeue(lease, self.now + timedelta(seconds=outcome.delay), counts=False)
        used = twin.attempt - twin.lost_workers
        if not outcome.retryable or used >= settings.JOB_MAX_ATTEMPTS:
            return twin.fail(lease, self.now, outcome.code, outcome.retryable)
        if retried := twin.requeue(lease, due, counts=True):
            assert 0.5 <= (due - self.now).total_seconds() / 4 ** (used - 1) <= 1.5
        return retried

    # Whom a rule is about. Three times out of four one for whom it matters, if there is any.

    def twin(self, which: int, likely: list[Twin]) -> Twin:
        return _one_of(likely, self.twins, which)

    def hand(self, which: int) -> Hand:
        recent = self.hands[-WORKERS:]
        return _one_of([hand for hand in recent if hand.holds], recent, which)

    def holder(self, which: int) -> Hand:
        holding = [hand for hand in self.hands if hand.holds]
        return holding[which % len(holding)]

    def active(self) -> list[Twin]:
        return [twin for twin in self.twins if twin.finished_at is None]

    def followed(self) -> list[Twin]:
        return [twin for twin in self.twins if twin.call_state == "followed"]

    def job(self, twin: Twin, anew: bool) -> Job:
        """Read now, or known from long ago."""
        return Job.objects.get(pk=twin.pk) if anew else self.readings[twin.pk]

    def _kept_tracks(self) -> dict[UUID, list[UUID]]:
        kept = defaultdict(list)
        for pk, track in Track.objects.kept().order_by("index").values_list("job_id", "pk"):
            kept[pk].append(track)
        return kept

    def _newly_logged(self) -> dict[UUID, list[str]]:
        logs = defaultdict(list)
        events = JobEvent.objects.filter(pk__gt=self.last_event).order_by("pk")
        for self.last_event, pk, kind in events.values_list("pk", "job_id", "kind"):
            logs[pk].append(kind)
            self.kinds[kind] += 1
        return logs

    def _newly_posted(self) -> dict[UUID, list[tuple[str, datetime]]]:
        posted = defaultdict(list)
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
