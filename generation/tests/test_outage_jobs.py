"""Jobs and renditions while the bucket is in trouble, in this process: what becomes of them, and who learns what."""

import resource
import signal
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ

from generation import jobs
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.storage import LocalAudioStorage, StorageError
from generation.tests.api_calls import client_of, stored_track
from generation.tests.toxic_proxy import Answer, Cut, Stall, Throttle, later
from generation.tests.working import in_background, run, wait_until
from generation.tracks import renditions
from generation.tracks.missing import AudioMissing
from generation.worker import reaper, tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite_is_enough]


@pytest.fixture(autouse=True)
def impatient(settings, through_proxy, scripted) -> None:
    settings.JOB_STORE_PATIENCE_SECONDS = 0.3
    settings.JOB_HEARTBEAT_SECONDS = 0.1


@pytest.mark.parametrize(
    ("trouble", "owner_reads", "operator_reads"),
    [
        ("down", "at the moment. Try again in a few minutes", "cannot be reached"),
        (Answer(503, "SlowDown"), "at the moment. Try again in a few minutes", "too busy"),
        (Answer(403, "AccessDenied"), "once the operator has set that right", "does not let these keys"),
        (
            Answer(403, "RequestTimeTooSkewed"),
            "once the operator has set that right",
            "Set this machine's clock",
        ),
        (Cut(after=20_000), "at the moment. Try again in a few minutes", "cannot be reached"),
    ],
    ids=str,
)
def test_job_is_tried_again_and_then_fails_with_a_sentence(
    order, alice, proxy, trouble, owner_reads, operator_reads
):
    job = order()
    if trouble == "down":
        proxy.refuse()
    else:
        proxy.trouble = trouble
    assert run(job).status == Status.QUEUED
    assert operator_reads in job.error_detail
    assert run(job).status == Status.QUEUED
    assert run(job).status == Status.FAILED
    assert (job.error_code, job.error_retryable, job.attempt) == ("storage_failed", True, 3)
    assert not Track.objects.exists()

    answer = client_of(alice).get(f"/api/v1/jobs/{job.pk}").json()
    assert answer["error"]["code"] == "storage_failed"
    assert owner_reads in answer["error"]["message"]
    assert operator_reads in job.error_detail
    assert "127.0.0.1" in job.error_detail
    assert "127.0.0.1" not in str(answer)
    assert "music" not in job.error_message.replace("The music was made", "").replace(
        "where music is kept", ""
    )


@pytest.mark.parametrize("trouble", [Answer(507), Answer(403, "QuotaExceeded")], ids=str)
def test_a_bucket_over_its_quota_costs_one_generation_and_a_sentence(
    settings, scripted, order, alice, proxy, trouble
):
    settings.JOB_STORE_PATIENCE_SECONDS = 1.5
    job = order()
    proxy.trouble = trouble
    assert run(job).status == Status.FAILED
    assert (job.error_code, job.error_retryable, job.attempt, len(scripted.made)) == (
        *("storage_failed", True, 1, 1),
    )
    assert proxy.requests.count("PUT") > 1, "the music was kept for a while and stored again"
    assert 'The bucket "music" at' in job.error_detail
    answer = client_of(alice).get(f"/api/v1/jobs/{job.pk}").json()
    assert "The place where music is kept is full" in answer["error"]["message"]
    proxy.trouble = None
    assert run(jobs.retry(job=job)).status == Status.COMPLETED


def test_songs_of_a_remote_call_are_stored_again_without_another_call(
    settings, scripted_remote, order, proxy
):
    settings.JOB_STORE_PATIENCE_SECONDS = 0.1
    job = order()
    proxy.trouble = Answer(507)
    assert run(job).status == Status.QUEUED
    proxy.trouble = None
    assert run(job).status == Status.COMPLETED
    assert (job.attempt, len(scripted_remote.started)) == (2, 1)


def test_operator_reads_on_the_page_of_the_job_what_is_wrong(order, admin_client, proxy):
    job = order()
    proxy.trouble = Answer(403, "AccessDenied")
    run(job)
    page = admin_client.get(f"/admin/generation/job/{job.pk}/change/").content.decode()
    assert "does not let these keys into the bucket" in page


def test_short_outage_costs_no_attempt_and_no_music(scripted, order, settings, proxy):
    settings.JOB_STORE_PATIENCE_SECONDS = 60.0
    job = order()
    proxy.refuse()
    with later(3.0, proxy.accept):
        assert run(job).status == Status.COMPLETED
    assert (job.attempt, len(scripted.made)) == (1, 1)
    assert storages["s3"].size(job.kept_tracks[0].storage_key) == job.kept_tracks[0].size


def test_job_that_failed_is_made_once_the_bucket_is_back(order, proxy):
    job = order()
    proxy.refuse()
    for _ in range(3):
        run(job)
    proxy.accept()
    assert run(jobs.retry(job=job)).status == Status.COMPLETED


@pytest.mark.parametrize("trouble", [Stall(), Throttle(20_000)], ids=str)
def test_cancel_is_obeyed_while_the_upload_hangs(order, proxy, trouble):
    job = order(duration=20.0)
    proxy.trouble = trouble
    thread = in_background(job)
    wait_until(lambda: Job.objects.get(pk=job.pk).stage == "uploading" and "PUT" in proxy.requests)
    assert job.cancel()
    thread.join(60)
    assert not thread.is_alive()
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    assert not Track.objects.exists()


def test_lease_is_kept_during_a_long_upload(order, settings, proxy):
    settings.JOB_LEASE_SECONDS = 1.0
    job = order(duration=20.0)
    proxy.trouble = Throttle(200_000)
    began = time.monotonic()
    assert run(job).status == Status.COMPLETED
    assert time.monotonic() - began > 2.5
    assert (job.attempt, job.lost_workers) == (1, 0)


@pytest.fixture
def one_second() -> Iterator[None]:
    """The alarm that ends a task which takes longer than it may."""

    def end(*_: object) -> None:
        raise TimeoutException

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_upload_that_takes_longer_than_a_job_may_is_a_failure_of_the_storage(order, proxy, one_second):
    job = order(duration=20.0)
    proxy.trouble = Throttle(50_000)
    assert run(job).status == Status.FAILED
    assert job.error_code == "storage_failed"
    assert "longer than a job may" in job.error_message


class SmallDisk(LocalAudioStorage):
    """A folder on a disk of 10 kB: a limit on the size of files fails a write half-way, as a full disk does."""

    def _save(self, name, content):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        try:
            return super()._save(name, content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_local_disk_that_is_full_is_reported_too(order, settings, tmp_path):
    settings.JOB_HEARTBEAT_SECONDS = 60.0  # the database has to do with that limit too
    settings.STORAGES = settings.STORAGES | {
        "audio": {
            "BACKEND": f"{__name__}.SmallDisk",
            "OPTIONS": {"location": tmp_path / "small"},
        }
    }
    job = run(order())
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "storage_failed", 1)
    assert "is full. Try again" in job.error_message
    assert str(tmp_path) in job.error_detail
    assert str(tmp_path) not in job.error_message
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".wav", ".part")]


@pytest.fixture
def made(order) -> Track:
    """A track in the bucket of which no player can have an MP3 yet, and no message that is waiting."""
    track = run(order()).kept_tracks[0]
    OrmQ.objects.all().delete()
    return track


def due(track: Track, seconds: float) -> None:
    at = timezone.now() + timedelta(seconds=seconds)
    Track.objects.filter(pk=track.pk).update(rendition_due_at=at)


def test_rendition_that_failed_is_asked_for_again(made, proxy):
    proxy.trouble = Answer(503, "SlowDown")
    tasks.make_rendition(str(made.pk), "listen")
    made.refresh_from_db()
    assert timedelta(0) < made.rendition_due_at - timezone.now() < timedelta(seconds=10)
    assert reaper.reap() == 0, "not before it is due"

    due(made, -1)
    assert reaper.reap() == 1
    assert [message.func() for message in OrmQ.objects.all()] == ["generation.worker.tasks.make_rendition"]
    assert reaper.reap() == 0, "one message at a time"

    proxy.trouble = None
    tasks.make_rendition(str(made.pk), "listen")
    made.refresh_from_db()
    assert made.renditions.get().format == "listen"
    assert made.rendition_due_at is None


def test_renditions_do_not_pile_up_behind_work_that_waits(made, order):
    order()
    due(made, -1)
    assert reaper.reap() == 0


def test_pauses_between_attempts_at_a_rendition_grow(made):
    pauses = []
    for age in (1, 60, 3600):
        Track.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(seconds=age))
        made.refresh_from_db()
        assert made.postpone_rendition(timedelta(seconds=5), timedelta(minutes=5))
        made.refresh_from_db()
        pauses.append(round((made.rendition_due_at - timezone.now()).total_seconds()))
    assert pauses == [5, 30, 300]


def test_rendition_of_a_master_that_is_gone_is_given_up(made):
    storages["s3"].delete(made.storage_key)
    with pytest.raises(AudioMissing):
        renditions.make_rendition(made.pk, "listen")
    made.refresh_from_db()
    assert made.rendition_due_at is None


def test_no_track_is_asked_for_that_is_deleted_or_has_all(made, order):
    renditions.make_rendition(made.pk, "listen")
    deleted = stored_track(order())
    due(deleted, -1)
    deleted.discard()
    OrmQ.objects.all().delete()
    assert reaper.reap() == 0


def test_storage_error_shows_the_public_nothing_of_the_house():
    for retryable in (True, False):
        error = StorageError("x", "The bucket at minio.internal:9000 is on fire.", retryable)
        assert "minio" not in error.public
        assert error.public.endswith(".")
