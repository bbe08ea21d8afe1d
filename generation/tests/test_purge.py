"""Deleting for good: what is stored of deleted tracks goes, from wherever it lies, and an outage only postpones it."""

import io
import logging
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from django_q.models import OrmQ

from generation import jobs
from generation.models import Rendition, Track
from generation.storage import LocalAudioStorage, StorageError, save_verified
from generation.tests.api_calls import finish
from generation.tracks import purging, renditions
from generation.worker import reaper

pytestmark = pytest.mark.django_db


class FailingStorage(LocalAudioStorage):
    """A folder that refuses to delete while there is an error in `errors` for the name, or for any."""

    errors: dict[str, StorageError] = {}
    asked: list[str] = []

    def delete(self, name: str) -> None:
        self.asked.append(name)
        error = self.errors.get(name) or self.errors.get("")
        if error:
            raise error
        super().delete(name)


AWAY = StorageError("unreachable", "The bucket cannot be reached.", retryable=True)
LOCKED = StorageError("access_denied", "This object is locked.")


@pytest.fixture
def failing(scripted, settings, monkeypatch) -> type[FailingStorage]:
    monkeypatch.setattr(FailingStorage, "errors", {})
    monkeypatch.setattr(FailingStorage, "asked", [])
    backend = f"{__name__}.FailingStorage"
    local = {**settings.STORAGES["local"], "BACKEND": backend}
    settings.STORAGES = {**settings.STORAGES, "local": local, "audio": local}
    return FailingStorage


def deleted(track: Track) -> Track:
    jobs.delete_track(track=track)
    track.refresh_from_db()
    return track


def wait(track: Track, **ago: float) -> None:
    """Let time pass for a deleted track."""
    for name in ("deleted_at", "purge_after", "purge_woken_at"):
        moment = getattr(track, name) - timedelta(**ago)
        Track.objects.filter(pk=track.pk).update(**{name: moment})
    track.refresh_from_db()


def purges_sent() -> list[str]:
    sent = [message for message in OrmQ.objects.all() if message.func().endswith("purge_track")]
    return [message.task["args"][0] for message in sent]


def test_everything_stored_of_a_track_goes(scripted, order, audio_root):
    track = finish(order())
    renditions.make_rendition(track.pk, "mp3")
    renditions.make_rendition(track.pk, "flac")
    purging.purge_if_due(deleted(track).pk)
    track.refresh_from_db()
    assert track.purged_at is not None
    assert not Rendition.objects.exists()
    assert [path for path in audio_root.rglob("*") if path.is_file()] == []


def test_what_is_not_deleted_is_not_purged(scripted, order):
    track = finish(order())
    purging.purge_if_due(track.pk)
    assert track.storage.exists(track.storage_key)


def test_an_outage_postpones_in_one_line_and_is_not_asked_again_at_once(failing, order, caplog):
    first, second = deleted(finish(order())), deleted(finish(order()))
    failing.errors[""] = AWAY
    with caplog.at_level(logging.WARNING):
        purging.purge_if_due(first.pk)
        purging.purge_if_due(second.pk)
        purging.purge_if_due(first.pk)
    assert failing.asked == [first.storage_key]
    assert [record.getMessage().partition(",")[0] for record in caplog.records] == [
        f"Deleted track {first.pk} is still stored"
    ]
    assert "\n" not in caplog.text.strip()
    assert Track.objects.unpurged().count() == 2


def test_after_an_outage_all_is_deleted(failing, order):
    gone = [deleted(finish(order())) for _ in range(3)]
    failing.errors[""] = AWAY
    for track in gone:
        purging.purge_if_due(track.pk)
    OrmQ.objects.all().delete()
    failing.errors.clear()
    assert reaper.reap() == 0, "nothing is due yet"
    Track.objects.update(purge_after=timezone.now())
    assert reaper.reap() == 3
    assert sorted(purges_sent()) == sorted(str(track.pk) for track in gone)
    assert reaper.reap() == 0, "each is woken once"
    for track in gone:
        purging.purge_if_due(track.pk)
    assert not Track.objects.unpurged().exists()


def test_an_object_that_cannot_be_deleted_holds_up_no_other(failing, order):
    locked, free = deleted(finish(order())), deleted(finish(order()))
    failing.errors[locked.storage_key] = LOCKED
    purging.purge_if_due(locked.pk)
    purging.purge_if_due(free.pk)
    assert list(Track.objects.unpurged()) == [locked]


def test_a_lost_message_is_sent_again(scripted, order):
    track = deleted(finish(order()))
    OrmQ.objects.all().delete()
    assert reaper.reap() == 0
    wait(track, minutes=6)
    assert reaper.reap() == 1
    assert purges_sent() == [str(track.pk)]
    assert reaper.reap() == 0


def test_what_an_interrupted_move_left_elsewhere_goes_too(scripted, order, settings, tmp_path):
    track = finish(order())
    other = {"BACKEND": "generation.storage.LocalAudioStorage", "OPTIONS": {"location": tmp_path / "other"}}
    settings.STORAGES = {**settings.STORAGES, "s3": other}
    names = [
        track.storage_key.replace("master.wav", f"master{moves}.wav") for moves in ("", ".1", ".2", ".3")
    ]
    for name in names:
        storages["s3"].save(name, io.BytesIO(b"a copy that no row knows of"))
    track.storage.save(names[1], io.BytesIO(b"moved"))
    Track.objects.update(audio=names[1])
    purging.purge_if_due(deleted(track).pk)
    assert [storages["s3"].exists(name) for name in names] == [False, True, False, True]


def test_a_rendition_made_while_its_track_is_deleted_is_not_kept(scripted, order, audio_root, monkeypatch):
    track, other = finish(order()), finish(order())

    def slowly(*arguments):
        stored = save_verified(*arguments)
        purging.purge_if_due(deleted(track).pk)
        return stored

    monkeypatch.setattr(renditions, "save_verified", slowly)
    assert renditions.make_rendition(track.pk, "mp3") is None
    assert [path for path in audio_root.rglob("*") if path.is_file()] == [audio_root / other.storage_key]
    assert not Rendition.objects.exists()


def test_the_wait_grows_with_the_age_and_is_spread():
    ages = [timedelta(seconds=seconds) for seconds in (0, 60, 3600, 100_000)]
    assert [purging.delay_after(age, 0.5).total_seconds() for age in ages] == [5, 30, 1800, 3600]
    assert purging.delay_after(ages[0], 0.0) < purging.delay_after(ages[0], 1.0)


def test_the_pause_of_all_grows_with_the_outage():
    ages = [timedelta(seconds=seconds) for seconds in (0, 120, 100_000)]
    assert [purging.pause_after(age).total_seconds() for age in ages] == [15, 30, 300]


def postponed(
    track: Track, error: StorageError, age: timedelta, monkeypatch: pytest.MonkeyPatch
) -> timedelta:
    """How long a try that failed puts off a track that was deleted so long ago."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    Track.objects.filter(pk=track.pk).update(deleted_at=now - age, purge_after=now)
    track.refresh_from_db()
    purging._postpone(track, error)
    track.refresh_from_db()
    assert track.purge_after is not None
    return track.purge_after - now


def test_a_try_that_failed_is_postponed_by_half_the_age_of_the_deletion(scripted, order, monkeypatch):
    track, other = deleted(finish(order())), deleted(finish(order()))
    assert postponed(track, LOCKED, timedelta(minutes=30), monkeypatch) == timedelta(minutes=15)
    assert postponed(track, LOCKED, timedelta(minutes=10), monkeypatch) == timedelta(minutes=5)
    before = other.purge_after
    other.refresh_from_db()
    assert other.purge_after == before, "an object that is locked concerns no other"


def test_an_outage_postpones_all_by_its_age_and_who_met_it_after_them(scripted, order, monkeypatch):
    track, older, purged, kept = (finish(order()) for _ in range(4))
    for each in (track, older, purged):
        deleted(each)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    Track.objects.filter(pk=older.pk).update(deleted_at=now - timedelta(minutes=8))
    Track.objects.filter(pk=purged.pk).update(deleted_at=now - timedelta(days=8), purged_at=now)
    delay = postponed(track, AWAY, timedelta(minutes=2), monkeypatch)
    assert delay == timedelta(minutes=1) + timedelta(minutes=2)
    for each in (older, purged, kept):
        each.refresh_from_db()
    assert older.purge_after == timezone.now() + timedelta(minutes=2)
    assert purged.purge_after < older.purge_after
    assert kept.purge_after is None


def test_only_the_track_that_was_asked_for_is_purged(scripted, order):
    first, second = deleted(finish(order())), deleted(finish(order()))
    purging.purge_if_due(second.pk)
    assert list(Track.objects.unpurged()) == [first]
    assert first.storage.exists(first.storage_key)
    second.refresh_from_db()
    assert bytes(second.peaks) == b""
    first.refresh_from_db()
    assert bytes(first.peaks) != b""


def test_what_is_not_due_is_left(scripted, order):
    track = deleted(finish(order()))
    Track.objects.update(purge_after=timezone.now() + timedelta(minutes=1))
    purging.purge_if_due(track.pk)
    assert track.storage.exists(track.storage_key)


def test_waking_sends_a_message_for_what_is_due_and_says_how_many(scripted, order, monkeypatch):
    gone = [deleted(finish(order())) for _ in range(3)]
    finish(order())
    OrmQ.objects.all().delete()
    now = timezone.now()
    Track.objects.filter(pk=gone[0].pk).update(purge_after=now + timedelta(hours=1))
    Track.objects.filter(pk__in=[each.pk for each in gone[1:]]).update(purge_woken_at=None)
    monkeypatch.setattr(purging, "WOKEN_AT_ONCE", 1)
    assert purging.wake(now) == 1
    assert purging.wake(now) == 1
    assert purging.wake(now) == 0
    assert sorted(purges_sent()) == sorted(str(each.pk) for each in gone[1:])


def test_of_two_who_wake_one_sends_the_message(scripted, order):
    track = deleted(finish(order()))
    OrmQ.objects.all().delete()
    now = timezone.now()
    Track.objects.update(purge_woken_at=None)
    first, second = Track.objects.get(pk=track.pk), Track.objects.get(pk=track.pk)
    assert [purging._wake(first, now), purging._wake(second, now)] == [True, False]
    assert purges_sent() == [str(track.pk)]
