"""What a job that ended without music leaves behind: nothing, in the end."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from django_q.models import OrmQ

from generation import job_cleanup, jobs
from generation.engines.base import EngineError, Unreachable
from generation.models import Job, Lease, Track
from generation.models.job_states import Status
from generation.tests.working import run

pytestmark = pytest.mark.django_db(transaction=True)


def messages(task: str) -> list[str]:
    return [each.task["args"][0] for each in OrmQ.objects.all() if each.func().endswith(task)]


def stored_without_a_track(job: Job, index: int = 0) -> str:
    """Leave what a worker leaves that dies between storing its music and saving the row."""
    name = f"tracks/{job.pk}/{Track.id_for(job, index)}/master.wav"
    storages["audio"].save(name, ContentFile(b"half a song"))
    return name


def test_a_queued_job_that_was_begun_takes_its_call_and_its_audio_with_it(scripted_remote, order):
    job = order()
    job.claim("one")
    Lease(job, "one").keep_call(scripted_remote.start([job.request], str(job.pk)))
    name = stored_without_a_track(job)
    Lease(job, "one").hand_back()
    assert jobs.cancel(job=job)
    assert messages("clear_leftovers") == [str(job.pk)]
    job_cleanup.clear(job.pk)
    job.refresh_from_db()
    assert (job.status, job.leftovers, job.call_id) == (Status.CANCELED, False, "")
    assert scripted_remote.canceled == ["call-0"]
    assert not storages["audio"].exists(name)


def test_a_job_that_was_never_begun_has_none(scripted, order):
    job = order()
    jobs.cancel(job=job)
    assert messages("clear_leftovers") == []


def test_a_failed_job_keeps_its_finished_variations_and_nothing_else(scripted, order):
    job = order(variations=2)
    scripted.script.extend(["ok", "reject"])
    run(job)
    assert (job.status, job.tracks.count()) == (Status.FAILED, 1)
    second = stored_without_a_track(job, index=1)
    job_cleanup.clear(job.pk)
    assert not storages["audio"].exists(second)
    assert Track.objects.kept().filter(job=job).count() == 1
    assert storages["audio"].exists(job.kept_tracks[0].storage_key)


def test_what_could_not_be_cleared_is_tried_again(scripted_remote, order, monkeypatch):
    job = order()
    job.claim("one")
    Lease(job, "one").keep_call("call-7")
    Lease(job, "one").hand_back()
    jobs.cancel(job=job)
    refused = Unreachable("The engine is away.")
    monkeypatch.setattr(scripted_remote, "cancel", lambda call_id: (_ for _ in ()).throw(refused))
    with pytest.raises(EngineError):
        job_cleanup.clear(job.pk)
    OrmQ.objects.all().delete()
    assert job_cleanup.wake(timezone.now()) == 0, "the message has just been sent"
    a_while_ago = timezone.now() - timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(finished_at=a_while_ago, woken_at=a_while_ago)
    assert [job_cleanup.wake(timezone.now()) for _ in range(2)] == [1, 0]
    assert messages("clear_leftovers") == [str(job.pk)]


def test_what_was_cleared_is_cleared_once(scripted_remote, order):
    job = order()
    job.claim("one")
    Lease(job, "one").keep_call("call-7")
    Lease(job, "one").hand_back()
    jobs.cancel(job=job)
    job_cleanup.clear(job.pk)
    job_cleanup.clear(job.pk)
    assert scripted_remote.canceled == ["call-7"]
    a_while_ago = timezone.now() - timedelta(minutes=1)
    Job.objects.update(finished_at=a_while_ago, woken_at=a_while_ago)
    assert job_cleanup.wake(timezone.now()) == 0


def test_nothing_is_cleared_of_a_job_that_goes_on(scripted, order):
    job = order()
    job.claim("one")
    name = stored_without_a_track(job)
    job_cleanup.clear(job.pk)
    assert storages["audio"].exists(name)


def test_a_canceled_job_gives_back_its_own_tracks_alone(scripted, order):
    other = run(order())
    scripted.script.extend(["ok", "fail"])
    job = run(order(variations=2))
    OrmQ.objects.all().delete()
    jobs.cancel(job=job)
    assert messages("purge_track") == [str(Track.id_for(job, 0))]
    assert list(Track.objects.kept()) == list(other.tracks.all())


def test_a_completed_job_has_none(scripted, order):
    job = run(order())
    assert (job.status, job.leftovers) == (Status.COMPLETED, False)
    assert not job.note_leftovers(timezone.now())
