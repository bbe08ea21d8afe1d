"""Mistakes in an endpoint that the doctor sees before it asks anybody."""

import pytest

from generation.doctor.endpoint import check_endpoint
from generation.doctor.place import Place
from generation.doctor.steps import State

PUBLIC = ["https://music.example.org"]
LOCAL = ["http://127.0.0.1:8000"]


def place(endpoint: str | None, bucket: str = "music", region: str = "auto") -> Place:
    return Place(bucket, endpoint, region)


@pytest.mark.parametrize(
    ("endpoint", "right"),
    [
        ("https://music.nyc3.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com"),
        ("https://music.s3.eu-central-1.amazonaws.com", "https://s3.eu-central-1.amazonaws.com"),
        ("https://music.s3.us-west-004.backblazeb2.com", "https://s3.us-west-004.backblazeb2.com"),
        ("https://music.0123abcd.r2.cloudflarestorage.com", "https://0123abcd.r2.cloudflarestorage.com"),
        ("https://music.storage.googleapis.com", "https://storage.googleapis.com"),
        ("https://nyc3.cdn.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com"),
        ("https://music.nyc3.cdn.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com"),
        ("https://pub-0123.r2.dev", "https://ACCOUNT.r2.cloudflarestorage.com"),
        ("https://f004.backblazeb2.com", "https://s3.REGION.backblazeb2.com"),
        ("https://storage.cloud.google.com", "https://storage.googleapis.com"),
    ],
)
def test_other_address_of_a_service_is_corrected(endpoint, right):
    outcome = check_endpoint(place(endpoint), PUBLIC)
    assert (outcome.state, outcome.hint) == (State.FAILED, f"Set STORAGE_ENDPOINT_URL={right}.")


@pytest.mark.parametrize(
    ("endpoint", "bucket"),
    [
        (None, "music"),
        ("https://nyc3.digitaloceanspaces.com", "nyc3"),
        ("https://s3.eu-central-1.amazonaws.com", "s3.eu-central-1"),
        ("https://0123abcd.r2.cloudflarestorage.com", "0123abcd"),
        ("https://minio.example.org", "minio"),
        ("https://storage.googleapis.com", "storage"),
    ],
)
def test_right_address_is_well_whatever_the_bucket_is_called(endpoint, bucket):
    assert check_endpoint(place(endpoint, bucket), PUBLIC).state is State.OK


@pytest.mark.parametrize(
    ("endpoint", "origins", "state"),
    [
        ("http://s3.example.org", PUBLIC, State.FAILED),
        ("http://s3.example.org", ["http://music.example.org"], State.OK),
        ("http://minio:9000", LOCAL, State.OK),
        ("https://minio:9000", PUBLIC, State.WARNING),
        ("https://10.0.0.7:9000", PUBLIC, State.WARNING),
        ("https://s3.service.internal", PUBLIC, State.WARNING),
        ("http://127.0.0.1:9000", PUBLIC, State.WARNING),
        ("http://127.0.0.1:9000", LOCAL, State.OK),
        ("https://10.0.0.7:9000", [], State.OK),
    ],
)
def test_address_must_be_one_for_listeners(endpoint, origins, state):
    assert check_endpoint(place(endpoint), origins).state is state
