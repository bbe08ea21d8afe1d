"""One variation of a job: what is timed, how its remote call is asked, and what is left when the job is lost."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation.audio.types import Audio
from generation.engines.base import Pending, Song, Stopped
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.engines.scripted import ScriptedRemoteEngine
from generation.models import Job, Track
from generation.models.job_states import ErrorCode, Status
from generation.tests.working import in_background, run, wait_until
from generation.tracks import store
from generation.worker import follower_bell, variation
from generation.worker.follower_bell import Bell
from generation.worker.heartbeat import Heartbeat

SLOW_SECONDS = 0.4


class RecordingEngine(ScriptedRemoteEngine):
    """Notes how long it is asked to wait for results; the job may end while a call is started."""

    def __init__(self) -> None:
        super().__init__(rounds=0)
        self.timeouts: list[float] = []
        self.ends_job = False

    def start(self, requests: Sequence[MusicRequest], job_id: str) -> str:
        if self.ends_job:
            end_for_others(Job.objects.get(pk=job_id))
        return super().start(requests, job_id)

    def collect(self, call_id: str, timeout: float) -> Sequence[Song] | Pending:
        self.timeouts.append(timeout)
        return super().collect(call_id, timeout)


@pytest.fixture
def recording(settings) -> RecordingEngine:
    settings.ENGINES = {"recording": {"BACKEND": f"{__name__}.RecordingEngine"}}
    settings.GENERATION_ENGINE = "recording"
    engine = get_engine("recording")
    assert isinstance(engine, RecordingEngine)
    return engine


def end_for_others(job: Job) -> None:
    """The worker is thought dead, and the job ends past its deadline, as a reaper elsewhere ends it."""
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_until=past, deadline_at=past)
    assert Job.objects.get(pk=job.pk).expire()
    OrmQ.objects.all().delete()


def cleanups() -> list[str]:
    return [each.task["args"][0] for each in OrmQ.objects.all() if each.func().endswith("clear_leftovers")]


@pytest.mark.django_db(transaction=True)
def test_a_track_belongs_to_the_account_that_its_guest_has_logged_in_to_meanwhile(scripted, order, bob):
    job = order("[slow] rain")
    thread = in_background(job)
    wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.PROCESSING)
    Job.objects.filter(pk=job.pk).update(owner=bob)
    thread.join(60)
    assert Track.objects.get().owner == bob


@pytest.mark.django_db
def test_all_variations_and_their_mastering_count_as_making_and_storing_apart(scripted, order, monkeypatch):
    master, store_master = variation.master, store.store_master

    def slow_master(audio: Audio) -> Audio:
        time.sleep(SLOW_SECONDS)
        return master(audio)

    def slow_store(*args: object) -> Track:
        time.sleep(SLOW_SECONDS)
        return store_master(*args)

    monkeypatch.setattr(variation, "master", slow_master)
    monkeypatch.setattr(store, "store_master", slow_store)
    began = time.monotonic()
    job = run(order(variations=2))
    took = time.monotonic() - began
    assert job.generate_seconds >= 2 * SLOW_SECONDS
    assert job.store_seconds >= 2 * SLOW_SECONDS
    assert job.generate_seconds + job.store_seconds <= took


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("has_follower", "call_has_ended", "seconds"),
    [(False, False, 1.0), (True, True, 1.0), pytest.param(True, False, 0.0, id="the follower waits")],
)
def test_how_long_a_worker_waits_for_a_result(
    recording, order, monkeypatch, has_follower, call_has_ended, seconds
):
    monkeypatch.setattr(follower_bell, "_bell", Bell() if has_follower else None)
    job = order()
    lease = job.claim("a worker that must go")
    lease.keep_call(recording.start([job.request], str(job.pk)))
    if call_has_ended:
        lease.follow(store_seconds=0.0)
        job.adopt("follower").call_ended()
    else:
        lease.hand_back()
    assert run(job).status == Status.COMPLETED
    assert recording.timeouts == [seconds]


@pytest.mark.django_db
def test_what_is_stored_for_a_job_that_has_ended_meanwhile_is_cleared_away(scripted, order, monkeypatch):
    real = store.store_master

    def store_too_late(job: Job, *args: object) -> Track:
        track = real(job, *args)
        end_for_others(job)
        return track

    monkeypatch.setattr(store, "store_master", store_too_late)
    job = run(order())
    assert (job.status, job.error_code) == (Status.FAILED, ErrorCode.DEADLINE_EXCEEDED)
    assert cleanups() == [str(job.pk)]
    assert not Track.objects.exists()


@pytest.mark.django_db
def test_a_call_that_is_started_for_a_job_that_has_ended_meanwhile_is_canceled(recording, order):
    recording.ends_job = True
    job = run(order())
    assert recording.canceled == ["call-0"]
    assert (job.status, job.call_id) == (Status.FAILED, "")
    assert cleanups() == [str(job.pk)]


@pytest.mark.parametrize(("canceled", "lost"), [(True, False), (True, True), (False, True)])
def test_what_was_stored_when_nobody_wants_it_any_more_goes_but_not_another_workers(
    scripted, order, monkeypatch, canceled, lost
):
    lease = order().claim("worker")
    assert lease
    heartbeat, store_master, made = Heartbeat(lease), store.store_master, []

    def ended_meanwhile(*arguments: Any) -> Track:
        made.append(store_master(*arguments))
        heartbeat.canceled, heartbeat.lost = canceled, lost
        return made[0]

    monkeypatch.setattr(store, "store_master", ended_meanwhile)
    with pytest.raises(Stopped):
        variation.Variation(lease, heartbeat, 0).make(scripted)
    assert made[0].storage.exists(made[0].storage_key) == lost
    assert not Track.objects.exists()
