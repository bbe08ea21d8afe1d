"""What a worker does with a job, in this process: every way it can go."""

import threading
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError
from django.utils import timezone
from django_q.models import OrmQ

from generation import job_cleanup, jobs
from generation.audio.types import Audio
from generation.engines.base import EngineError, Unreachable
from generation.engines.scripted import REJECTED, UNAVAILABLE
from generation.models import Job, Lease, Track
from generation.models.job_states import Status
from generation.tests.working import in_background, run, wait_until
from generation.worker import variation
from generation.worker.heartbeat import Heartbeat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_both]


def vanishes(job: Job) -> bool:
    """Delete the job's row, unless its worker is just writing into the log."""
    try:
        job.delete()
    except IntegrityError:
        return False
    return True


def test_a_job_becomes_a_track_that_is_stored(scripted, order):
    job = run(order(title="Rain", tags=("wet",)))
    track = job.tracks.get()
    assert (job.status, job.progress, job.stage, job.first_track) == (Status.COMPLETED, 1.0, "", track)
    assert (track.title, track.tags, track.seed, track.duration) == ("Rain", ["wet"], 7, 1.0)
    assert track.storage_type == "local"
    assert storages["audio"].size(track.audio.name) == track.size
    assert track.lufs == pytest.approx(-14, abs=0.3)
    assert len(track.peaks) > 100
    assert job.generate_seconds > 0
    assert job.store_seconds > 0


def test_a_completed_job_asks_for_what_listeners_are_served(scripted, order):
    job = run(order())
    assert any(message.func().endswith("make_rendition") for message in OrmQ.objects.all())
    assert run(job).attempt == 1, "a message delivered twice does nothing"


def test_variations_have_seeds_of_their_own(scripted, order):
    job = run(order(variations=3))
    assert [track.seed for track in job.kept_tracks] == [7, 8, 9]
    assert len({track.checksum for track in job.kept_tracks}) == 3


def test_a_failure_that_may_pass_is_tried_three_times(scripted, order):
    job = order()
    scripted.script.extend([UNAVAILABLE] * 3)
    assert run(job).status == Status.QUEUED
    assert job.run_after > timezone.now()
    assert run(job).status == Status.QUEUED
    assert run(job).status == Status.FAILED
    assert (job.error_code, job.error_message, job.attempt) == (
        "engine_unavailable",
        "The engine is away.",
        3,
    )


def messages_for(job: Job) -> list[OrmQ]:
    """The messages that wake a worker for the job."""
    found = [each for each in OrmQ.objects.all() if each.func().endswith("run_job")]
    assert {each.task["args"][0] for each in found} <= {str(job.pk)}
    return found


def test_a_job_that_is_tried_again_gets_one_message_for_when_it_is_due(scripted, order):
    job = order()
    OrmQ.objects.all().delete()
    scripted.script.append(UNAVAILABLE)
    run(job)
    (message,) = messages_for(job)
    assert message.lock >= job.run_after


def test_a_job_that_has_failed_gets_none(scripted, order):
    job = order()
    OrmQ.objects.all().delete()
    scripted.script.append(REJECTED)
    run(job)
    assert messages_for(job) == []


def test_a_later_attempt_may_succeed_and_keeps_what_was_done(scripted, order):
    job = order(variations=2)
    scripted.script.extend(["ok", UNAVAILABLE])
    assert run(job).status == Status.QUEUED
    first = job.tracks.get()
    assert run(job).status == Status.COMPLETED
    assert job.kept_tracks[0] == first
    assert len(scripted.made) == 3


def test_a_failure_that_will_not_pass_ends_the_job(scripted, order):
    scripted.script.append(REJECTED)
    job = run(order())
    assert (job.status, job.error_code, job.error_retryable, job.attempt) == (
        "failed",
        "content_rejected",
        False,
        1,
    )


def test_a_fault_of_ours_is_reported_without_its_innards(scripted, order):
    job = order()
    scripted.script.extend(["crash"] * 3)
    for _ in range(3):
        run(job)
    assert job.error_code == "internal"
    assert "scripted crash" not in job.error_message


def test_an_engine_that_was_taken_away_is_reported(scripted, order, settings):
    job = order()
    settings.ENGINES = {}
    assert run(job).error_code == "engine_unavailable"


def test_cancel_stops_the_work(scripted, order):
    job = order("[hang]")
    thread = in_background(job)
    wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.PROCESSING)
    assert job.cancel()
    thread.join(60)
    assert not thread.is_alive()
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    assert not Track.objects.exists()


def test_a_job_is_canceled_in_time_though_a_step_cannot_be_left(scripted, order, monkeypatch):
    mastering, mastered = threading.Event(), threading.Event()

    def slow_master(audio: Audio) -> Audio:
        mastering.set()
        mastered.wait(120)
        return audio

    monkeypatch.setattr(variation, "master", slow_master)
    job = order()
    thread = in_background(job)
    assert mastering.wait(60)
    assert job.cancel()
    wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.CANCELED)
    assert thread.is_alive()
    mastered.set()
    thread.join(60)
    job_cleanup.clear(job.pk)
    assert not Track.objects.exists()


def test_cancel_takes_back_the_variations_that_were_done(scripted, order, audio_root):
    job = order(variations=2)
    scripted.script.extend(["ok", "hang"])
    thread = in_background(job)
    wait_until(lambda: job.tracks.exists())
    job.cancel()
    thread.join(60)
    assert not Track.objects.visible_to(job.owner).exists()
    assert any(message.func().endswith("purge_track") for message in OrmQ.objects.all())


def test_progress_is_reported_while_the_work_goes_on(scripted, order, settings):
    settings.JOB_HEARTBEAT_SECONDS = 0.05
    job = order("[slow]")
    thread = in_background(job)
    wait_until(lambda: (Job.objects.get(pk=job.pk).progress or 0) > 0.2)
    assert Job.objects.get(pk=job.pk).stage == "generating"
    thread.join(60)
    assert Job.objects.get(pk=job.pk).status == Status.COMPLETED


def test_work_on_a_job_that_was_taken_away_is_thrown_away(scripted, order, settings):
    settings.JOB_HEARTBEAT_SECONDS = 0.05
    job = order("[hang]")
    thread = in_background(job)
    wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.PROCESSING)
    Job.objects.filter(pk=job.pk).update(
        lease_owner="another", lease_until=timezone.now() + timedelta(minutes=1)
    )
    thread.join(60)
    assert not thread.is_alive()
    job.refresh_from_db()
    assert (job.status, job.lease_owner) == (Status.PROCESSING, "another")
    assert not Track.objects.exists()


@pytest.mark.parametrize("prompt", ["[hang]", "[slow]"])
def test_work_on_a_job_that_vanished_ends_quietly(scripted, order, settings, prompt):
    settings.JOB_HEARTBEAT_SECONDS = 0.05 if prompt == "[hang]" else 60
    job = order(prompt)
    thread = in_background(job)
    wait_until(lambda: Job.objects.get(pk=job.pk).status == Status.PROCESSING)
    wait_until(lambda: vanishes(job))
    thread.join(60)
    assert not thread.is_alive()
    assert not Track.objects.exists()


def test_a_job_may_vanish_before_its_heart_beats(scripted, order):
    job = order()
    lease = job.claim("worker")
    Job.objects.filter(pk=job.pk).delete()
    heartbeat = Heartbeat(lease)
    heartbeat._beat()
    assert heartbeat.lost


def test_storage_that_refuses_fails_the_attempt(scripted, order, audio_root):
    job = order()
    audio_root.parent.mkdir(exist_ok=True)
    audio_root.write_text("a file where the folder should be")
    for _ in range(3):
        run(job)
    assert (job.status, job.error_code) == (Status.FAILED, "storage_failed")
    assert not Track.objects.exists()


def test_a_remote_call_is_started_once_across_a_restart(scripted_remote, order):
    job = order()
    job.claim("a worker that dies")
    Lease(job, "a worker that dies").keep_call(scripted_remote.start([job.request], str(job.pk)))
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run(job).status == Status.COMPLETED
    assert len(scripted_remote.started) == 1


def test_a_remote_call_that_failed_is_started_anew(scripted_remote, order):
    job = order()
    scripted_remote.script.append(EngineError("engine_unavailable", "The call was lost.", retryable=True))
    assert run(job).status == Status.QUEUED
    assert run(job).status == Status.COMPLETED
    assert len(scripted_remote.started) == 2


def test_an_engine_that_cannot_be_reached_is_asked_again_within_the_attempt(scripted_remote, order):
    scripted_remote.script.extend([Unreachable("Away."), Unreachable("Away.")])
    job = run(order())
    assert (job.status, job.attempt, len(scripted_remote.started)) == (Status.COMPLETED, 1, 1)


def test_a_call_out_of_reach_goes_on_and_the_attempt_is_not_counted(scripted_remote, order, settings):
    settings.JOB_ENGINE_PATIENCE_SECONDS = -1
    scripted_remote.script.append(Unreachable("Away."))
    job = order()
    OrmQ.objects.all().delete()
    run(job)
    assert (job.status, job.attempt, job.call_id) == (Status.QUEUED, 0, "call-0")
    (message,) = messages_for(job)
    assert message.lock >= job.run_after > timezone.now()
    assert run(job).status == Status.COMPLETED
    assert len(scripted_remote.started) == 1


def test_a_job_handed_back_is_done_by_the_next_worker_and_its_call_is_resumed(scripted_remote, order):
    job = order()
    job.claim("a worker that must go")
    Lease(job, "a worker that must go").keep_call(scripted_remote.start([job.request], str(job.pk)))
    assert Lease(job, "a worker that must go").hand_back()
    assert (job.status, job.attempt, job.lease_owner) == (Status.QUEUED, 0, None)
    assert run(job).status == Status.COMPLETED
    assert (job.attempt, len(scripted_remote.started)) == (1, 1)


def test_cancel_reaches_the_remote_call(scripted_remote, order):
    scripted_remote.rounds = 10_000
    job = order()
    thread = in_background(job)
    wait_until(lambda: scripted_remote.started)
    job.cancel()
    thread.join(60)
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    assert scripted_remote.canceled == ["call-0"]


def test_retrying_a_job_whose_title_is_the_prompt(scripted, order):
    job = order("a very " + "long " * 40 + "prompt")
    track = run(job).tracks.get()
    assert len(track.title) <= 61
    assert track.title.endswith("…")
    job = order(variations=2)
    assert [track.title for track in run(job).kept_tracks] == ["Rainy night (1)", "Rainy night (2)"]
    job.cancel()
    with pytest.raises(jobs.NotRetryable):
        jobs.retry(job=job)
