"""The bucket storage in every kind of trouble: it says what it is, soon, and leaves nothing half done."""

import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from boto3.s3.transfer import TransferConfig

from generation.storage import S3AudioStorage, StorageError, save_verified
from generation.storage.client import READ_SECONDS
from generation.tests.s3_server import S3Server
from generation.tests.toxic_proxy import Answer, Cut, Delay, Stall, Throttle, ToxicProxy

KEY = "tracks/6f1c/9a2b/master.wav"
MEGABYTE = 1_000_000
SOUND = os.urandom(MEGABYTE)


@pytest.fixture
def storage(s3_server: S3Server, proxy: ToxicProxy) -> S3AudioStorage:
    storage = S3AudioStorage(s3_server.bucket, proxy.endpoint, s3_server.access_key, s3_server.secret_key)
    storage.delete(KEY)
    return storage


def calls(storage: S3AudioStorage) -> list[Callable[[], object]]:
    """Every way in which the bucket is used."""
    return [
        lambda: storage.stat(KEY),
        lambda: storage.open(KEY),
        lambda: storage.delete(KEY),
        lambda: storage.save(KEY, io.BytesIO(SOUND)),
    ]


def refusal(call: Callable[[], object]) -> StorageError:
    with pytest.raises(StorageError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("trouble", "code", "retryable"),
    [
        (Answer(403, "AccessDenied"), "access_denied", False),
        (Answer(403), "access_denied", False),
        (Answer(403, "RequestTimeTooSkewed"), "wrong_clock", False),
        (Answer(403, "QuotaExceeded"), "bucket_full", False),
        (Answer(507, "XMinioStorageFull"), "bucket_full", False),
        (Answer(503, "SlowDown"), "busy", True),
        (Answer(500, "InternalError"), "busy", True),
        (Answer(502), "busy", True),
        (Cut(after=1), "unreachable", True),
    ],
    ids=str,
)
def test_trouble_is_reported_at_once(storage, proxy, trouble, code, retryable):
    proxy.trouble = trouble
    began = time.monotonic()
    errors = [refusal(call) for call in calls(storage)]
    assert time.monotonic() - began < 30
    denied_head, *others = errors
    assert {error.code for error in others} == {code}
    assert denied_head.code in (code, "access_denied"), "what a HEAD is refused with has no body to say more"
    assert {error.retryable for error in errors} == {retryable}


def test_service_that_is_down_and_back(storage, proxy):
    proxy.refuse()
    began = time.monotonic()
    assert {refusal(call).code for call in calls(storage)} == {"unreachable"}
    assert time.monotonic() - began < 30
    proxy.accept()
    assert save_verified(storage, KEY, io.BytesIO(SOUND)).size == MEGABYTE


def test_service_that_takes_connections_and_says_nothing_is_left_soon(storage, proxy):
    storage.save(KEY, io.BytesIO(SOUND))  # the connections that are kept will be dead too
    proxy.trouble = Stall()
    began = time.monotonic()
    asking = calls(storage)[:3]
    with ThreadPoolExecutor(len(asking)) as threads:
        errors = list(threads.map(refusal, asking))
    assert time.monotonic() - began < 30
    assert {(error.code, error.retryable) for error in errors} == {("unreachable", True)}


def test_cut_during_tls_is_not_taken_for_a_bad_certificate(s3_server, proxy):
    over_tls = S3AudioStorage("music", proxy.endpoint.replace("http:", "https:"), "key", "secret")
    proxy.trouble = Cut(after=1)
    assert (refusal(lambda: over_tls.stat(KEY)).code) == "unreachable"
    proxy.trouble = None
    assert (refusal(lambda: over_tls.stat(KEY)).code) == "no_tls"


def test_slow_upload_succeeds(storage, proxy):
    proxy.trouble = Throttle(2 * MEGABYTE)
    began = time.monotonic()
    save_verified(storage, KEY, io.BytesIO(8 * SOUND))
    assert time.monotonic() - began > 3


def test_service_that_thinks_long_over_an_upload_is_waited_for(storage, proxy):
    proxy.trouble = Delay(READ_SECONDS + 1)
    storage.save(KEY, io.BytesIO(SOUND))
    assert proxy.requests.count("PUT") == 1


def test_upload_that_is_cut_leaves_nothing(storage, proxy):
    proxy.trouble = Cut(after=MEGABYTE // 2)
    assert refusal(lambda: save_verified(storage, KEY, io.BytesIO(SOUND))).code == "unreachable"
    proxy.trouble = None
    assert not storage.exists(KEY)


@pytest.fixture
def in_parts(storage) -> S3AudioStorage:
    """The storage, to which a few megabytes are long audio already."""
    storage.transfer_config = TransferConfig(
        multipart_threshold=6 * MEGABYTE, multipart_chunksize=5 * (1 << 20), max_concurrency=2
    )
    return storage


@pytest.mark.parametrize(
    "trouble", [Cut(after=3 * MEGABYTE, times=4), Answer(507, "XMinioStorageFull", only="PUT")], ids=str
)
def test_upload_in_parts_that_fails_is_cleared_away(in_parts, proxy, trouble):
    proxy.trouble = trouble
    refusal(lambda: save_verified(in_parts, KEY, io.BytesIO(12 * SOUND)))
    proxy.trouble = None
    assert "POST" in proxy.requests
    assert not in_parts.exists(KEY)
    assert "Uploads" not in in_parts.client.list_multipart_uploads(Bucket=in_parts.bucket_name, Prefix=KEY)


def test_part_that_is_cut_once_is_sent_again(in_parts, proxy):
    proxy.trouble = Cut(after=3 * MEGABYTE, times=1)
    assert save_verified(in_parts, KEY, io.BytesIO(12 * SOUND)).size == 12 * MEGABYTE


def test_signing_needs_no_service(storage, proxy):
    storage.warm()
    proxy.refuse()
    before = proxy.connections
    assert storage.url(KEY).startswith(proxy.endpoint)
    assert proxy.connections == before
