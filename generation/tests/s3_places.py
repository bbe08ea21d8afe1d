"""Buckets at services, as boto3 addresses them, and boto3's own signed URLs at any instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from unittest import mock

import boto3
from botocore.config import Config

from generation.storage.signing import Keys


@dataclass(frozen=True)
class Place:
    """A bucket at a service, how it is addressed, and the URL that it then has."""

    endpoint: str | None
    region: str
    style: Literal["path", "virtual"]
    bucket: str
    url: str


# fmt: off
PLACES = [
    Place(None, "us-east-1", "virtual", "music", "https://music.s3.amazonaws.com"),
    Place(None, "eu-west-3", "virtual", "music", "https://music.s3.eu-west-3.amazonaws.com"),
    Place(None, "eu-west-3", "path", "music", "https://s3.eu-west-3.amazonaws.com/music"),
    Place(None, "eu-west-3", "virtual", "my.music", "https://s3.eu-west-3.amazonaws.com/my.music"),
    Place(None, "cn-north-1", "virtual", "music", "https://music.s3.cn-north-1.amazonaws.com.cn"),
    Place("https://s3.eu-central-1.amazonaws.com", "eu-central-1", "path", "music",
          "https://s3.eu-central-1.amazonaws.com/music"),
    Place("https://0123abcd.r2.cloudflarestorage.com", "auto", "path", "music",
          "https://0123abcd.r2.cloudflarestorage.com/music"),
    Place("https://0123abcd.r2.cloudflarestorage.com", "auto", "virtual", "music",
          "https://music.0123abcd.r2.cloudflarestorage.com"),
    Place("https://storage.googleapis.com", "auto", "path", "my.music", "https://storage.googleapis.com/my.music"),
    Place("https://storage.googleapis.com", "auto", "virtual", "music", "https://music.storage.googleapis.com"),
    Place("https://s3.us-west-004.backblazeb2.com", "us-west-004", "path", "music",
          "https://s3.us-west-004.backblazeb2.com/music"),
    Place("https://nyc3.digitaloceanspaces.com", "nyc3", "path", "music",
          "https://nyc3.digitaloceanspaces.com/music"),
    Place("https://nyc3.digitaloceanspaces.com", "nyc3", "virtual", "music",
          "https://music.nyc3.digitaloceanspaces.com"),
    Place("http://127.0.0.1:9000", "auto", "path", "music", "http://127.0.0.1:9000/music"),
    Place("http://[::1]:9000/", "auto", "path", "music", "http://[::1]:9000/music"),
    Place("https://minio.example.org:9000", "eu", "virtual", "music", "https://music.minio.example.org:9000"),
    Place("https://minio.example.org:443", "eu", "path", "Music_1", "https://minio.example.org:443/Music_1"),
    Place("http://minio.example.org:80/s3/", "eu", "path", "music", "http://minio.example.org:80/s3/music"),
    Place("https://example.org/s3/v1", "eu", "virtual", "music", "https://music.example.org/s3/v1"),
    Place("https://Example.org/s3/v1", "eu", "path", "music", "https://Example.org/s3/v1/music"),
]
# fmt: on


@contextmanager
def vendor_clock(instant: int) -> Iterator[None]:
    """Let it be `instant` (Unix time) for botocore."""
    now = datetime.fromtimestamp(instant, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        yield


def vendor_url(
    place: Place, keys: Keys, name: str, parameters: dict[str, str], start: int, expire: int
) -> str:
    """Return what boto3 signs at an instant."""
    client, credentials = _vendor_client(place)
    credentials.access_key, credentials.secret_key = keys.access_key, keys.secret_key
    credentials.token = keys.token
    params = {"Bucket": place.bucket, "Key": name, **parameters}
    with vendor_clock(start):
        return client.generate_presigned_url("get_object", Params=params, ExpiresIn=expire)


@lru_cache(maxsize=len(PLACES))
def _vendor_client(place: Place) -> tuple[Any, Any]:
    """Return boto3's client for a place, and the credentials that it signs with, which may be changed."""
    session = boto3.Session(aws_access_key_id="set", aws_secret_access_key="later")
    config = Config(signature_version="s3v4", s3={"addressing_style": place.style})
    client = session.client("s3", endpoint_url=place.endpoint, region_name=place.region, config=config)
    return client, session.get_credentials()
