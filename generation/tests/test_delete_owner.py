"""Deleting a user: locked out and nameless at once, and gone with everything once nothing is stored any more."""

import pytest
from allauth.account.models import EmailAddress
from django.db.models import ProtectedError
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import ApiToken, User
from generation import job_cleanup, jobs
from generation.archives import purging as archive_purging
from generation.models import Job, Rendition, Track
from generation.models.job_states import Status
from generation.storage import LocalAudioStorage, StorageError
from generation.tests.api_calls import client_of, finish
from generation.tests.working import in_background, wait_until
from generation.tracks import purging, renditions
from generation.worker import attempt, reaper

pytestmark = pytest.mark.django_db(transaction=True)


def reap_until_nothing_is_done() -> None:
    """Do what the workers would: reap, and follow the messages that clear and delete."""
    for _ in range(10):
        reaper.reap()
        for message in list(OrmQ.objects.all()):
            if message.func().endswith("purge_track"):
                purging.purge_if_due(message.task["args"][0])
            if message.func().endswith("clear_leftovers"):
                job_cleanup.clear(message.task["args"][0])
            if message.func().endswith("purge_archive"):
                archive_purging.purge_if_due(message.task["args"][0])
            message.delete()


def test_user_rows_and_audio_are_gone(scripted, order, alice, bob, audio_root):
    track = finish(order(variations=2))
    renditions.make_rendition(track.pk, "mp3")
    jobs.retry(job=canceled(order()))
    theirs = finish(jobs.submit(owner=bob, request=track.job.request))
    assert jobs.delete_owner(owner=alice)
    reap_until_nothing_is_done()
    assert list(User.objects.all()) == [bob]
    assert list(Job.objects.all()) == [theirs.job]
    assert {track.owner for track in Track.objects.all()} == {bob}
    assert not Rendition.objects.exists()
    assert [path.name for path in audio_root.rglob("*") if path.is_file()] == ["master.wav"] * 2


def canceled(job: Job) -> Job:
    job.cancel()
    return job


def test_the_user_is_locked_out_and_forgotten_at_once(scripted, order, alice, client):
    track = finish(order())
    api, page = client_of(alice), f"/tracks/{track.pk}/"
    client.force_login(alice)
    EmailAddress.objects.create(user=alice, email=alice.email)
    jobs.delete_owner(owner=alice)
    assert api.get("/api/v1/tracks").status_code == 401
    assert client.get(page).status_code == 404
    assert not ApiToken.objects.exists()
    alice.refresh_from_db()
    assert (alice.email, alice.is_active, alice.has_usable_password()) == (None, False, False)
    track.refresh_from_db()
    assert track.prompt == ""
    User.objects.create_user("alice@example.org", "another secret")
    EmailAddress.objects.create(user=User.objects.get(email="alice@example.org"), email="alice@example.org")


def test_deleting_twice_is_deleting_once(alice):
    assert jobs.delete_owner(owner=alice) is True
    assert jobs.delete_owner(owner=alice) is False


def test_the_rows_stay_until_the_storage_has_let_go(scripted, order, alice, monkeypatch):
    finish(order())
    jobs.delete_owner(owner=alice)

    def away(self, name):
        raise StorageError("unreachable", "The bucket cannot be reached.", retryable=True)

    with monkeypatch.context() as outage:
        outage.setattr(LocalAudioStorage, "delete", away)
        reap_until_nothing_is_done()
    assert Track.objects.unpurged().count() == 1
    assert User.objects.closed().count() == 1
    Track.objects.update(purge_after=timezone.now())
    reap_until_nothing_is_done()
    assert not User.objects.exists()
    assert not Track.objects.exists()


def test_a_job_in_hand_is_canceled_and_what_it_stored_goes(scripted, order, alice, audio_root):
    scripted.script.extend(["ok", "hang"])
    job = order(variations=2)
    thread = in_background(job)
    wait_until(Track.objects.exists)
    jobs.delete_owner(owner=alice)
    reaper.reap()
    assert User.objects.closed().count() == 1, "the worker still holds the job"
    thread.join(60)
    assert Job.objects.get(pk=job.pk).status == Status.CANCELED
    reap_until_nothing_is_done()
    assert not User.objects.exists()
    assert [path for path in audio_root.rglob("*") if path.is_file()] == []


def test_a_track_that_is_stored_after_all_goes_too(scripted, order, alice, audio_root):
    """A worker that was about to write its row when its job's owner was deleted."""
    job = order()
    jobs.delete_owner(owner=alice)
    Job.objects.filter(pk=job.pk).update(
        status=Status.QUEUED, finished_at=None, cancel_requested_at=None, run_after=timezone.now()
    )
    attempt.run(job.pk)
    assert Track.objects.kept().count() == 1
    reap_until_nothing_is_done()
    assert not User.objects.exists()
    assert [path for path in audio_root.rglob("*") if path.is_file()] == []


def test_no_other_way_of_deleting_leaves_audio_behind(scripted, order, alice):
    finish(order())
    with pytest.raises(ProtectedError):
        alice.delete()
