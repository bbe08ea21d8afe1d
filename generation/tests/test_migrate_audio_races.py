"""Moving audio while it is deleted, and while others move it too."""

import threading
from io import BytesIO

import pytest
from django.db import connection

from generation import jobs
from generation.models import Rendition, Track
from generation.storage import LocalAudioStorage, storage_of
from generation.tests.audio_places import (
    assert_all_play,
    bucket,
    heard,
    named_by_rows,
    noise,
    stored_names,
)
from generation.tracks import moving, purging
from generation.tracks.kept_files import kept_files

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_track_deleted_while_it_is_copied_leaves_nothing_anywhere(six_tracks, monkeypatch):
    track = six_tracks[0]
    copied = moving.save_verified

    def slowly(*arguments, **options):
        stored = copied(*arguments, **options)
        jobs.delete_track(track=track)
        purging.purge_if_due(track.pk)
        return stored

    monkeypatch.setattr(moving, "save_verified", slowly)
    assert moving.move(track, bucket()) is False
    assert not any(track.key_prefix in name for names in stored_names().values() for name in names)


def test_a_rendition_moved_while_its_track_is_purged_is_purged_where_it_went(six_tracks, monkeypatch):
    """The purge has read the row and deleted the old file when the row says that it lies elsewhere."""
    track = six_tracks[1]
    rendition = track.renditions.get()
    jobs.delete_track(track=track)
    delete_file = purging._delete_file

    def move_at_the_last_moment(file):
        delete_file(file)
        if isinstance(file, Rendition) and file.storage_type == "local":
            bucket().save("tracks/moved/listen.1.mp3", BytesIO(b"moved"))
            Rendition.objects.filter(pk=rendition.pk).update(
                storage_type="s3", audio="tracks/moved/listen.1.mp3"
            )

    monkeypatch.setattr(purging, "_delete_file", move_at_the_last_moment)
    purging.purge_if_due(track.pk)
    assert stored_names()["s3"] == set()
    assert not Rendition.objects.filter(pk=rendition.pk).exists()
    assert Track.objects.get(pk=track.pk).purged_at is not None


def test_two_movers_of_the_same_file_leave_one_copy(six_tracks, alices, monkeypatch):
    """The second one comes when the first has copied and verified."""
    first, second = (Track.objects.get(pk=six_tracks[0].pk) for _ in range(2))
    copied = moving.save_verified
    results: list[bool] = []

    def overtaken(*arguments, **options):
        monkeypatch.setattr(moving, "save_verified", copied)
        stored = copied(*arguments, **options)
        results.append(moving.move(second, bucket()))
        return stored

    monkeypatch.setattr(moving, "save_verified", overtaken)
    results.append(moving.move(first, bucket()))
    assert results == [True, False]
    assert heard(alices, first) == noise(0)
    assert stored_names() == named_by_rows()


def test_a_mover_that_comes_too_late_takes_its_copy_away_again(six_tracks, alices, monkeypatch):
    """While it copies, others move the file there and back."""
    late = Track.objects.get(pk=six_tracks[0].pk)
    copied = moving.save_verified

    def overtaken(*arguments, **options):
        monkeypatch.setattr(moving, "save_verified", copied)
        moving.move(Track.objects.get(pk=late.pk), bucket())
        moving.move(Track.objects.get(pk=late.pk), storage_of("local"))
        return copied(*arguments, **options)

    monkeypatch.setattr(moving, "save_verified", overtaken)
    assert moving.move(late, bucket()) is False
    assert stored_names() == named_by_rows()
    assert_all_play(alices)


def test_a_mover_that_is_slow_to_delete_deletes_nothing_that_came_back(six_tracks, alices, monkeypatch):
    """Its copy is verified and named by the row; before it deletes the old file, another moves the track back."""
    delete = LocalAudioStorage.delete

    def overtaken(self, name):
        monkeypatch.setattr(LocalAudioStorage, "delete", delete)
        assert moving.move(Track.objects.get(pk=six_tracks[0].pk), storage_of("local"))
        delete(self, name)

    monkeypatch.setattr(LocalAudioStorage, "delete", overtaken)
    assert moving.move(six_tracks[0], bucket())
    assert heard(alices, six_tracks[0]) == noise(0)
    assert stored_names() == named_by_rows()


def test_movers_in_both_directions_at_once_lose_nothing(six_tracks, alices):
    """Two to the bucket, two back and one who deletes, all on the same tracks, for some seconds."""
    errors: list[BaseException] = []

    def work(target: str) -> None:
        try:
            for _ in range(6):
                for file in kept_files(elsewhere_than=target):
                    result = moving.move_with_retries(file, storage_of(target))
                    assert not result.trouble, result
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def delete() -> None:
        try:
            for track in six_tracks[4:]:
                jobs.delete_track(track=track)
                purging.purge_if_due(track.pk)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[target]) for target in ("s3", "local", "s3", "local")]
    threads.append(threading.Thread(target=delete))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Track.objects.kept().count() == 4
    assert_all_play(alices)
    assert stored_names() == named_by_rows()
