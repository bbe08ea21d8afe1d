"""Messages that an earlier version of the site queued under task paths that are gone: their rows bring new ones."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from generation import jobs
from generation.engines.scripted import REJECTED
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.tests.test_worker_process import start_worker, status
from generation.tests.working import run, wait_until

__all__ = ["start_worker"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before_the_upgrade(scripted, order) -> dict[str, Job]:
    """A job that waits, one that lacks what listeners are served, one whose track was deleted, and one that failed."""
    scripted.script.extend(["ok", "ok", REJECTED])
    played, deleted, failed = run(order()), run(order()), run(order())
    jobs.delete_track(track=deleted.tracks.get())
    storages["audio"].save(leftover_of(failed), ContentFile(b"half a song"))
    waiting = order()
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Job.objects.update(woken_at=an_hour_ago)
    Job.objects.filter(pk=failed.pk).update(finished_at=an_hour_ago)
    Track.objects.filter(job=played).update(rendition_due_at=an_hour_ago)
    Track.objects.filter(job=deleted).update(purge_after=an_hour_ago, purge_woken_at=an_hour_ago)
    OrmQ.objects.all().delete()
    async_task("generation.tasks.run_job", str(waiting.pk))
    async_task("generation.tasks.make_rendition", str(played.tracks.get().pk), "mp3")
    async_task("generation.tasks.purge_track", str(deleted.tracks.get().pk))
    async_task("generation.tasks.clear_leftovers", str(failed.pk))
    return {"waiting": waiting, "played": played, "deleted": deleted, "failed": failed}


def leftover_of(job: Job) -> str:
    return f"tracks/{job.pk}/{Track.id_for(job, 0)}/master.wav"


def test_nothing_is_lost(before_the_upgrade, start_worker):
    old = before_the_upgrade
    start_worker()
    wait_until(lambda: status(old["waiting"]) == Status.COMPLETED, 60)
    wait_until(lambda: old["played"].tracks.get().renditions.filter(format="listen").exists(), 60)
    wait_until(lambda: old["deleted"].tracks.get().purged_at is not None, 60)
    wait_until(lambda: not Job.objects.get(pk=old["failed"].pk).leftovers, 60)
    assert not storages["audio"].exists(leftover_of(old["failed"]))
