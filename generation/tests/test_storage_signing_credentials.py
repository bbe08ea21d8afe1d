"""Signing with the platform's own keys: found by botocore, renewed in time, never outlived."""

import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from generation.storage import S3AudioStorage, StorageError, client
from generation.storage.signing import Keys
from generation.tests.fetching import got
from generation.tests.s3_places import Place, vendor_url
from generation.tests.s3_server import S3Server

R2 = "https://0123abcd.r2.cloudflarestorage.com"
PLACE = Place(R2, "auto", "path", "music", f"{R2}/music")
KEY = "tracks/6f1c/9a2b/master.wav"
RENEWED_FROM = 900  # botocore asks for new keys when the old ones have this many seconds left
REQUIRED_FROM = 600  # and from here on does not go on with the old ones


def ends_in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@dataclass
class Platform:
    """What gives a machine its keys, as container platforms do: each time new ones, good for `seconds`."""

    seconds: float = 3600
    fails: bool = False
    given: list[str] = field(default_factory=list)

    def keys(self) -> dict[str, str]:
        self.given.append(f"ASIA{len(self.given)}")
        return {
            "AccessKeyId": self.given[-1],
            "SecretAccessKey": "changing",
            "Token": f"token/of+{self.given[-1]}==",
            "Expiration": ends_in(self.seconds).isoformat(),
        }


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch) -> None:
    """No keys in the environment or in files, no client of another test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(client, "_links", {})


@pytest.fixture
def platform(monkeypatch) -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if platform.fails:
                self.send_error(500)
                return
            answer = json.dumps(platform.keys()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/keys")
    yield platform
    server.shutdown()
    thread.join()
    server.server_close()


def signed_by(url: str) -> str:
    return parse_qs(urlsplit(url).query)["X-Amz-Credential"][0].partition("/")[0]


def ends_at(url: str) -> float:
    query = parse_qs(urlsplit(url).query)
    start = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return start.timestamp() + int(query["X-Amz-Expires"][0])


def storage_with_keys_left_for(seconds: float, platform: Platform) -> S3AudioStorage:
    """A storage that has used the platform's first keys until so many seconds before their end."""
    platform.seconds = 3600
    storage = S3AudioStorage("music", R2)
    assert signed_by(storage.url(KEY)) == "ASIA0"
    client.shared_credentials(storage._connection)._expiry_time = ends_in(seconds)
    return storage


def test_platforms_keys_sign_with_their_token_as_boto3_does(platform):
    platform.seconds = 30 * 3600
    storage = S3AudioStorage("music", R2)
    urls = {storage.url(KEY), storage.url(KEY)}
    query = parse_qs(urlsplit(min(urls)).query)
    start = int(ends_at(min(urls))) - 3600
    keys = Keys("ASIA0", "changing", "token/of+ASIA0==")
    assert vendor_url(PLACE, keys, KEY, {}, start, 3600) in urls
    assert query["X-Amz-Security-Token"] == ["token/of+ASIA0=="]
    assert platform.given == ["ASIA0"]


def test_url_does_not_outlive_the_keys(platform):
    platform.seconds = 1200
    storage = S3AudioStorage("music", R2)
    end = storage.expires_at()
    url = storage.url(KEY)
    assert ends_at(url) == end
    assert time.time() + 1100 < end <= time.time() + 1200
    assert ends_at(storage.url(KEY, expire=60)) <= time.time() + 60


def test_keys_are_renewed_before_they_end(platform):
    storage = storage_with_keys_left_for(RENEWED_FROM + 1.5, platform)
    assert [signed_by(storage.url(KEY)) for _ in range(3)] == ["ASIA0"] * 3
    time.sleep(1.6)
    assert [signed_by(storage.url(KEY)) for _ in range(3)] == ["ASIA1"] * 3
    assert platform.given == ["ASIA0", "ASIA1"]


def test_threads_renew_keys_once_and_mix_none(platform):
    storage = storage_with_keys_left_for(RENEWED_FROM - 60, platform)
    with ThreadPoolExecutor(8) as threads:
        urls = list(threads.map(lambda _: storage.url(KEY), range(200)))
    assert platform.given == ["ASIA0", "ASIA1"]
    for url in urls:
        assert f"token%2Fof%2B{signed_by(url)}%3D%3D" in url


def test_uploads_and_urls_share_the_keys(platform):
    storage = S3AudioStorage("music", R2)
    storage.url(KEY)
    assert storage.client._request_signer._credentials is client.shared_credentials(storage._connection)
    assert platform.given == ["ASIA0"]


def test_keys_that_come_expired_sign_nothing(platform):
    platform.seconds = -1
    for ask in (lambda storage: storage.url(KEY), S3AudioStorage.expires_at, S3AudioStorage.warm):
        with pytest.raises(StorageError, match="role") as caught:
            ask(S3AudioStorage("music", R2))
        assert (caught.value.code, caught.value.retryable) == ("no_credentials", True)


def test_platform_that_fails_for_a_while_is_not_noticed(platform):
    storage = storage_with_keys_left_for(REQUIRED_FROM + 60, platform)
    platform.fails = True
    assert signed_by(storage.url(KEY)) == "ASIA0"
    platform.fails = False
    assert signed_by(storage.url(KEY)) == "ASIA1"


def test_platform_that_fails_to_the_end_is_reported_and_recovers(platform):
    storage = storage_with_keys_left_for(REQUIRED_FROM - 60, platform)
    platform.fails = True
    with pytest.raises(StorageError, match="does not renew") as caught:
        storage.url(KEY)
    assert (caught.value.code, caught.value.retryable) == ("no_credentials", True)
    platform.fails = False
    assert signed_by(storage.url(KEY)) == "ASIA1"


def test_keys_that_end_within_the_second_sign_nothing(platform, monkeypatch):
    storage = S3AudioStorage("music", R2)
    storage.url(KEY)
    monkeypatch.setattr("generation.storage.signer.time.time", lambda: time.monotonic() + 2**33)
    with pytest.raises(StorageError, match="have expired") as caught:
        storage.url(KEY)
    assert caught.value.code == "expired_credentials"


def test_forked_process_asks_for_its_own_keys(platform):
    storage = S3AudioStorage("music", R2)
    storage.url(KEY)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, signed_by(storage.url(KEY)).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    with os.fdopen(reader) as pipe:
        assert pipe.read() == "ASIA1"
    assert signed_by(storage.url(KEY)) == "ASIA0"


def test_lasting_keys_of_the_environment_sign_for_a_real_server(monkeypatch, s3_server: S3Server):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    storage = S3AudioStorage(s3_server.bucket, s3_server.endpoint)
    storage.client.put_object(Bucket=s3_server.bucket, Key=KEY, Body=b"RIFF")
    assert got(storage.url(KEY))[::2] == (200, b"RIFF")
