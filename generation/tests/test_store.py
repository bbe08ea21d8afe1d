"""Storing a master: what its row says, under which name it lies, and what is deleted of an attempt."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from generation.audio.decode import decode
from generation.engines.base import Music
from generation.engines.scripted import SAMPLE_RATE, tone
from generation.models import Job, Track
from generation.storage import Abandoned, Cancellation, LocalAudioStorage, StorageError, cancellation
from generation.tracks import files, store
from musicgen.backoff import Backoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(scripted, order) -> Job:
    return order("rainy night", duration=2.0, seed=9, tags=["calm"], variations=2)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch) -> None:
    monkeypatch.setattr(cancellation, "BACKOFF", Backoff(first=0.001, factor=1, longest=0.001))


def stored(
    job: Job, index: int = 0, cancellation: Cancellation = store.NEVER_CANCELED, **known: Any
) -> Track:
    audio = tone(job.request.variation(index))
    return store.store_master(job, index, Music(audio, **known), audio, cancellation)


def failing(monkeypatch: pytest.MonkeyPatch, *errors: StorageError) -> None:
    """Have the folder fail to store, once for each of the errors."""
    left, save = list(errors), LocalAudioStorage._save

    def _save(self: LocalAudioStorage, name: str, content: Any) -> str:
        if left:
            raise left.pop()
        return save(self, name, content)

    monkeypatch.setattr(LocalAudioStorage, "_save", _save)


def test_the_row_says_what_was_asked_and_what_was_stored(job, settings):
    track = stored(job, 1, bpm=93.5, key="A minor", time_signature="3/4", score_version=3)
    request = job.request.variation(1)
    assert (track.pk, track.job, track.owner, track.index) == (Track.id_for(job, 1), job, job.owner, 1)
    assert (track.title, track.prompt, track.tags) == ("Rainy night (2)", "rainy night", ["calm"])
    assert (track.seed, track.bpm, track.key, track.score_version) == (request.seed, 93.5, "A minor", 3)
    assert track.time_signature == "3/4"
    assert (track.duration, track.sample_rate, track.channels) == (2.0, SAMPLE_RATE, 2)
    assert track.storage_type == "local"
    assert track.storage_key == f"tracks/{job.pk}/{track.pk}/master.wav"
    assert track.storage.size(track.storage_key) == track.size
    assert len(track.checksum) == 64
    assert track.lufs is not None
    assert track.true_peak_db == pytest.approx(-10.5, abs=0.5)
    assert len(track.peaks) > 0
    assert track.samples_per_pixel > 0
    grace = timedelta(seconds=settings.RENDITION_GRACE_SECONDS)
    assert abs(track.rendition_due_at - timezone.now() - grace) < timedelta(seconds=60)
    assert not Track.objects.exists()


def test_what_is_not_known_of_the_music_is_left_empty(job):
    track = stored(job)
    assert (track.bpm, track.key, track.time_signature, track.score_version) == (None, "", "", None)


def test_the_title_that_was_given_is_that_of_the_track(scripted, order):
    assert stored(order("rainy night", title="iPhone lullaby")).title == "iPhone lullaby"
    long = "a long name, " * 7 + "of 103 in all"
    assert stored(order("rainy night", title=long)).title == long


def test_what_is_stored_is_the_audio(job):
    track = stored(job)
    with track.storage.open(track.storage_key) as file:
        audio = decode(file)
    assert (audio.duration, audio.sample_rate) == (2.0, SAMPLE_RATE)


def test_a_storage_that_fails_for_a_moment_is_waited_for(job, monkeypatch):
    failing(monkeypatch, *[StorageError("busy", "Too busy.", retryable=True)] * 2)
    track = stored(job)
    assert track.storage.exists(track.storage_key)


def test_a_storage_that_refuses_is_not(job, monkeypatch):
    failing(monkeypatch, StorageError("not_writable", "No."))
    with pytest.raises(StorageError, match="No"):
        stored(job)


def test_who_cancels_gets_no_track(job, monkeypatch):
    failing(monkeypatch, *[StorageError("busy", "Too busy.", retryable=True)] * 2)
    with pytest.raises(Abandoned):
        stored(job, cancellation=Cancellation(should_stop=lambda: True))


def test_of_an_attempt_its_own_variation_is_deleted_and_no_other(job):
    first, second = stored(job, 0), stored(job, 1)
    files.delete_unsaved(job, 1)
    assert first.storage.exists(first.storage_key)
    assert not second.storage.exists(second.storage_key)


def test_what_is_written_is_stored_from_its_beginning(job):
    track = stored(job)
    key = files.new_key(track, "flac")
    found = store.save_file(key, lambda file: file.write(b"notes") and None, store.NEVER_CANCELED)
    assert (found.name, found.size) == (key, 5)
    with track.storage.open(found.name) as file:
        assert file.read() == b"notes"


def test_storing_again_overwrites(job):
    track = stored(job)
    track.storage.save(track.storage_key, ContentFile(b"half a song"))
    again = stored(job)
    assert again.storage_key == track.storage_key
    assert again.storage.size(again.storage_key) == again.size == track.size
