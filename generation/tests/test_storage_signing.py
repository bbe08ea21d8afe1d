"""Signing by our own arithmetic: the same bytes as boto3's, and taken by a real server."""

import string
import time
from urllib.parse import quote

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.storage.address import bucket_address
from generation.storage.client import Connection
from generation.storage.parameters import QUERY_NAMES
from generation.storage.signing import Address, Keys, presigned_url
from generation.tests.fetching import got
from generation.tests.s3_places import PLACES, vendor_url
from generation.tests.s3_server import S3Server

BASE64 = string.ascii_letters + string.digits + "+/="
WORDS = st.text(min_size=1, max_size=60) | st.text(
    alphabet=" +~%/?#&=;:@!$'()*,[]\"\\<>^`{}|.-_aZ9é夜\n\t", min_size=1, max_size=60
)


@settings(max_examples=100, deadline=None)
@given(
    place=st.sampled_from(PLACES),
    name=WORDS,
    parameters=st.dictionaries(st.sampled_from(list(QUERY_NAMES)), WORDS | st.just("")),
    access_key=st.text(alphabet=BASE64 + ":@-_ ", min_size=1),
    secret_key=WORDS,
    token=st.none() | st.text(alphabet=BASE64, min_size=1, max_size=400),
    start=st.integers(1_000_000_000, 4_000_000_000),
    expire=st.integers(1, 604_800),
)
def test_url_is_boto3s_byte_for_byte(place, name, parameters, access_key, secret_key, token, start, expire):
    keys = Keys(access_key, secret_key, token)
    query = {QUERY_NAMES[key]: value for key, value in parameters.items()}
    ours = presigned_url(Address(place.url, place.region), keys, name, query, start, expire)
    assert ours == vendor_url(place, keys, name, parameters, start, expire)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.url)
def test_address_of_a_bucket_is_the_one_that_boto3_uses(monkeypatch, place):
    for module in ("client", "address"):
        monkeypatch.setattr(f"generation.storage.{module}.addressing_style", lambda _: place.style)
    connection = Connection(place.endpoint, place.region, f"key for {place.style}", "secret")
    assert bucket_address(connection, place.bucket) == Address(place.url, place.region)


@pytest.mark.parametrize(("kind", "host"), [("s3", "s3-accesspoint"), ("s3-object-lambda",) * 2])
def test_access_point_has_its_own_host_region_and_service(kind, host):
    bucket = f"arn:aws:{kind}:us-west-2:123456789012:accesspoint/music"
    url = f"https://music-123456789012.{host}.us-west-2.amazonaws.com"
    assert bucket_address(Connection(None, "us-west-2", "key", "secret"), bucket) == Address(
        url, "us-west-2", kind
    )


def test_named_endpoint_needs_no_client(monkeypatch):
    monkeypatch.delattr("generation.storage.address.shared_resource")
    connection = Connection("https://nyc3.digitaloceanspaces.com", None, "key", "secret")
    assert bucket_address(connection, "music").region == "nyc3"


def test_keys_do_not_show_their_secrets():
    shown = repr(Keys("AKID", "hidden", "hidden too"))
    assert "AKID" in shown
    assert "hidden" not in shown


@pytest.mark.parametrize(
    "name", ["plain.wav", "with space.wav", "夜の雨/מנגינה.wav", "a+b~c%20d.wav", "x!$&'()*,;=@[]{}.wav"]
)
def test_real_server_takes_and_checks_the_signature(s3_server: S3Server, name):
    boto3.client(
        "s3",
        endpoint_url=s3_server.endpoint,
        region_name="auto",
        aws_access_key_id=s3_server.access_key,
        aws_secret_access_key=s3_server.secret_key,
    ).put_object(Bucket=s3_server.bucket, Key=name, Body=b"0123456789")
    url = url_for_a_minute(s3_server, name)

    status, headers, body = got(url)
    assert (status, body) == (200, b"0123456789")
    assert (headers["Content-Type"], headers["Content-Disposition"]) == ("audio/x-test", 'inline; a="b+c"')
    assert got(url, Range="bytes=2-4")[::2] == (206, b"234")
    assert got(url_for_a_minute(s3_server, name, age=30))[0] == 200

    assert got(url_for_a_minute(s3_server, name, age=62))[0] == 403
    assert got(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))[0] == 403
    assert got(url.replace("x-test", "x-other"))[0] == 403
    assert got(url.replace(quote(name, safe="/~"), "other.wav"))[0] == 403
    assert got(url.partition("?")[0])[0] == 403


def url_for_a_minute(server: S3Server, name: str, age: int = 0) -> str:
    """Sign a URL as it would have been signed `age` seconds ago."""
    address = Address(f"{server.endpoint}/{server.bucket}", "auto")
    query = {
        "response-content-disposition": 'inline; a="b+c"',
        "response-content-type": "audio/x-test",
    }
    keys = Keys(server.access_key, server.secret_key)
    return presigned_url(address, keys, name, query, int(time.time()) - age, 60)
