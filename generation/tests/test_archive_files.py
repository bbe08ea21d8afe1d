"""Zips beside the commands that look after what is stored: no orphans, not lost by a move, missing where they are."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from generation.archives import making, ordering, purging
from generation.models import Archive
from generation.storage import StoredObject, storage_of
from generation.tests.audio_places import bucket, bucket_settings, emptied, ended_job, noise, track_on
from generation.tests.test_prune_audio import prune

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def places(settings, s3_server):
    """Local files and a bucket, to which new audio goes."""
    settings.STORAGES = {
        **settings.STORAGES,
        "s3": bucket_settings(s3_server),
        "audio": bucket_settings(s3_server),
    }
    emptied(bucket())


@pytest.fixture
def archive(alice) -> Archive:
    tracks = [track_on(bucket(), ended_job(alice), noise(number)) for number in range(2)]
    made = ordering.order_tracks(owner=alice, track_ids=[track.pk for track in tracks], format_name="wav")
    making.make(made.pk)
    made.refresh_from_db()
    assert made.is_ready, made.error
    return made


def zips() -> list[StoredObject]:
    return list(bucket().objects("archives/"))


def test_it_lies_in_the_bucket_and_is_fetched_there(archive, alices):
    assert [found.name for found in zips()] == [archive.name]
    location = alices.get(f"/archives/{archive.pk}/file").url
    assert location.startswith(bucket().origin)


def test_one_that_a_row_names_is_no_orphan(archive):
    status, said = prune("--delete")
    assert (status, len(zips())) == (0, 1), said
    assert "3 (" in said, "it is counted"


def test_one_that_no_row_names_is_deleted_once_it_is_old(archive):
    name = "archives/00000000-0000-4000-8000-000000000000/1.zip"
    bucket().save(name, io.BytesIO(b"nobody's"))
    bucket().save("archives/of-somebody-else.zip", io.BytesIO(b"theirs"))
    prune("--delete", after=timedelta(hours=1))
    assert name in [found.name for found in zips()]
    assert prune()[0] == 1
    prune("--delete")
    assert {found.name for found in zips()} == {archive.name, "archives/of-somebody-else.zip"}


def test_one_that_is_gone_is_reported(archive):
    bucket().delete(archive.name)
    status, said = prune()
    assert status == 1
    assert f"archive {archive.pk}: {archive.name} is missing" in said


def test_a_move_leaves_it_where_it_is_and_says_so(archive, alices, settings):
    settings.ARCHIVE_HOURS = 3
    out = io.StringIO()
    call_command("migrate_audio", "--to", "local", stdout=out, stderr=out)
    assert "Not moved: 1 zip for download, deleted within 3 hours" in out.getvalue()
    assert alices.get(f"/archives/{archive.pk}/file").url.startswith(bucket().origin)
    Archive.objects.all().discard(timezone.now())
    purging.purge_if_due(archive.pk)
    assert not zips()


def test_what_an_upload_that_was_killed_has_left_is_deleted_with_it(archive):
    client = bucket().client
    key = archive.name_of(archive.attempt)
    client.create_multipart_upload(Bucket=bucket().bucket_name, Key=key)
    assert list(bucket().unfinished("archives/"))
    Archive.objects.all().discard(timezone.now())
    purging.purge_if_due(archive.pk)
    assert not list(bucket().unfinished("archives/"))
    assert not zips()


def test_one_of_many_megabytes_goes_up_in_parts(alice):
    tracks = [track_on(bucket(), ended_job(alice), noise(number, 6_000_000)) for number in range(3)]
    made = ordering.order_tracks(owner=alice, track_ids=[track.pk for track in tracks], format_name="wav")
    making.make(made.pk)
    made.refresh_from_db()
    assert made.size == bucket().stat(made.name).size > 18_000_000


def test_a_track_that_was_moved_elsewhere_is_put_in_from_there(alice):
    track = track_on(storage_of("local"), ended_job(alice), noise(1))
    made = ordering.order_tracks(owner=alice, track_ids=[track.pk], format_name="wav")
    making.make(made.pk)
    made.refresh_from_db()
    assert (made.is_ready, made.left_out) == (True, [])
