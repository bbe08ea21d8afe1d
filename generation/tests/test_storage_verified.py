"""Saving that notices when something else lies there afterwards."""

import hashlib
import io
from pathlib import Path

import pytest

from generation.storage import LocalAudioStorage, Stat, StorageError, StoredFile, save_verified

KEY = "tracks/6f1c/9a2b/master.wav"
SOUND = bytes(range(256)) * 1024


class DamagingStorage(LocalAudioStorage):
    """A folder on a disk that loses, adds or changes something of what it was given."""

    damage = staticmethod(lambda sound: sound)

    def _save(self, name, content):
        saved = super()._save(name, content)
        path = Path(self.path(name))
        path.write_bytes(self.damage(path.read_bytes()))
        return saved


class LosingStorage(LocalAudioStorage):
    """A folder that says yes and keeps nothing."""

    def _save(self, name, content):
        return name


class TellingStorage(LocalAudioStorage):
    """A folder that says an MD5 of what it keeps, as services do."""

    md5 = ""
    read = False

    def stat(self, name):
        return Stat(super().stat(name).size, self.md5)

    def _open(self, name, mode="rb"):
        self.read = True
        return super()._open(name, mode)


def test_whole_audio_is_believed(tmp_path):
    stored = save_verified(LocalAudioStorage(location=tmp_path), KEY, io.BytesIO(SOUND))
    assert stored == StoredFile(KEY, len(SOUND), hashlib.sha256(SOUND).hexdigest())


@pytest.mark.parametrize(
    "damage",
    [
        lambda sound: sound[:-1],
        lambda sound: sound + b"\0",
        lambda sound: b"\1" + sound[1:],
        lambda sound: b"",
    ],
    ids=["shorter", "longer", "changed", "empty"],
)
def test_damaged_audio_is_not_said_to_be_stored(tmp_path, damage):
    storage = DamagingStorage(location=tmp_path)
    storage.damage = damage
    with pytest.raises(StorageError, match=r"master\.wav") as caught:
        save_verified(storage, KEY, io.BytesIO(SOUND))
    assert (caught.value.code, caught.value.retryable) == ("not_stored_whole", True)


def test_lost_audio_is_not_said_to_be_stored(tmp_path):
    with pytest.raises(StorageError, match="not what was sent"):
        save_verified(LosingStorage(location=tmp_path), KEY, io.BytesIO(SOUND))


def test_md5_of_the_service_saves_reading_it_all_back(tmp_path):
    storage = TellingStorage(location=tmp_path)
    storage.md5 = hashlib.md5(SOUND).hexdigest()
    save_verified(storage, KEY, io.BytesIO(SOUND))
    assert not storage.read


class ShorteningStorage(TellingStorage):
    """A folder that says the right MD5 of less than it was given."""

    def _save(self, name, content):
        return super()._save(name, io.BytesIO(content.read()[:-1]))


def test_size_is_compared_whatever_the_md5(tmp_path):
    storage = ShorteningStorage(location=tmp_path)
    storage.md5 = hashlib.md5(SOUND).hexdigest()
    with pytest.raises(StorageError, match="not what was sent"):
        save_verified(storage, KEY, io.BytesIO(SOUND))


def test_tag_that_is_no_md5_of_the_audio_does_not_fail_it(tmp_path):
    """Services that encrypt give tags that look like an MD5 and are none."""
    storage = TellingStorage(location=tmp_path)
    storage.md5 = "0" * 32
    save_verified(storage, KEY, io.BytesIO(SOUND))
    assert storage.read
