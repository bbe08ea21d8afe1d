"""A storage compared with the database: what is an orphan, what a move left behind, and what is missing."""

import uuid
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from generation import jobs
from generation.models import Job, Rendition, Track
from generation.storage import StoredObject, storage_of
from generation.tests.audio_places import ended_job, noise, track_on
from generation.tracks.inventory import Compared, Entry, Place, compare, entry_of

JOB = uuid.uuid4()


def listed(*names: str) -> list[StoredObject]:
    return [StoredObject(name, 1, datetime(2020, 1, 1, tzinfo=UTC)) for name in names]


def names_of(objects: list[StoredObject]) -> list[str]:
    return [found.name for found in objects]


def entry(**fields: object) -> Entry:
    return Entry(JOB, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("a/master.wav", True),
        ("a/master.1.wav", True),
        ("a/master.2.wav", False),
        ("a/master.3.wav", False),
        ("a/listen.wav", False),
        ("a/listen.mp3", False),
        ("b/master.wav", False),
    ],
)
def test_what_a_move_left_behind_has_fewer_moves_in_the_same_name(name, left):
    kept = entry(kept={Place("s3", "a/master.2.wav"): "track", Place("s3", "c/master.9.wav"): "other"})
    assert kept.has_moved_from(name) is left
    assert names_of(Compared("local", listed(name), kept).left_behind) == ([name] if left else [])


def test_what_a_deleted_file_moved_from_is_not_left_behind():
    assert not entry(deleted={Place("s3", "a/master.1.wav")}).has_moved_from("a/master.wav")


def test_orphans_are_what_no_row_names_on_this_storage():
    known = entry(kept={Place("local", "kept"): "track"}, deleted={Place("local", "deleted")})
    assert names_of(Compared("local", listed("kept", "deleted", "other"), known).orphans) == ["other"]
    assert names_of(Compared("s3", listed("kept", "other"), known).orphans) == ["kept", "other"]


def test_a_job_that_is_worked_on_has_no_orphans_and_an_unknown_one_nothing_else():
    assert Compared("local", listed("other"), entry(active=True)).orphans == []
    unknown = Compared("local", listed("other"), None)
    assert names_of(unknown.orphans) == ["other"]
    assert (unknown.left_behind, unknown.missing) == ([], [])


def test_missing_are_kept_files_of_this_storage_that_are_not_there():
    known = entry(
        kept={Place("local", "there"): "one", Place("local", "gone"): "two", Place("s3", "gone"): "three"},
        deleted={Place("local", "deleted")},
    )
    assert Compared("local", listed("there"), known).missing == [(Place("local", "gone"), "two")]


def test_an_entry_has_what_the_rows_of_its_job_say(alice):
    local = storage_of("local")
    job, other = ended_job(alice), ended_job(alice)
    kept, deleted, purged = (track_on(local, job, noise(n, 10), noise(n + 9, 10)) for n in range(3))
    track_on(local, other, noise(5, 10))
    keys = {track.pk: (track.storage_key, track.renditions.get().storage_key) for track in job.tracks.all()}
    jobs.delete_track(track=deleted)
    jobs.delete_track(track=purged)
    Track.objects.filter(pk=purged.pk).update(purged_at=timezone.now())
    found = entry_of(job.pk)
    assert found is not None
    master, mp3 = keys[kept.pk]
    assert found.kept == {
        Place("local", master): f"track {kept.pk}",
        Place("local", mp3): f"track {kept.pk} (mp3)",
    }
    assert found.deleted == {Place("local", key) for key in keys[deleted.pk]}
    assert (found.job_id, found.active) == (job.pk, False)
    assert Rendition.objects.count() == 3


def test_a_job_that_nobody_knows_has_no_entry(alice):
    ended_job(alice)
    assert entry_of(uuid.uuid4()) is None
    active = Job.objects.create(owner=alice, engine="scripted", input={"prompt": "rain"})
    found = entry_of(active.pk)
    assert found is not None
    assert found.active


def test_jobs_are_met_once_each_whoever_knows_them(alice):
    local = storage_of("local")
    both, rows_only = ended_job(alice), ended_job(alice)
    track = track_on(local, both, noise(1, 10))
    unknown = uuid.uuid4()
    name = f"tracks/{unknown}/{uuid.uuid4()}/master.wav"
    track.storage.save(name, track.storage.open(track.storage_key))
    compared = list(compare(local))
    found = {(each.entry.job_id if each.entry else None): names_of(each.objects) for each in compared}
    assert found == {both.pk: [track.storage_key], rows_only.pk: [], None: [name]}
    assert len(compared) == 3
