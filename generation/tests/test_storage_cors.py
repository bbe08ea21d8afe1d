"""CORS rules: looked at as a browser does, merged with those that are there, set on a real server."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from generation.doctor.cors import cors_rules, merged_rules
from generation.doctor.origins import site_origins
from generation.doctor.providers import provider_of
from generation.storage import S3AudioStorage
from generation.tests.doctor_calls import ORIGIN, report_on_bucket
from generation.tests.s3_proxy import Message, proxy_before, s3_error
from generation.tests.s3_server import S3Server

OTHERS: Any = {
    "AllowedOrigins": ["https://other.example.org"],
    "AllowedMethods": ["PUT"],
    "AllowedHeaders": ["*"],
    "MaxAgeSeconds": 60,
}
ARGUMENTS = ("--origin", ORIGIN)


@pytest.fixture
def bucket(s3_server: S3Server) -> Iterator[S3AudioStorage]:
    """A bucket with somebody else's CORS rule, which this server then heeds instead of letting everybody in."""
    storage = S3AudioStorage(s3_server.bucket, s3_server.endpoint, s3_server.access_key, s3_server.secret_key)
    storage.client.put_bucket_cors(Bucket=s3_server.bucket, CORSConfiguration={"CORSRules": [OTHERS]})
    yield storage
    storage.client.delete_bucket_cors(Bucket=s3_server.bucket)


def rules_of(storage: S3AudioStorage) -> list[Any]:
    return list(storage.client.get_bucket_cors(Bucket=storage.bucket_name)["CORSRules"])


def test_missing_rules_are_a_warning_that_says_what_for(s3_server, bucket):
    report = report_on_bucket(s3_server, *ARGUMENTS)
    assert (report.well, report.steps["cors"].state) == (True, "warning")
    assert report.steps["cors"].under.startswith("The mixer of a track's page needs this")
    assert report.steps["cors"].said.startswith(f"{ORIGIN}: pages may not read")
    assert "--fix-cors" in report.steps["cors"].under
    assert rules_of(bucket) == [OTHERS]


def test_fix_adds_a_rule_shows_it_and_keeps_the_others(s3_server, bucket):
    report = report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors")
    assert report.well
    assert report.steps["cors"].said.startswith(f"mended: {ORIGIN}")
    assert rules_of(bucket) == [OTHERS, *cors_rules([ORIGIN])]
    assert json.loads(report.steps["cors"].under) == [OTHERS, *cors_rules([ORIGIN])]
    assert report_on_bucket(s3_server, *ARGUMENTS).steps["cors"].state == "ok"


def test_fix_twice_changes_nothing(s3_server, bucket):
    report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors")
    with proxy_before(s3_server.endpoint) as proxy:
        report = report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors", endpoint_url=proxy.endpoint)
        assert not [request for request in proxy.seen if request.path.endswith("?cors")]
    assert report.well
    assert len(rules_of(bucket)) == 2


def test_second_origin_joins_the_rule_of_the_first(s3_server, bucket):
    report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors")
    both = (*ARGUMENTS, "--origin", "https://listen.example.org")
    assert report_on_bucket(s3_server, *both, "--fix-cors").well
    assert rules_of(bucket) == [OTHERS, *cors_rules([ORIGIN, "https://listen.example.org"])]


def test_rules_go_with_an_md5_and_without_the_checksums_that_some_services_refuse(s3_server, bucket):
    with proxy_before(s3_server.endpoint) as proxy:
        assert report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors", endpoint_url=proxy.endpoint).well
        (put,) = [r for r in proxy.seen if r.method == "PUT" and r.path.endswith("?cors")]
        again = S3AudioStorage(s3_server.bucket, proxy.endpoint, s3_server.access_key, s3_server.secret_key)
        again.client.put_bucket_cors(Bucket=s3_server.bucket, CORSConfiguration={"CORSRules": [OTHERS]})
        assert "content-md5" not in {name.lower() for name in proxy.seen[-1].headers}
    headers = {name.lower(): value for name, value in put.headers.items()}
    assert headers["content-md5"] == base64.b64encode(hashlib.md5(put.body).digest()).decode()
    assert not [name for name in headers if "checksum" in name or "trailer" in name]


def test_keys_that_may_not_set_rules_get_the_document_to_paste(s3_server, bucket):
    with proxy_before(s3_server.endpoint) as proxy:
        proxy.answer = lambda r: s3_error(403, "AccessDenied")(r) if r.path.endswith("?cors") else None
        report = report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors", endpoint_url=proxy.endpoint)
    assert report.failed() == ["cors"]
    assert "(AccessDenied)" in report.steps["cors"].said
    sentence, _, document = report.steps["cors"].under.partition("\n")
    assert sentence.startswith("Enter these rules for the bucket music")
    assert json.loads(document) == cors_rules([ORIGIN])
    assert rules_of(bucket) == [OTHERS]


def test_minio_is_recognised_by_its_name_and_gets_its_variable(s3_server, bucket):
    def as_minio(answer: Message) -> None:
        answer.headers["Server"] = "MinIO"

    with proxy_before(s3_server.endpoint) as proxy:
        proxy.change = as_minio
        proxy.answer = lambda r: s3_error(501, "NotImplemented")(r) if r.path.endswith("?cors") else None
        report = report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors", endpoint_url=proxy.endpoint)
    assert report.failed() == ["cors"]
    assert report.steps["cors"].under.endswith(f"MINIO_API_CORS_ALLOW_ORIGIN={ORIGIN}")


def test_rules_that_are_not_heeded_yet_are_waited_for(s3_server, bucket, monkeypatch):
    monkeypatch.setattr("generation.doctor.cors.PAUSES_AFTER_FIX", (0.0, 0.1, 0.1, 0.1))
    late: list[Message] = []

    def not_yet(answer: Message) -> None:
        if "Origin" in answer.headers or answer.headers.get("Access-Control-Allow-Origin") == ORIGIN:
            late.append(answer)
            if len(late) < 3:
                del answer.headers["Access-Control-Allow-Origin"]

    with proxy_before(s3_server.endpoint) as proxy:
        proxy.change = not_yet
        report = report_on_bucket(s3_server, *ARGUMENTS, "--fix-cors", endpoint_url=proxy.endpoint)
    assert report.well
    assert len(late) > 3


def test_preflight_must_let_parts_be_asked_for(s3_server, bucket):
    simple = cors_rules([ORIGIN])[0] | {"AllowedHeaders": ["Content-Type"]}
    bucket.client.put_bucket_cors(Bucket=s3_server.bucket, CORSConfiguration={"CORSRules": [simple]})
    report = report_on_bucket(s3_server, *ARGUMENTS)
    assert report.steps["cors"].state == "warning"
    assert "preflight" in report.steps["cors"].said


def test_moto_takes_the_rules_as_amazon_would(monkeypatch):
    from moto import mock_aws

    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        storage = S3AudioStorage("music", access_key="AKIDEXAMPLE", secret_key="secret")
        storage.client.create_bucket(Bucket="music")
        with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
            rules_of(storage)
        wanted = {"CORSRules": merged_rules([], [ORIGIN])}
        storage.client.put_bucket_cors(Bucket="music", CORSConfiguration=wanted)
        assert rules_of(storage) == cors_rules([ORIGIN])


# --- merging

origins = st.lists(
    st.sampled_from([f"https://{n}.example.org" for n in "abcd"]), min_size=1, max_size=4, unique=True
)
strangers = st.fixed_dictionaries(
    {
        "AllowedOrigins": st.lists(
            st.sampled_from(["*", "https://a.example.org", "https://x.example.org"]), min_size=1, unique=True
        ),
        "AllowedMethods": st.lists(
            st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]), min_size=1, unique=True
        ),
    },
    optional={
        "AllowedHeaders": st.lists(st.sampled_from(["*", "range", "Content-Type"]), unique=True),
        "ID": st.text("abc", min_size=1, max_size=3),
        "MaxAgeSeconds": st.integers(0, 9999),
    },
)


@given(existing=st.lists(strangers, max_size=4), first=origins, second=origins)
def test_merging_keeps_every_rule_and_is_idempotent(existing, first, second):
    once = merged_rules(existing, first)
    assert once[: len(existing)] == existing
    assert merged_rules(once, first) == once
    both = merged_rules(once, second)
    assert len(both) <= len(existing) + 1
    for origin in {*first, *second}:
        assert merged_rules(both, [origin]) == both


@pytest.mark.parametrize(
    ("changed", "lets_in"),
    [
        ({}, True),
        ({"AllowedOrigins": ["*"]}, True),
        ({"AllowedHeaders": ["*"]}, True),
        ({"AllowedHeaders": ["range"], "ExposeHeaders": []}, True),
        ({"AllowedMethods": ["GET", "HEAD", "PUT"]}, True),
        ({"AllowedHeaders": ["Content-Type"]}, False),
        ({"AllowedMethods": ["GET"]}, False),
        ({"AllowedOrigins": ["https://other.example.org"], "MaxAgeSeconds": 1}, False),
    ],
)
def test_a_rule_is_added_only_where_none_lets_the_site_in(changed, lets_in):
    existing = [cors_rules([ORIGIN])[0] | changed]
    merged = merged_rules(existing, [ORIGIN])
    assert merged == (existing if lets_in else [*existing, *cors_rules([ORIGIN])])


def test_merging_does_not_touch_what_it_was_given():
    existing = cors_rules([ORIGIN])
    merged_rules(existing, ["https://other.example.org"])
    assert existing == cors_rules([ORIGIN])


# --- providers and origins


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        (None, "Amazon S3"),
        ("https://s3.eu-central-1.amazonaws.com", "Amazon S3"),
        ("https://0123.eu.r2.cloudflarestorage.com", "Cloudflare R2"),
        ("https://storage.googleapis.com", "Google Cloud Storage"),
        ("https://nyc3.digitaloceanspaces.com", "DigitalOcean Spaces"),
        ("https://s3.us-west-004.backblazeb2.com", "Backblaze B2"),
        ("https://notamazonaws.com", "S3"),
    ],
)
def test_provider_is_known_by_its_host(endpoint, name):
    provider = provider_of(endpoint)
    assert provider.name == name
    assert "music" in provider.how_to_paste("music") or name == "Backblaze B2"
    assert ORIGIN in provider.document(cors_rules([ORIGIN]))


@pytest.mark.parametrize(
    ("hosts", "trusted", "public", "found"),
    [
        (["127.0.0.1", "localhost", "[::1]"], [], False, ["http://127.0.0.1:9000", "http://localhost:9000"]),
        (["music.example.org"], [], True, ["https://music.example.org"]),
        ([".example.org"], ["https://*.example.org"], True, ["https://example.org"]),
        (["*"], ["https://music.example.org"], True, ["https://music.example.org"]),
        (["music.example.org"], ["https://music.example.org"], True, ["https://music.example.org"]),
        (["*"], [], True, []),
    ],
)
def test_origins_are_read_from_the_settings(settings, hosts, trusted, public, found):
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = hosts, trusted
    settings.IS_PUBLIC, settings.DEBUG, settings.PORT = public, False, 9000
    assert site_origins() == found
    assert site_origins(["https://given.example.org/"]) == ["https://given.example.org"]


def test_a_site_in_debug_mode_is_not_sent_to_https(settings):
    settings.ALLOWED_HOSTS, settings.IS_PUBLIC, settings.DEBUG = ["music.example.org"], True, True
    assert site_origins() == ["http://music.example.org"]
