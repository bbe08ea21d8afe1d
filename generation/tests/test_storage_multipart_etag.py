"""Tags worked out beforehand are those that S3 gives."""

import hashlib
import io

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from hypothesis import given
from hypothesis import strategies as st

from generation.storage import LocalAudioStorage, StorageError, save_verified
from generation.storage.base import Stat
from generation.storage.multipart_etag import ETag

MEBIBYTE = 1 << 20
KEY = "tracks/6f1c/9a2b/master.wav"


def tag_of(data: bytes, part_size: int | None) -> str:
    tag = ETag(part_size)
    tag.update(data)
    return tag.text()


def test_one_piece_is_tagged_with_its_md5():
    assert tag_of(b"RIFF", None) == hashlib.md5(b"RIFF").hexdigest()


@pytest.mark.parametrize("size", [5 * MEBIBYTE, 10 * MEBIBYTE, 11 * MEBIBYTE + 1])
def test_parts_are_tagged_as_a_real_server_tags_them(s3_server, size):
    data = bytes(range(251)) * (size // 251 + 1)
    client = boto3.client(
        "s3",
        endpoint_url=s3_server.endpoint,
        region_name="auto",
        aws_access_key_id=s3_server.access_key,
        aws_secret_access_key=s3_server.secret_key,
    )
    parts = TransferConfig(multipart_threshold=1, multipart_chunksize=5 * MEBIBYTE)
    client.upload_fileobj(io.BytesIO(data[:size]), s3_server.bucket, "parts.wav", Config=parts)
    etag = client.head_object(Bucket=s3_server.bucket, Key="parts.wav")["ETag"]
    assert etag == f'"{tag_of(data[:size], 5 * MEBIBYTE)}"'


@given(pieces=st.lists(st.binary(max_size=40)), part_size=st.integers(1, 50) | st.none())
def test_tag_does_not_depend_on_how_the_data_comes(pieces, part_size):
    tag = ETag(part_size)
    for piece in pieces:
        tag.update(piece)
    assert tag.text() == tag_of(b"".join(pieces), part_size)


class ChangingStorage(LocalAudioStorage):
    """A folder that tags what was sent to it in parts, and has kept something else."""

    tag = ""

    def part_size(self, size):
        return 100

    def stat(self, name):
        return Stat(super().stat(name).size, self.tag)

    def _save(self, name, content):
        data = content.read()
        self.tag = tag_of(data[:-1] + b"?", self.part_size(len(data)))
        return super()._save(name, io.BytesIO(data[:-1] + b"?"))


def test_tag_of_other_audio_is_not_believed(tmp_path):
    with pytest.raises(StorageError, match="not what was sent"):
        save_verified(ChangingStorage(location=tmp_path), KEY, io.BytesIO(b"0123456789" * 25))
