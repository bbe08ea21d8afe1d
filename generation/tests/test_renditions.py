"""Making renditions: one file and one row each, whoever asks how often, and none of a deleted track."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from generation import jobs
from generation.audio.decode import AudioDecodeError
from generation.models import ExpiringFile, Job, Rendition, Track
from generation.storage import LocalAudioStorage, StorageError, save_verified
from generation.tests.api_calls import finish, stored_track
from generation.tracks import renditions
from generation.tracks.missing import AudioMissing
from generation.tracks.renditions import make_rendition

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(scripted, order) -> Track:
    """A track whose small format is due."""
    return due(finish(order()))


@pytest.fixture
def saved(monkeypatch) -> list[str]:
    """The names that are stored from now on."""
    names: list[str] = []
    save = LocalAudioStorage._save

    def noting(self: LocalAudioStorage, name: str, content: Any) -> str:
        names.append(name)
        return save(self, name, content)

    monkeypatch.setattr(LocalAudioStorage, "_save", noting)
    return names


def due(track: Track) -> Track:
    Track.objects.filter(pk=track.pk).update(rendition_due_at=timezone.now())
    track.refresh_from_db()
    return track


def fail(monkeypatch: pytest.MonkeyPatch, method: str, error: Exception) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(LocalAudioStorage, method, failing)


def test_a_rendition_is_stored_once(track, saved):
    first = make_rendition(track.pk, "mp3")
    assert make_rendition(track.pk, "mp3") == first
    assert len(saved) == 1
    assert track.storage.exists(saved[0])


def test_each_track_and_format_has_its_own(track, order):
    other = finish(order("another night"))
    made = {make_rendition(pk, name) for pk in (track.pk, other.pk) for name in ("mp3", "flac")}
    assert len(made) == 4
    assert {(row.track_id, row.format) for row in made if row} == {
        (pk, name) for pk in (track.pk, other.pk) for name in ("mp3", "flac")
    }


def test_only_the_small_format_of_this_track_is_due_no_more(track, order):
    other = due(finish(order("another night")))
    make_rendition(track.pk, "mp3")
    assert Track.objects.exclude(rendition_due_at=None).count() == 2
    make_rendition(track.pk, "listen")
    assert Track.objects.exclude(rendition_due_at=None).get() == other


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Have something happen when the next file is stored and its row is not there yet."""

    def slowly(*arguments: Any) -> Any:
        monkeypatch.setattr(renditions, "save_verified", save_verified)
        stored = save_verified(*arguments)
        act()
        return stored

    monkeypatch.setattr(renditions, "save_verified", slowly)


def test_two_workers_that_make_the_same_keep_one_row_and_its_file(track, monkeypatch):
    meanwhile(monkeypatch, lambda: make_rendition(track.pk, "mp3"))
    rendition = make_rendition(track.pk, "mp3")
    assert rendition == Rendition.objects.get()
    with rendition.storage.open(rendition.storage_key) as file:
        assert hashlib.sha256(file.read()).hexdigest() == rendition.checksum
    assert len(list(track.storage.objects())) == 2
    assert not ExpiringFile.objects.exists()


def test_one_that_was_made_and_moved_meanwhile_leaves_no_second_file(track, monkeypatch, saved):
    def make_and_move() -> None:
        make_rendition(track.pk, "mp3")
        Rendition.objects.update(audio=f"{track.key_prefix}/listen.1.mp3")

    meanwhile(monkeypatch, make_and_move)
    rendition = make_rendition(track.pk, "mp3")
    assert rendition is not None
    assert rendition.storage_key == f"{track.key_prefix}/listen.1.mp3"
    assert not track.storage.exists(saved[0])


def test_a_deleted_track_gets_none_and_a_kept_one_beside_it_does(track, order, saved):
    other = finish(order("another night"))
    saved.clear()
    jobs.delete_track(track=track)
    assert make_rendition(track.pk, "mp3") is None
    assert saved == []
    assert make_rendition(other.pk, "mp3") is not None


@pytest.mark.parametrize(("format_name", "postponed"), [("listen", True), ("mp3", False)])
def test_a_storage_that_is_away_postpones_what_listeners_are_served(
    track, monkeypatch, format_name, postponed
):
    fail(monkeypatch, "_save", StorageError("busy", "The folder is busy.", retryable=True))
    with pytest.raises(StorageError):
        make_rendition(track.pk, format_name)
    before = track.rendition_due_at
    track.refresh_from_db()
    assert (track.rendition_due_at > before) is postponed


@pytest.mark.parametrize("error", [AudioDecodeError("no audio"), FileNotFoundError("gone")], ids=str)
def test_a_master_that_cannot_be_read_is_given_up(track, order, monkeypatch, error):
    other = due(finish(order("another night")))
    fail(monkeypatch, "_open", error)
    with pytest.raises(AudioMissing):
        make_rendition(track.pk, "listen")
    track.refresh_from_db()
    other.refresh_from_db()
    assert (track.rendition_due_at, track.missing_since is None) == (None, False)
    assert other.rendition_due_at is not None


def test_a_master_that_has_just_been_moved_is_not_given_up(track, monkeypatch):
    def moved(*_: object) -> None:
        Track.objects.filter(pk=track.pk).update(audio=f"{track.key_prefix}/master.1.wav")
        raise AudioDecodeError("half a file")

    monkeypatch.setattr(LocalAudioStorage, "_open", moved)
    with pytest.raises(AudioMissing):
        make_rendition(track.pk, "listen")
    track.refresh_from_db()
    assert (track.rendition_due_at is None, track.missing_since) == (False, None)


def test_a_master_that_lies_elsewhere_by_now_is_read_there(track, monkeypatch):
    moved_from, moved_to = track.storage_key, f"{track.key_prefix}/master.1.wav"
    with track.storage.open(track.storage_key) as master:
        track.storage.save(moved_to, ContentFile(master.read()))
    opened = LocalAudioStorage._open

    def moved(self: LocalAudioStorage, name: str, mode: str = "rb") -> Any:
        Track.objects.filter(pk=track.pk).update(audio=moved_to)
        if name == moved_from:
            raise FileNotFoundError(name)
        return opened(self, name, mode)

    monkeypatch.setattr(LocalAudioStorage, "_open", moved)
    assert make_rendition(track.pk, "mp3") is not None


def test_a_rendition_is_postponed_by_one_of_two(scripted, order: Callable[..., Job]):
    due(stored_track(order()))
    first, second = Track.objects.get(), Track.objects.get()
    assert first.postpone_rendition(timedelta(minutes=1))
    assert not second.postpone_rendition(timedelta(minutes=1))
