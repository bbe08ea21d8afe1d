"""Objects without rows and rows without objects, on local files and in a real bucket."""

import io
import os
import time
import tracemalloc
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from generation import jobs
from generation.management.commands.prune_audio import Command
from generation.models import Job, Track
from generation.storage import AudioStorage, LocalAudioStorage, StorageError, StoredObject, storage_of
from generation.tests.audio_places import (
    assert_all_play,
    bucket,
    bucket_settings,
    emptied,
    ended_job,
    named_by_rows,
    noise,
    stored_names,
    track_on,
)
from generation.tracks import inventory, orphans

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_is_enough]
TWO_DAYS = timedelta(days=2)


@pytest.fixture(autouse=True)
def places(settings, s3_server):
    """Local files and a bucket."""
    settings.STORAGES = {**settings.STORAGES, "s3": bucket_settings(s3_server)}
    emptied(bucket())


@pytest.fixture(params=["local", "s3"])
def storage(request) -> AudioStorage:
    return storage_of(request.param)


@pytest.fixture
def tracks(storage, alice) -> list[Track]:
    """Three tracks on the storage, each with an MP3."""
    return [track_on(storage, ended_job(alice), noise(n), noise(n + 100)) for n in range(3)]


def orphan_of(track: Track, storage: AudioStorage, name: str = "listen.flac") -> str:
    return storage.save(f"{track.key_prefix}/{name}", io.BytesIO(b"nobody's"))


def prune(*arguments: str, after: timedelta = TWO_DAYS) -> tuple[int, str]:
    """Run the command when some time has passed; its exit status and what it says."""
    out = io.StringIO()
    command = Command(stdout=out)
    command.now = lambda: timezone.now() + after
    try:
        call_command(command, *arguments)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def test_a_site_where_all_is_well_says_so(tracks, storage):
    status, said = prune("--delete")
    assert status == 0
    assert f"{storage.storage_type}: 6 (0.1 MB) in all; without a row 0 (0.0 MB)" in said
    assert stored_names() == named_by_rows()


def test_an_object_without_a_row_is_reported_and_deleted_only_on_demand(tracks, storage, client, alice):
    name = orphan_of(tracks[1], storage)
    status, said = prune()
    assert status == 1
    assert "without a row 1 (0.0 MB)" in said
    assert storage.exists(name)
    status, said = prune("--delete")
    assert (status, storage.exists(name)) == (0, False)
    assert "deleted 1 (0.0 MB)" in said
    client.force_login(alice)
    assert_all_play(client)


def test_nothing_younger_than_a_day_is_touched(tracks, storage):
    name = orphan_of(tracks[1], storage)
    status, said = prune("--delete", after=timedelta(hours=23))
    assert (status, storage.exists(name)) == (0, True)
    assert "1 (0.0 MB) too young" in said
    prune("--delete", "--min-age", "3d")
    assert storage.exists(name)
    assert prune("--min-age", "24h") == prune("--min-age", "1d") == prune()
    prune("--delete", "--min-age", "36h")
    assert not storage.exists(name)


@pytest.mark.parametrize("age", ["1h", "23h", "0d", "day", "-1d"])
def test_a_day_is_the_least(age):
    with pytest.raises(CommandError, match=r"younger than a day|no age|expected one argument"):
        call_command("prune_audio", "--min-age", age)


def test_what_an_active_job_stores_is_left_alone(tracks, storage, alice):
    job = Job.objects.create(owner=alice, engine="scripted", input={"prompt": "rain"})
    name = storage.save(f"tracks/{job.pk}/{Track.id_for(job, 0)}/master.wav", io.BytesIO(b"being stored"))
    assert prune("--delete")[0] == 0
    assert storage.exists(name)
    job.cancel()
    assert prune("--delete")[0] == 0
    assert not storage.exists(name)


def test_objects_of_jobs_that_are_gone_are_orphans(tracks, storage):
    name = storage.save(f"tracks/{uuid.uuid4()}/{uuid.uuid4()}/master.wav", io.BytesIO(b"x"))
    assert prune("--delete")[0] == 0
    assert not storage.exists(name)
    assert stored_names() == named_by_rows()


def test_another_databases_audio_is_not_deleted(storage):
    """A wrong DATABASE_URL must not cost the bucket."""
    name = storage.save(f"tracks/{uuid.uuid4()}/{uuid.uuid4()}/master.wav", io.BytesIO(b"x"))
    status, said = prune("--delete")
    assert (status, storage.exists(name)) == (1, True)
    assert "knows none of the jobs" in said
    assert prune("--delete", "--force")[0] == 0
    assert not storage.exists(name)


def test_what_others_keep_there_is_not_touched(tracks, storage):
    others = [
        "backup/database.tar",
        "tracks/readme.txt",
        f"tracks/{tracks[0].job_id}/notes.txt",
        "tracks.wav",
        f"{tracks[0].key_prefix}/deep/master.wav",
    ]
    for name in others:
        storage.save(name, io.BytesIO(b"somebody's"))
    status, said = prune("--delete")
    assert status == 0
    assert all(storage.exists(name) for name in others)
    assert "6 (0.1 MB) in all" in said


def test_a_row_without_its_object_is_reported_and_kept(tracks, storage):
    storage.delete(tracks[1].storage_key)
    storage.delete(tracks[2].renditions.get().storage_key)
    status, said = prune("--delete")
    assert status == 1
    assert f"track {tracks[1].pk}: {tracks[1].storage_key} is missing" in said
    assert f"track {tracks[2].pk} (mp3): " in said
    assert "2 missing" in said
    assert Track.objects.kept().count() == 3


def test_a_deleted_track_that_waits_for_its_purge_is_neither(tracks, storage):
    jobs.delete_track(track=tracks[0])
    jobs.delete_track(track=tracks[1])
    storage.delete(tracks[1].storage_key)
    assert prune("--delete")[0] == 0
    assert storage.exists(tracks[0].storage_key)


def test_what_is_left_of_a_purged_track_is_an_orphan(tracks, storage):
    name = orphan_of(tracks[0], storage)
    jobs.delete_track(track=tracks[0])
    Track.objects.filter(pk=tracks[0].pk).update(purged_at=timezone.now())
    assert prune("--delete")[0] == 0
    assert not storage.exists(name)
    assert not storage.exists(tracks[0].storage_key)


def test_a_copy_that_a_killed_move_left_is_an_orphan(tracks, storage):
    other = bucket() if storage.storage_type == "local" else storage_of("local")
    copy = orphan_of(tracks[0], other, "master.1.wav")
    assert prune("--delete")[0] == 0
    assert not other.exists(copy)
    assert stored_names() == named_by_rows()


def test_rows_are_asked_again_before_anything_is_deleted(tracks, storage, monkeypatch):
    """Between the listing and the deletion, a rendition is stored under the name of the orphan."""
    name = orphan_of(tracks[0], storage)
    compare = orphans.compare

    def slowly(storage):
        compared = list(compare(storage))
        tracks[0].renditions.create(
            format="flac", audio=name, size=8, checksum="c" * 64, storage_type=storage.storage_type
        )
        yield from compared

    monkeypatch.setattr(orphans, "compare", slowly)
    assert orphans.delete_orphans(storage, timezone.now() + TWO_DAYS).files == 0
    assert storage.exists(name)


def test_a_file_that_moved_between_listing_and_reading_is_not_called_missing(tracks, storage, monkeypatch):
    moved = Track.objects.filter(pk=tracks[0].pk)
    compare = orphans.compare

    def slowly(storage):
        storage.delete(tracks[0].storage_key)
        compared = list(compare(storage))
        moved.update(storage_type="elsewhere")
        yield from compared

    monkeypatch.setattr(orphans, "compare", slowly)
    assert orphans.survey(storage, timezone.now(), pytest.fail).missing == 0


def test_drafts_older_than_a_day_are_swept(alice):
    local = storage_of("local")
    assert isinstance(local, LocalAudioStorage)
    track = track_on(local, ended_job(alice), noise(1))
    old, young = (
        Path(local.path(track.storage_key)).with_name(f".master.wav.{age}.part") for age in ("old", "young")
    )
    for draft in (old, young):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    status, said = prune(after=timedelta())
    assert (status, old.exists()) == (1, True)
    assert "from interrupted writes 1 (0.0 MB)" in said
    assert prune("--delete", after=timedelta())[0] == 0
    assert (old.exists(), young.exists()) == (False, True)
    assert local.exists(track.storage_key)


def test_rows_on_a_storage_that_is_configured_no_more_are_reported(alice, settings):
    track_on(bucket(), ended_job(alice), noise(1), noise(2))
    jobs.delete_track(track=track_on(bucket(), ended_job(alice), noise(3), noise(4)))
    track_on(storage_of("local"), ended_job(alice), noise(5))
    settings.STORAGES = {name: value for name, value in settings.STORAGES.items() if name != "s3"}
    status, said = prune("--delete")
    assert status == 1
    assert "2 files lie on a storage that is not configured" in said


def test_a_bucket_that_cannot_be_listed_is_reported(settings):
    options = {**settings.STORAGES["s3"]["OPTIONS"], "bucket_name": "nowhere"}
    settings.STORAGES = {**settings.STORAGES, "s3": {**settings.STORAGES["s3"], "OPTIONS": options}}
    with pytest.raises(CommandError, match="There is no bucket"):
        call_command("prune_audio", stdout=io.StringIO())


class Imagined(LocalAudioStorage):
    """A storage that lists what it should."""

    def __init__(self, names) -> None:
        super().__init__(location="/nowhere")
        self.names = names

    def objects(self, prefix=""):
        return (StoredObject(name, 1, datetime(2020, 1, 1, tzinfo=UTC)) for name in self.names)


def test_a_listing_out_of_order_is_refused_rather_than_believed(tracks):
    names = sorted((track.storage_key for track in tracks), reverse=True)
    with pytest.raises(StorageError, match="order of their names"):
        list(inventory.compare(Imagined(names)))


def test_memory_does_not_grow_with_the_number_of_objects(alice):
    def peak(count: int) -> int:
        names = (f"tracks/{uuid.UUID(int=n)}/{uuid.UUID(int=n)}/master.wav" for n in range(count))
        tracemalloc.start()
        found = orphans.survey(Imagined(names), timezone.now(), pytest.fail)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found.orphans.files == count
        return peak

    peak(10)
    assert peak(20_000) < peak(2_000) + 100_000


def test_jobs_and_objects_are_compared_page_by_page(alice, monkeypatch):
    monkeypatch.setattr(inventory, "PAGE", 2)
    local = storage_of("local")
    for n in range(7):
        track_on(local, ended_job(alice), noise(n))
    lost = ended_job(alice)
    compared = list(inventory.compare(local))
    assert len(compared) == 8
    assert [found.entry.job_id for found in compared if not found.objects] == [lost.pk]
    assert not any(found.orphans or found.missing for found in compared)
