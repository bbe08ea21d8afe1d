"""Storing while somebody waits: again and again while it may help, and not a moment longer than it is wanted."""

import io
import os
import threading
import time

import pytest
from boto3.s3.transfer import TransferConfig

from generation.storage import (
    Abandoned,
    Cancellation,
    LocalAudioStorage,
    S3AudioStorage,
    StorageError,
    save_cancellable,
)
from generation.tests.s3_server import S3Server
from generation.tests.toxic_proxy import Answer, Delay, Stall, Throttle, ToxicProxy, later
from generation.tests.working import wait_until

KEY = "tracks/6f1c/9a2b/attended.wav"
SOUND = os.urandom(1_000_000)


class FailingStorage(LocalAudioStorage):
    """A folder that fails as often as it should."""

    failures = 0
    retryable = True
    code = "busy"
    saves = 0

    def _save(self, name, content):
        self.saves += 1
        content.read(10)  # so that the next attempt has to begin at the beginning
        if self.saves <= self.failures:
            raise StorageError(self.code, "The folder is busy.", self.retryable)
        return super()._save(name, content)


@pytest.fixture
def failing(tmp_path) -> FailingStorage:
    return FailingStorage(location=tmp_path)


@pytest.fixture
def bucket(s3_server: S3Server, proxy: ToxicProxy) -> S3AudioStorage:
    storage = S3AudioStorage(s3_server.bucket, proxy.endpoint, s3_server.access_key, s3_server.secret_key)
    storage.delete(KEY)
    return storage


NOBODY = Cancellation()


def save(storage, cancellation=NOBODY, patience=60.0, sound=SOUND):
    return save_cancellable(storage, KEY, io.BytesIO(sound), cancellation, patience)


def test_what_fails_a_few_times_is_stored_whole(failing):
    failing.failures = 2
    assert save(failing).size == len(SOUND)
    assert failing.saves == 3
    with failing.open(KEY) as file:
        assert file.read() == SOUND


def test_attempts_have_pauses_between_them_and_an_end(failing):
    failing.failures = 1000
    began = time.monotonic()
    with pytest.raises(StorageError, match="busy"):
        save(failing, patience=2.0)
    assert 0.5 < time.monotonic() - began < 30
    assert 2 <= failing.saves <= 5


def test_room_on_a_full_disk_is_waited_for(failing):
    failing.failures, failing.retryable, failing.code = 2, False, "disk_full"
    assert save(failing).size == len(SOUND)


def test_what_will_not_pass_is_raised_at_once(failing):
    failing.failures, failing.retryable = 1000, False
    with pytest.raises(StorageError, match="busy"):
        save(failing)
    assert failing.saves == 1


class SlowStorage(LocalAudioStorage):
    """A folder that stores when it may."""

    may_store = threading.Event()

    def _save(self, name, content):
        self.may_store.wait(30)
        return super()._save(name, content)


@pytest.fixture
def slow(tmp_path, monkeypatch) -> SlowStorage:
    monkeypatch.setattr(SlowStorage, "may_store", threading.Event())
    return SlowStorage(location=tmp_path)


def storing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"store {KEY}"]


def test_what_is_stored_before_it_could_be_left_is_stored(slow):
    """Who should stop asks too late: the transfer has just ended."""

    def stop_too_late() -> bool:
        slow.may_store.set()
        wait_until(lambda: not storing())
        return True

    assert save(slow, Cancellation(stop_too_late, lambda: True)).size == len(SOUND)
    assert slow.exists(KEY)


def test_who_is_interrupted_while_waiting_leaves_the_transfer(slow):
    def interrupted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(slow, Cancellation(interrupted, lambda: False))
    slow.may_store.set()
    wait_until(lambda: not storing())
    assert not slow.exists(KEY)


def test_errors_of_the_file_are_not_tried_again(failing):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the sound card is on fire")

    with pytest.raises(OSError, match="on fire"):
        save_cancellable(failing, KEY, Broken(SOUND), NOBODY, 60.0)


def test_bucket_that_comes_back_gets_its_file(bucket, proxy):
    proxy.refuse()
    began = time.monotonic()
    with later(2.0, proxy.accept):
        save(bucket)
    assert 2.0 < time.monotonic() - began < 40.0
    assert bucket.exists(KEY)


@pytest.mark.parametrize("trouble", [Stall(), Throttle(100_000), Answer(503, "SlowDown")], ids=str)
def test_one_who_need_not_wait_leaves_at_once(bucket, proxy, trouble):
    proxy.trouble = trouble
    stop = threading.Event()
    with later(1.0, stop.set):
        began = time.monotonic()
        with pytest.raises(Abandoned):
            save(bucket, Cancellation(should_stop=stop.is_set))
        assert time.monotonic() - began < 20


def test_upload_that_was_left_ends_and_clears_away_its_parts(bucket, proxy):
    bucket.transfer_config = TransferConfig(
        multipart_threshold=1 << 20, multipart_chunksize=5 << 20, max_concurrency=1
    )
    bucket.transfer_config.max_in_memory_upload_chunks = 1
    proxy.trouble = Throttle(4_000_000)
    stop = threading.Event()
    with later(1.0, stop.set), pytest.raises(Abandoned):
        save(bucket, Cancellation(should_stop=stop.is_set), sound=16 * SOUND)
    proxy.trouble = None
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == f"store {KEY}"])
    assert proxy.sent < 12_000_000
    assert not bucket.exists(KEY)
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=bucket.bucket_name, Prefix=KEY)


@pytest.mark.parametrize("unwanted", [True, False])
def test_what_arrives_after_all_is_deleted_only_if_nobody_wants_it(bucket, proxy, unwanted):
    proxy.trouble = Delay(1.5)
    stop = threading.Event()
    with later(1.0, stop.set), pytest.raises(Abandoned):
        save(bucket, Cancellation(stop.is_set, lambda: unwanted))
    proxy.trouble = None
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == f"store {KEY}"])
    assert bucket.exists(KEY) is not unwanted
