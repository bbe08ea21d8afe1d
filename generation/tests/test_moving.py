"""Which files a move takes, and what becomes of each; between two folders. (With a bucket: test_migrate_audio.)"""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation import jobs
from generation.models import Rendition, Track
from generation.storage import AudioStorage, LocalAudioStorage, StorageError, storage_of
from generation.tests.audio_places import ended_job, noise, track_on
from generation.tracks import kept_files, moving
from generation.tracks.kept_files import Amount, Result
from musicgen.backoff import Backoff

pytestmark = pytest.mark.django_db


class OtherFolder(LocalAudioStorage):
    """Another folder, in the place of a bucket."""

    storage_type = "s3"


@pytest.fixture
def target(settings, tmp_path, monkeypatch) -> AudioStorage:
    """Where files move to."""
    other = {"BACKEND": f"{__name__}.OtherFolder", "OPTIONS": {"location": tmp_path / "other"}}
    settings.STORAGES = {**settings.STORAGES, "s3": other}
    monkeypatch.setattr(kept_files, "BACKOFF", Backoff(first=0.001, factor=1, longest=0.001))
    return storage_of("s3")


@pytest.fixture
def tracks(target, alice) -> list[Track]:
    """Three tracks on local files, each with an MP3."""
    local = storage_of("local")
    return [track_on(local, ended_job(alice), noise(n, 100), noise(n + 9, 10)) for n in range(3)]


def failing(monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> None:
    """Have the target fail to store, as often as there are errors."""
    save = OtherFolder._save

    def _save(self: OtherFolder, name: str, content: Any) -> str:
        if errors:
            raise errors.pop()
        return save(self, name, content)

    monkeypatch.setattr(OtherFolder, "_save", _save)


def test_every_kept_file_that_lies_elsewhere_is_to_move_once(tracks, target, alice, monkeypatch):
    monkeypatch.setattr(kept_files, "PAGE", 1)
    for age, pk in enumerate(sorted(track.pk for track in tracks)):
        Track.objects.filter(pk=pk).update(created_at=timezone.now() - timedelta(days=9 - age))
    there = track_on(target, ended_job(alice), noise(7, 100), noise(8, 10))
    jobs.delete_track(track=tracks[0])
    found = list(kept_files.kept_files(elsewhere_than="s3"))
    kept = tracks[1:]
    assert len(found) == 4
    assert set(found) == {*kept, *Rendition.objects.filter(track__in=kept)}
    assert moving.amount_to_move("s3") == Amount(4, 220)
    assert moving.sources("s3") == {"local"}
    assert set(kept_files.kept_files(elsewhere_than="local")) == {there, *there.renditions.all()}
    assert moving.sources("local") == {"s3"}


def test_where_nothing_is_to_move_there_is_no_amount_and_no_source(target):
    assert moving.amount_to_move("s3") == Amount(0, 0)
    assert moving.sources("s3") == set()


def test_only_the_file_that_is_moved_moves(tracks, target):
    before = tracks[0].storage_key
    assert moving.move_with_retries(tracks[0], target) == Result(tracks[0], True)
    now = {track.pk: (track.storage_type, track.storage_key) for track in Track.objects.all()}
    assert now[tracks[0].pk] == ("s3", before.replace("master.wav", "master.1.wav"))
    assert {place for pk, (place, _) in now.items() if pk != tracks[0].pk} == {"local"}
    assert not storage_of("local").exists(before)
    assert storage_of("local").exists(tracks[1].storage_key)


def test_a_source_may_be_kept(tracks, target):
    before = tracks[0].storage_key
    assert moving.move_with_retries(tracks[0], target, keep_source=True).done
    assert storage_of("local").exists(before)
    assert target.exists(Track.objects.get(pk=tracks[0].pk).storage_key)


def test_what_passes_is_tried_three_times(tracks, target, monkeypatch):
    busy = StorageError("busy", "Too busy.", retryable=True)
    failing(monkeypatch, [busy, busy])
    assert moving.move_with_retries(tracks[0], target).done
    failing(monkeypatch, errors := [busy] * 4)
    with pytest.raises(StorageError, match="Too busy"):
        moving.move_with_retries(tracks[1], target)
    assert len(errors) == 1
    assert Track.objects.get(pk=tracks[1].pk).storage_type == "local"


def test_what_does_not_pass_is_not_tried_again(tracks, target, monkeypatch):
    denied = StorageError("access_denied", "No.")
    failing(monkeypatch, errors := [denied, denied])
    with pytest.raises(StorageError, match="No"):
        moving.move_with_retries(tracks[0], target)
    assert len(errors) == 1


def test_a_file_that_cannot_be_copied_says_why_and_stays(tracks, target, monkeypatch):
    failing(monkeypatch, [OSError(5, "Input/output error")])
    result = moving.move_with_retries(tracks[0], target)
    assert (result.done, result.trouble) == (False, "its file cannot be copied (Input/output error)")
    storage_of("local").delete(tracks[1].storage_key)
    assert moving.move_with_retries(tracks[1], target).trouble == "its file is missing"
    storage_of("local").save(tracks[2].storage_key, io.BytesIO(b"another"))
    assert "damaged" in moving.move_with_retries(tracks[2], target).trouble
    assert list(target.objects()) == []


def test_a_file_that_was_deleted_or_moved_meanwhile_is_no_trouble(tracks, target):
    for file in (tracks[0], tracks[1]):
        storage_of("local").delete(file.storage_key)
    Track.objects.filter(pk=tracks[0].pk).update(audio="tracks/elsewhere.wav")
    jobs.delete_track(track=tracks[1])
    assert moving.move_with_retries(tracks[0], target) == Result(tracks[0], False)
    assert moving.move_with_retries(tracks[1], target) == Result(tracks[1], False)
