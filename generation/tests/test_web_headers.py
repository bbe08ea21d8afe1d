"""What pages say to the browser beside their text: where they may load from, what they may use, how they travel."""

import gzip

import pytest
from django.core.cache import caches

from generation.tests.api_calls import API, client_of, stored_track

PAGES = ("/", "/library/", "/accounts/login/", "/admin/login/", f"{API}/docs", "/nothing")


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def policy_of(response) -> dict[str, str]:
    """The directives of the policy by name."""
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_shows_only_files_of_the_site(client, path):
    response = client.get(path)
    policy = policy_of(response)
    assert policy["default-src"] == "'self'"
    assert not {"script-src", "style-src", "script-src-elem"} & policy.keys()  # so they are as default-src
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "microphone=()" in response["Permissions-Policy"]
    text = response.content.decode()
    for inline in (" style=", " onclick=", "<style", "<script>", "javascript:"):
        assert inline not in text


def test_audio_may_come_from_the_bucket_that_it_lies_in(client, settings):
    bucket = {
        "BACKEND": "generation.storage.S3AudioStorage",
        "OPTIONS": {
            "bucket_name": "music",
            "endpoint_url": "https://storage.example.org:9000/some",
            "access_key": "key",
            "secret_key": "secret",
        },
    }
    settings.STORAGES = settings.STORAGES | {"s3": bucket}
    caches["process"].clear()
    policy = policy_of(client.get("/"))
    assert policy["media-src"] == "'self' blob: https://storage.example.org:9000"
    assert policy["connect-src"] == "'self' https://storage.example.org:9000"


def test_pages_go_on_where_a_buckets_address_cannot_be_told(client, settings, caplog, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    settings.STORAGES = settings.STORAGES | {
        "s3": {"BACKEND": "generation.storage.S3AudioStorage", "OPTIONS": {"bucket_name": "music"}}
    }
    caches["process"].clear()
    response = client.get("/")
    assert response.status_code == 200
    assert policy_of(response)["media-src"] == "'self' blob:"
    assert "its address is not known" in caplog.text


def test_a_page_is_compressed_and_an_answer_of_the_api_keeps_its_strong_etag(client, alice, order):
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"Generate" in gzip.decompress(page.content)
    track = stored_track(order())
    answer = client_of(alice).get(f"{API}/tracks/{track.pk}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer
    assert answer["ETag"].startswith('"')
    assert "Content-Security-Policy" not in answer
