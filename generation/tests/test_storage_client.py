"""One client for a process, and how it is configured."""

import io
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from generation.storage import S3AudioStorage, StorageError, client
from generation.storage.client import Connection, client_config, shared_resource
from generation.storage.endpoints import region_from_endpoint
from musicgen.tests.simultaneous import at_once

R2 = "https://0123abcd.r2.cloudflarestorage.com"


def new_storage(number: int = 0, **options) -> S3AudioStorage:
    keys = {"access_key": f"key{number}", "secret_key": "secret"}
    return S3AudioStorage(**{"bucket_name": "music", "endpoint_url": R2} | keys | options)


def test_threads_make_one_client(monkeypatch):
    made = []

    def new_link(connection: Connection) -> object:
        made.append(connection)
        return make(connection)

    make = client._new_link
    monkeypatch.setattr(client, "_new_link", new_link)
    storage = new_storage(1)
    assert len(set(at_once([lambda: storage.client] * 8))) == 1
    assert len(made) == 1


def test_storages_of_one_service_share_a_client():
    assert new_storage(2).client is new_storage(2, bucket_name="other").client
    assert new_storage(2).client is not new_storage(3).client


def test_forked_process_makes_its_own_client():
    connection = Connection(R2, None, "key4", "secret")
    parents = shared_resource(connection)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answer = b"shared" if shared_resource(connection) is parents else b"own"
        os.write(writer, answer)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b"own"
    assert shared_resource(connection) is parents


def test_warmed_storage_has_its_client():
    storage = new_storage(5)
    storage.warm()
    assert storage.client is shared_resource(Connection(R2, None, "key5", "secret")).meta.client


def test_client_speaks_to_any_service_and_gives_up_in_time():
    config: Any = client_config(R2)
    assert config.signature_version == "s3v4"
    assert config.request_checksum_calculation == "when_required"
    assert config.response_checksum_validation == "when_required"
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert 2 * max(config.connect_timeout, config.read_timeout) + 1 < 10


def test_site_on_local_files_does_not_load_boto3():
    code = "import sys, generation.storage; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=True)


def test_configured_region_wins():
    storage = new_storage(6, endpoint_url="https://s3.eu-west-3.amazonaws.com", region_name="eu-west-1")
    assert storage.client.meta.region_name == "eu-west-1"


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-3"}, "eu-west-3"),
    ],
)
def test_region_of_aws_itself_comes_from_the_platform(monkeypatch, variables, region):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert new_storage(7, endpoint_url=None, access_key=region).client.meta.region_name == region


def test_url_of_aws_itself_holds_the_bucket_in_its_host_where_tls_allows():
    plain = new_storage(8, endpoint_url=None, region_name="eu-west-1").url("a.wav")
    assert plain.startswith("https://music.s3.eu-west-1.amazonaws.com/a.wav?")
    dotted = new_storage(8, endpoint_url=None, region_name="eu-west-1", bucket_name="music.example").url(
        "a.wav"
    )
    assert dotted.startswith("https://s3.eu-west-1.amazonaws.com/music.example/a.wav?")


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("https://s3.dualstack.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        ("https://s3-us-west-2.amazonaws.com", "us-west-2"),
        ("https://s3.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("https://s3.amazonaws.com", "us-east-1"),
        ("https://s3.us-west-004.backblazeb2.com", "us-west-004"),
        ("https://fra1.digitaloceanspaces.com", "fra1"),
        ("https://music.nyc3.digitaloceanspaces.com", "nyc3"),
        ("https://s3.eu-central-2.wasabisys.com", "eu-central-2"),
        ("https://s3.fr-par.scw.cloud", "fr-par"),
        (R2, "auto"),
        ("https://0123abcd.eu.r2.cloudflarestorage.com", "auto"),
        ("https://storage.googleapis.com", "auto"),
        ("http://127.0.0.1:9000", "auto"),
        ("https://s3.music.example.org", "auto"),
        ("https://s3.eu-west-1.amazonaws.com.example.org", "auto"),
    ],
)
def test_region_is_read_from_the_endpoint(endpoint, region):
    assert region_from_endpoint(endpoint) == region


def test_region_that_is_none_is_reported_when_warming():
    with pytest.raises(StorageError, match="region_name 'eu west'"):
        new_storage(10, region_name="eu west").warm()


def test_missing_credentials_are_reported(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    storage = new_storage(9, access_key=None, secret_key=None)
    for ask in (storage.url, lambda name: storage.save(name, io.BytesIO(b"x"))):
        with pytest.raises(StorageError, match="STORAGE_ACCESS_KEY_ID") as caught:
            ask("a.wav")
        assert caught.value.code == "no_credentials"
