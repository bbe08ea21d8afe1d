"""Audio in a folder: whole or not at all, under keys only."""

import io
import os
import resource
import stat
import threading
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation

from generation.storage import LocalAudioStorage, StorageError

KEY = "tracks/6f1c/9a2b/master.wav"
SOUND = bytes(range(256)) * 1024


@pytest.fixture
def storage(tmp_path) -> LocalAudioStorage:
    return LocalAudioStorage(location=tmp_path / "audio")


def files_in(storage: LocalAudioStorage) -> list[str]:
    root = Path(storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_what_was_saved_is_read_back(storage):
    assert storage.save(KEY, io.BytesIO(SOUND)) == KEY
    with storage.open(KEY) as file:
        assert file.read() == SOUND
    assert storage.size(KEY) == storage.stat(KEY).size == len(SOUND)
    assert storage.exists(KEY)
    assert files_in(storage) == [KEY]


def test_file_is_saved_from_its_beginning(storage):
    file = io.BytesIO(SOUND)
    file.seek(100)
    storage.save(KEY, file)
    assert storage.size(KEY) == len(SOUND)


def test_saving_again_overwrites(storage):
    storage.save(KEY, io.BytesIO(SOUND))
    assert storage.save(KEY, io.BytesIO(b"other")) == KEY
    assert Path(storage.path(KEY)).read_bytes() == b"other"


def test_listener_of_the_old_audio_hears_it_to_its_end(storage):
    storage.save(KEY, io.BytesIO(SOUND))
    with storage.open(KEY) as file:
        storage.save(KEY, io.BytesIO(b"other"))
        assert file.read() == SOUND


def test_stored_file_can_be_read_by_others_than_its_writer(storage):
    storage.save(KEY, io.BytesIO(SOUND))
    assert stat.S_IMODE(os.stat(storage.path(KEY)).st_mode) == 0o644


class Broken(io.BytesIO):
    """A file that gives a little and then fails."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("the sound card is on fire")
        return super().read(1000)


def test_failing_source_leaves_nothing_behind(storage):
    with pytest.raises(OSError, match="on fire"):
        storage.save(KEY, Broken(SOUND))
    assert files_in(storage) == []


def test_failing_source_leaves_what_was_there(storage):
    storage.save(KEY, io.BytesIO(SOUND))
    with pytest.raises(OSError, match="on fire"):
        storage.save(KEY, Broken(b"other" * 1000))
    assert files_in(storage) == [KEY]
    assert Path(storage.path(KEY)).read_bytes() == SOUND


def test_disk_that_takes_no_more_leaves_nothing_behind(storage):
    """A limit on the size of files stands for the disk's end: both fail a write half-way."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="Free some space") as caught:
            storage.save(KEY, io.BytesIO(SOUND))
        assert caught.value.code == "disk_full"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files_in(storage) == []


def test_a_file_is_on_disk_before_it_has_its_name_and_the_name_too_before_it_counts(storage, monkeypatch):
    """What a power cut leaves is a complete file or none."""
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noting_fsync(descriptor: int) -> None:
        fsync(descriptor)
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    def noting_replace(*names: str) -> None:
        replace(*names)
        events.append("name")

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "replace", noting_replace)
    storage.save(KEY, io.BytesIO(SOUND))
    assert events == ["file", "name", "folder"]


def test_a_folder_that_vanishes_again_and_again_is_an_error_in_the_end(storage, monkeypatch):
    tries: list[object] = []

    def vanished(**options: object) -> None:
        tries.append(options)
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", vanished)
    with pytest.raises(StorageError, match="No such file") as caught:
        storage.save(KEY, io.BytesIO(SOUND))
    assert caught.value.code == "disk_failed"
    assert len(tries) == 10


@pytest.fixture
def forbidden_folder(tmp_path):
    """A folder that cannot be made in its parent, by a user whom the system refuses things."""
    user = os.geteuid()
    tmp_path.chmod(0o500)
    if user == 0:
        os.seteuid(65534)
    yield tmp_path / "audio"
    os.seteuid(user)
    tmp_path.chmod(0o700)


def test_folder_that_cannot_be_written_is_named(forbidden_folder):
    with pytest.raises(StorageError, match=f"The folder {forbidden_folder} cannot be written") as caught:
        LocalAudioStorage(location=forbidden_folder).save(KEY, io.BytesIO(SOUND))
    assert (caught.value.code, caught.value.retryable) == ("not_writable", False)


def test_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "audio").write_text("not a folder")
    with pytest.raises(StorageError, match=f"The folder {tmp_path}/audio failed"):
        LocalAudioStorage(location=tmp_path / "audio").save(KEY, io.BytesIO(SOUND))


def test_deleted_audio_is_gone_and_may_be_deleted_again(storage):
    storage.save(KEY, io.BytesIO(SOUND))
    storage.delete(KEY)
    storage.delete(KEY)
    assert not storage.exists(KEY)
    for ask in (storage.open, storage.size, storage.stat):
        with pytest.raises(FileNotFoundError, match=r"master\.wav"):
            ask(KEY)


def test_deleting_takes_empty_folders_along_and_no_others(storage):
    storage.save("tracks/job/one/master.wav", io.BytesIO(SOUND))
    storage.save("tracks/job/two/master.wav", io.BytesIO(SOUND))
    storage.delete("tracks/job/one/master.wav")
    assert os.listdir(storage.path("tracks/job")) == ["two"]
    storage.delete("tracks/job/two/master.wav")
    assert os.listdir(storage.location) == []


def test_saving_and_deleting_beside_each_other_disturb_nobody(storage):
    def save_and_delete(name: str) -> None:
        try:
            for _ in range(100):
                storage.save(name, io.BytesIO(b"x"))
                storage.delete(name)
        except Exception as error:
            errors.append(error)

    errors: list[Exception] = []
    threads = [threading.Thread(target=save_and_delete, args=[f"tracks/job/{n}.wav"]) for n in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize(
    "name",
    ["../secret", "tracks/../../secret", "/etc/passwd", "a\\b", "a\0b", "", ".", "tracks//a", "tracks/",
     "tracks/.a", "~/a", "a b", "ä.wav", "a\n", "a" * 600],
)  # fmt: skip
def test_names_that_are_no_keys_are_refused(storage, name):
    for ask in (
        storage.open,
        storage.delete,
        storage.exists,
        storage.size,
        storage.stat,
        storage.url,
        storage.path,
    ):
        with pytest.raises(SuspiciousFileOperation):
            ask(name)
    with pytest.raises(SuspiciousFileOperation):
        storage.save(name, io.BytesIO(SOUND))


def test_key_that_does_not_fit_its_column_is_refused_not_cut(storage):
    with pytest.raises(SuspiciousFileOperation, match="too long"):
        storage.save(KEY, io.BytesIO(SOUND), max_length=len(KEY) - 1)


def test_stored_audio_is_not_opened_for_writing(storage):
    with pytest.raises(ValueError, match="rb"):
        storage.open(KEY, "wb")


@pytest.mark.parametrize("expire", [0, 604_801])
def test_lifetime_of_links_is_that_of_s3(tmp_path, expire):
    with pytest.raises(ValueError, match="604800"):
        LocalAudioStorage(location=tmp_path, expire=expire)
