"""The bucket storage against a real S3 server."""

import hashlib
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import SuspiciousFileOperation

from generation.storage import S3AudioStorage, StorageError, content_disposition, save_verified
from generation.storage.s3 import MULTIPART_THRESHOLD, PART_SIZE
from generation.tests.fetching import got
from generation.tests.s3_server import S3Server, running_s3

KEY = "tracks/6f1c/9a2b/master.wav"
SOUND = bytes(range(256)) * 64


def storage_at(server: S3Server, **options) -> S3AudioStorage:
    keys = {"access_key": server.access_key, "secret_key": server.secret_key}
    return S3AudioStorage(**{"bucket_name": server.bucket, "endpoint_url": server.endpoint} | keys | options)


@pytest.fixture
def storage(s3_server: S3Server) -> S3AudioStorage:
    return storage_at(s3_server)


@pytest.fixture
def stored(storage: S3AudioStorage) -> S3AudioStorage:
    storage.save(KEY, io.BytesIO(SOUND))
    return storage


def test_what_was_saved_is_read_back(stored):
    with stored.open(KEY) as file:
        assert file.read() == SOUND
    assert stored.size(KEY) == len(SOUND)
    assert stored.exists(KEY)


def test_saving_again_overwrites(stored):
    assert stored.save(KEY, io.BytesIO(b"other")) == KEY
    with stored.open(KEY) as file:
        assert file.read() == b"other"


def test_deleted_audio_is_gone_and_may_be_deleted_again(stored):
    stored.delete(KEY)
    stored.delete(KEY)
    assert not stored.exists(KEY)
    for ask in (stored.open, stored.size, stored.stat):
        with pytest.raises(FileNotFoundError, match=r"master\.wav"):
            ask(KEY)


def test_signed_url_plays_for_anyone(stored):
    status, headers, body = got(stored.url(KEY))
    assert (status, body) == (200, SOUND)
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert got(stored.url(KEY).partition("?")[0])[0] == 403


def test_signed_url_seeks(stored):
    status, headers, body = got(stored.url(KEY), Range="bytes=256-511")
    assert (status, body) == (206, bytes(range(256)))
    assert headers["Content-Range"] == f"bytes 256-511/{len(SOUND)}"


@pytest.mark.parametrize(
    ("name", "content_type"), [("a.mp3", "audio/mpeg"), ("a.flac", "audio/flac"), ("a.opus", "audio/ogg")]
)
def test_content_type_follows_the_extension(storage, name, content_type):
    storage.save(name, io.BytesIO(SOUND))
    assert got(storage.url(name))[1]["Content-Type"] == content_type


def test_signed_url_names_the_download(stored):
    disposition = content_disposition("夜の雨", "wav")
    parameters = {"ResponseContentDisposition": disposition, "ResponseContentType": "audio/x-test"}
    headers = got(stored.url(KEY, parameters=parameters))[1]
    assert headers["Content-Disposition"] == disposition
    assert headers["Content-Type"] == "audio/x-test"


def test_altered_url_is_refused(stored):
    url = stored.url(KEY)
    assert got(url[:-1] + ("0" if url[-1] != "0" else "1"))[0] == 403
    assert got(url.replace("master", "listen"))[0] == 403
    assert got(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"))[0] == 403


def test_expired_url_is_refused(stored):
    url = stored.url(KEY, expire=1)
    assert got(url)[0] == 200
    time.sleep(2.1)
    assert got(url)[0] == 403


def test_url_lives_as_long_as_configured(s3_server):
    query = parse_qs(urlsplit(storage_at(s3_server, querystring_expire=90).url(KEY)).query)
    assert query["X-Amz-Expires"] == ["90"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


@pytest.mark.parametrize("expire", [0, 604_801])
def test_url_is_not_signed_for_longer_than_services_take(storage, expire):
    with pytest.raises(ValueError, match="604800"):
        storage.url(KEY, expire=expire)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a\\b", "a\0b", "", "tracks//a"])
def test_names_that_are_no_keys_are_refused(storage, name):
    for ask in (storage.open, storage.delete, storage.exists, storage.size, storage.url):
        with pytest.raises(SuspiciousFileOperation):
            ask(name)
    with pytest.raises(SuspiciousFileOperation):
        storage.save(name or "a b", io.BytesIO(SOUND))


def test_stored_audio_is_not_opened_for_writing(storage):
    with pytest.raises(ValueError, match="rb"):
        storage.open(KEY, "wb")


def test_verified_save_believes_the_md5_of_the_service(storage):
    stored = save_verified(storage, KEY, io.BytesIO(SOUND))
    assert (stored.name, stored.size) == (KEY, len(SOUND))
    assert stored.checksum == hashlib.sha256(SOUND).hexdigest()
    assert storage.stat(KEY).md5 == hashlib.md5(SOUND).hexdigest()


def test_long_audio_goes_up_in_parts_whose_tag_is_believed(storage, tmp_path, monkeypatch):
    monkeypatch.delattr(S3AudioStorage, "_open")  # nothing is read back
    long = tmp_path / "long.wav"
    with long.open("wb") as file:
        for number in range(MULTIPART_THRESHOLD // len(SOUND) + 1):
            file.write(number.to_bytes(4, "big") + SOUND[4:])
    with long.open("rb") as file:
        stored = save_verified(storage, KEY, file)
    assert stored.size == long.stat().st_size == storage.size(KEY)
    assert str(storage.stat(KEY).md5).endswith(f"-{stored.size // PART_SIZE + 1}")
    assert got(storage.url(KEY), Range="bytes=-4")[2] == SOUND[-4:]


def test_threads_share_the_storage(storage):
    def round_trip(number: int) -> bool:
        name = f"tracks/{number}/master.wav"
        save_verified(storage, name, io.BytesIO(SOUND * (number + 1)))
        return got(storage.url(name))[2] == SOUND * (number + 1)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trip, range(16)))


def test_failing_source_is_not_taken_for_a_failing_bucket(storage):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the sound card is on fire")

    with pytest.raises(OSError, match="on fire"):
        storage.save("tracks/broken.wav", Broken(SOUND))
    assert not storage.exists("tracks/broken.wav")


@pytest.mark.parametrize(
    ("options", "code", "advice"),
    [
        ({"secret_key": "wrong"}, "wrong_secret_key", "STORAGE_SECRET_ACCESS_KEY"),
        ({"access_key": "nobody"}, "wrong_access_key", "STORAGE_ACCESS_KEY_ID"),
        ({"bucket_name": "elsewhere"}, "no_such_bucket", "STORAGE_BUCKET_NAME"),
    ],
)
def test_wrong_configuration_is_reported_with_what_to_do(s3_server, options, code, advice):
    storage = storage_at(s3_server, **options)
    for ask in (storage.open, storage.delete, lambda name: storage.save(name, io.BytesIO(SOUND))):
        with pytest.raises(StorageError, match=advice) as caught:
            ask(KEY)
        assert (caught.value.code, caught.value.retryable) == (code, False)


class WebsiteHandler(BaseHTTPRequestHandler):
    """A website that knows nothing of S3: whatever is asked for is not found."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(404)

    def do_DELETE(self) -> None:
        self.send_error(404)

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def website():
    server = ThreadingHTTPServer(("127.0.0.1", 0), WebsiteHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_endpoint_that_is_a_website_is_reported(s3_server, website):
    storage = storage_at(s3_server, endpoint_url=website)
    for ask in (storage.delete, lambda name: storage.save(name, io.BytesIO(SOUND))):
        with pytest.raises(StorageError, match="STORAGE_ENDPOINT_URL") as caught:
            ask(KEY)
        assert caught.value.code == "no_such_bucket"


def test_keys_are_not_shown(s3_server):
    storage = storage_at(s3_server, secret_key="very-secret-key")
    with pytest.raises(StorageError) as caught:
        storage.save(KEY, io.BytesIO(SOUND))
    assert "very-secret-key" not in str(caught.value)
    assert s3_server.access_key not in str(caught.value)


def test_stopped_server_is_reported_soon_and_worth_a_retry(tmp_path: Path):
    with running_s3(tmp_path) as server:
        storage = storage_at(server)
        storage.save(KEY, io.BytesIO(SOUND))
    began = time.monotonic()
    for ask in (
        storage.open,
        storage.size,
        storage.delete,
        lambda name: storage.save(name, io.BytesIO(SOUND)),
    ):
        with pytest.raises(StorageError, match="cannot be reached") as caught:
            ask(KEY)
        assert (caught.value.code, caught.value.retryable) == ("unreachable", True)
    assert time.monotonic() - began < 60
    assert storage.url(KEY).startswith(server.endpoint)
