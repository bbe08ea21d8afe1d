"""What lies on a storage, as it lists it: in order, whole objects only, and what interrupted writes have left."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generation.storage import AudioStorage, LocalAudioStorage, StorageError
from generation.tests.audio_places import emptied
from generation.tests.s3_server import S3Server
from generation.tests.test_storage_s3 import storage_at

NAMES = [
    "other/master.wav",
    "tracks/a/1/listen.mp3",
    "tracks/a/1/master.wav",
    "tracks/a/2/master.wav",
    "tracks/b/1/x.wav",
]


@pytest.fixture
def local(tmp_path) -> LocalAudioStorage:
    return LocalAudioStorage(location=tmp_path / "audio")


@pytest.fixture(params=["local", "s3"])
def storage(request, local, s3_server: S3Server) -> AudioStorage:
    return local if request.param == "local" else emptied(storage_at(s3_server))


def test_objects_come_in_the_order_of_their_names_with_size_and_age(storage):
    for size, name in enumerate(reversed(NAMES)):
        storage.save(name, io.BytesIO(b"x" * size))
    listed = list(storage.objects("tracks/"))
    assert [found.name for found in listed] == NAMES[1:]
    assert [found.size for found in listed] == [3, 2, 1, 0]
    for found in listed:
        assert abs(datetime.now(UTC) - found.modified) < timedelta(minutes=1)
    assert [found.name for found in storage.objects()] == NAMES
    assert [found.name for found in storage.objects("tracks/a/1/l")] == [NAMES[1]]


def test_a_storage_without_anything_lists_nothing(storage):
    assert list(storage.objects("tracks/")) == []
    assert list(storage.unfinished("tracks/")) == []


def test_more_objects_than_a_page_are_all_listed(s3_server, monkeypatch):
    storage = emptied(storage_at(s3_server))
    for name in NAMES:
        storage.save(name, io.BytesIO(b"x"))
    paginator = storage.client.get_paginator("list_objects_v2")
    paginate = paginator.paginate
    monkeypatch.setattr(
        paginator, "paginate", lambda **options: paginate(**options, PaginationConfig={"PageSize": 2})
    )
    monkeypatch.setattr(storage.client, "get_paginator", lambda operation: paginator)
    assert [found.name for found in storage.objects()] == NAMES


def test_a_bucket_that_cannot_be_listed_says_why(s3_server):
    with pytest.raises(StorageError, match='There is no bucket "nowhere"'):
        list(storage_at(s3_server, bucket_name="nowhere").objects())


def test_a_folder_that_cannot_be_listed_says_why(tmp_path):
    (tmp_path / "audio").write_text("not a folder")
    with pytest.raises(StorageError, match="The folder"):
        list(LocalAudioStorage(location=tmp_path / "audio").objects())


def test_drafts_are_no_objects_and_can_be_discarded(local):
    local.save(NAMES[2], io.BytesIO(b"whole"))
    draft = Path(local.path(NAMES[2])).with_name(".master.wav.k3jd.part")
    draft.write_bytes(b"half")
    os.utime(draft, (0, 0))
    assert [found.name for found in local.objects()] == [NAMES[2]]
    left = list(local.unfinished("tracks/"))
    assert [(found.size, found.modified) for found in left] == [(4, datetime.fromtimestamp(0, UTC))]
    left[0].discard()
    left[0].discard()
    assert not draft.exists()
    assert local.exists(NAMES[2])


def test_links_out_of_the_folder_are_not_followed(local, tmp_path):
    local.save(NAMES[1], io.BytesIO(b"ours"))
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "diary.wav").write_text("not ours")
    Path(local.path("tracks/linked")).symlink_to(tmp_path / "private")
    Path(local.path("tracks/diary.wav")).symlink_to(tmp_path / "private" / "diary.wav")
    assert [found.name for found in local.objects()] == [NAMES[1]]


def test_uploads_that_never_ended_are_found_and_can_be_discarded(s3_server):
    storage = emptied(storage_at(s3_server))
    upload = storage.client.create_multipart_upload(Bucket=storage.bucket_name, Key=NAMES[2])
    storage.client.upload_part(
        Bucket=storage.bucket_name,
        Key=NAMES[2],
        UploadId=upload["UploadId"],
        PartNumber=1,
        Body=b"x" * 5_000_000,
    )
    assert list(storage.objects()) == []
    left = list(storage.unfinished("tracks/"))
    assert len(left) == 1
    assert abs(datetime.now(UTC) - left[0].modified) < timedelta(minutes=1)
    left[0].discard()
    assert list(storage.unfinished("tracks/")) == []
