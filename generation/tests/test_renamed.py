"""A track that is renamed: its downloads say so, its listeners notice nothing, and no file is lost or left."""

import hashlib
import io
import logging
import threading
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from generation import jobs
from generation.audio.decode import decode
from generation.audio.formats import DELIVERED, FORMATS
from generation.engines.registry import get_engine
from generation.models import ExpiringFile, Rendition, Track
from generation.storage import LocalAudioStorage, StorageError, save_verified, storage_of
from generation.tests import tag_readers
from generation.tests.api_calls import API, client_of, finish
from generation.tests.test_moving import OtherFolder
from generation.tracks import expiring, inventory, moving, purging, renditions, store
from generation.tracks.delivery import deliver, is_made
from generation.tracks.missing import AudioMissing
from generation.tracks.renditions import make_rendition
from generation.tracks.tags import TAGGED, tags_digest
from generation.worker import reaper, tasks

pytestmark = pytest.mark.django_db

TITLES = {
    "latin": "Größe – ein süßer Weg",
    "japanese": "夜のドライブ",
    "cyrillic": "Ночной дождь",
    "arabic": "ليلة ممطرة",
}


@pytest.fixture
def track(scripted, order) -> Track:
    return finish(order(genre="", bpm=91.6))


@pytest.fixture
def composed(settings, order) -> Track:
    """Five seconds of the built-in composer, with stems and a title in ASCII."""
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    return finish(order("lo-fi beat", duration=5.0, genre="lofi", bpm=84.0, key="D minor", title="Rain"))


def rename(track: Track, title: str) -> Track:
    assert track.edit(title=title)
    return Track.objects.get(pk=track.pk)


def content(file: Track | Rendition) -> bytes:
    """What lies there, which must be what the row says."""
    with file.storage.open(file.storage_key) as stored:
        found: bytes = stored.read()
    assert (len(found), hashlib.sha256(found).hexdigest()) == (file.size, file.checksum)
    return found


def title_in(file: Track | Rendition, tmp_path: Path) -> str:
    path = tmp_path / f"{file.pk}-{file.checksum[:8]}{Path(file.storage_key).suffix}"
    path.write_bytes(content(file))
    return tag_readers.by_mutagen(path)["title"]


def made(track: Track, format_name: str) -> Track | Rendition:
    file = make_rendition(track.pk, format_name)
    assert file is not None
    return file


def all_expire() -> None:
    ExpiringFile.objects.update(delete_after=timezone.now() - timedelta(seconds=1))


def work_off(name: str) -> list[Any]:
    """Do what the messages of this kind ask for, and say of what."""
    subjects = []
    for message in OrmQ.objects.order_by("id"):
        if message.func().endswith(name):
            subjects.append(message.task["args"][0])
            getattr(tasks, name)(*message.task["args"])
            message.delete()
    return subjects


@pytest.mark.ffprobe
@pytest.mark.parametrize("script", list(TITLES))
def test_every_reader_reads_the_new_title_in_every_format_and_script(track, script, tmp_path, settings):
    settings.SITE_NAME = "Night Radio"
    for name in FORMATS:
        made(track, name)
    track = rename(track, TITLES[script])
    readers = [tag_readers.by_mutagen, tag_readers.by_ffprobe, tag_readers.by_mediainfo, tag_readers.by_eyed3]
    for name, audio_format in FORMATS.items():
        file = made(track, name)
        path = tmp_path / f"a.{audio_format.extension}"
        path.write_bytes(content(file))
        for reader in readers if name == "mp3" else readers[:3]:
            found = reader(path)
            assert found["title"] == TITLES[script], (name, reader)
            assert (found["artist"], found["bpm"]) == ("Night Radio", "92"), (name, reader)
            assert ("cover" in found) is (name != "wav"), (name, reader)
            assert "Seed: 7." in found["comment"]


def test_the_sound_stays_the_same_and_is_not_encoded_again(track, monkeypatch):
    before = {name: decode(io.BytesIO(content(made(track, name)))).samples for name in FORMATS}
    monkeypatch.setattr(store, "encode", None)
    track = rename(track, "夜")
    for name, samples in before.items():
        assert (decode(io.BytesIO(content(made(track, name)))).samples == samples).all()


def test_the_master_stays_as_it_was_stored(track):
    before, key = content(track), track.storage_key
    renamed = rename(track, "Größe")
    assert made(renamed, "wav").storage_key != key
    now = Track.objects.get(pk=track.pk)
    assert (now.storage_key, content(now)) == (key, before)


def test_a_new_track_is_downloaded_from_its_master(track):
    delivery = deliver(track, "wav", download=True)
    assert delivery is not None
    assert unquote(urlsplit(delivery.url).path).endswith(track.storage_key)
    assert made(track, "wav") == track


def test_a_download_waits_for_its_new_tags_and_a_player_does_not(track, tmp_path):
    for name in FORMATS:
        made(track, name)
    track = rename(track, "Größe")
    OrmQ.objects.all().delete()
    for name in FORMATS:
        playing = deliver(track, name)
        assert playing is not None
        assert deliver(track, name, download=True) is None
        assert is_made(track, name)
        assert not is_made(track, name, download=True)
    assert work_off("make_rendition") == [str(track.pk)] * len(FORMATS)
    track = Track.objects.get(pk=track.pk)
    for name in FORMATS:
        delivery = deliver(track, name, download=True)
        assert delivery is not None
        assert "Größe." in parse_qs(urlsplit(delivery.url).query)["response-content-disposition"][0] or (
            "Gr%C3%B6%C3%9Fe." in delivery.url.replace("%25", "%")
        )
        assert title_in(made(track, name), tmp_path) == "Größe"


def test_pages_and_api_say_that_it_is_being_made_until_it_is(alices, alice, track):
    track = rename(track, "夜のドライブ")
    OrmQ.objects.all().delete()
    api = client_of(alice, "read")
    page, audio = f"/tracks/{track.pk}/audio", f"{API}/tracks/{track.pk}/audio"
    for client, address in ((alices, page), (api, audio), (api, f"{audio}-url")):
        answer = client.get(address, {"format": "wav", "download": "1"})
        assert (answer.status_code, answer["Retry-After"]) == (202, "2")
        assert client.get(address, {"format": "wav"}).status_code in (200, 302)
    assert work_off("make_rendition") == [str(track.pk)]
    for client, address in ((alices, page), (api, audio)):
        answer = client.get(address, {"format": "wav", "download": "1"})
        assert answer.status_code == 302
        assert b"id3 " in b"".join(
            alices.get(urlsplit(answer["Location"])._replace(netloc="", scheme="").geturl())
        )


def test_stems_are_renamed_without_being_played_again(composed, monkeypatch, tmp_path, settings):
    settings.SITE_NAME = "Night Radio"
    before = zipfile.ZipFile(io.BytesIO(content(made(composed, "stems"))))
    mixer = made(composed, "mixer")
    track = rename(composed, "夜")
    monkeypatch.setattr(type(get_engine("composer")), "score_version", 99)
    now = zipfile.ZipFile(io.BytesIO(content(made(track, "stems"))))
    assert now.testzip() is None
    assert now.namelist() == before.namelist()
    assert now.read("notes.mid") == before.read("notes.mid")
    for name in now.namelist()[:-1]:
        path = tmp_path / name
        path.write_bytes(now.read(name))
        assert tag_readers.by_mutagen(path) | {"comment": ""} == {
            "title": f"夜: {name.removesuffix('.flac')}",
            "artist": "Night Radio",
            "genre": "lofi",
            "comment": "",
            "bpm": "84",
            "key": "Dm",
            "cover": "yes",
        }
        sounds = [decode(io.BytesIO(archive.read(name))).samples for archive in (before, now)]
        assert (sounds[0] == sounds[1]).all()
    assert made(track, "mixer") == mixer, "the pieces of the mixer have no tags"


def test_everything_delivered_has_tags():
    assert set(DELIVERED) | {"listen"} == TAGGED


@pytest.mark.parametrize("longer", ["STORAGE_URL_EXPIRE_SECONDS", "SHARED_URL_EXPIRE_SECONDS"])
def test_a_file_that_was_replaced_stays_until_its_addresses_have_ended(track, settings, longer):
    settings.STORAGE_URL_EXPIRE_SECONDS = settings.SHARED_URL_EXPIRE_SECONDS = 60
    setattr(settings, longer, 600)
    old = made(track, "mp3")
    track = rename(track, "Größe")
    new = made(track, "mp3")
    assert (new.pk, old.storage.exists(old.storage_key)) == (old.pk, True)
    [left] = ExpiringFile.objects.all()
    assert (left.name, left.track_id) == (old.storage_key, track.pk)
    assert left.delete_after > timezone.now() + timedelta(seconds=600)
    OrmQ.objects.all().delete()
    assert expiring.wake(timezone.now() + timedelta(seconds=601)) == 0
    assert expiring.wake(timezone.now() + timedelta(seconds=600) + expiring.MARGIN) == 1
    work_off("delete_expired_file")
    assert not old.storage.exists(old.storage_key)
    assert content(new)
    assert not ExpiringFile.objects.exists()


def test_the_reaper_has_it_deleted_once_and_again_where_that_failed(track, monkeypatch, caplog):
    old = made(track, "flac")
    made(rename(track, "Größe"), "flac")
    all_expire()
    OrmQ.objects.all().delete()
    assert reaper.reap() == 1
    assert reaper.reap() == 0
    real = LocalAudioStorage.delete

    def away(*_: object) -> None:
        raise StorageError("unreachable", "The bucket cannot be reached.", retryable=True)

    monkeypatch.setattr(LocalAudioStorage, "delete", away)
    with caplog.at_level(logging.WARNING):
        work_off("delete_expired_file")
    assert "still stored: The bucket cannot be reached." in caplog.text
    monkeypatch.setattr(LocalAudioStorage, "delete", real)
    assert reaper.reap() == 0, "the message may still be worked on"
    ExpiringFile.objects.update(claimed_at=timezone.now() - timedelta(minutes=61))
    assert reaper.reap() == 1
    work_off("delete_expired_file")
    assert not old.storage.exists(old.storage_key)


def test_whoever_renames_again_and_again_fills_no_disk(track, monkeypatch):
    monkeypatch.setattr(expiring, "MOST_REPLACED", 3)
    for number in range(7):
        track = rename(track, f"Night {number}")
        made(track, "mp3")
    assert ExpiringFile.objects.count() == 6
    OrmQ.objects.all().delete()
    assert reaper.reap() == 3
    work_off("delete_expired_file")
    assert len(names_stored(track)) == 2 + 3
    assert content(made(track, "mp3"))


def test_renaming_to_and_fro_loses_nothing(track, tmp_path):
    for title in ("A", "B", "A", "B", "A"):
        track = rename(track, title)
        assert title_in(made(track, "mp3"), tmp_path) == title
    all_expire()
    reaper.reap()
    work_off("delete_expired_file")
    assert title_in(made(track, "mp3"), tmp_path) == "A"
    assert len(list(track.storage.objects())) == 2


def test_what_is_unchanged_is_not_made_again(track):
    track = rename(track, "Größe")
    first = made(track, "opus")
    track.edit(favorite=True, tags=["calm"])
    assert made(track, "opus").storage_key == first.storage_key
    assert not ExpiringFile.objects.exists()


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Have something happen when the next file is stored and its row does not name it yet."""

    def slowly(*arguments: Any) -> Any:
        monkeypatch.setattr(renditions, "save_verified", save_verified)
        stored = save_verified(*arguments)
        act()
        return stored

    monkeypatch.setattr(renditions, "save_verified", slowly)


def names_stored(track: Track) -> set[str]:
    return {found.name for found in track.storage.objects(track.key_prefix)}


def test_of_two_workers_one_file_is_kept(track, monkeypatch, tmp_path):
    old = made(track, "mp3")
    track = rename(track, "Größe")
    meanwhile(monkeypatch, lambda: made(track, "mp3"))
    new = made(track, "mp3")
    assert title_in(new, tmp_path) == "Größe"
    assert names_stored(track) == {track.storage_key, old.storage_key, new.storage_key}


def test_what_is_renamed_while_it_is_made_is_made_again_when_asked_for(track, monkeypatch, tmp_path):
    old = made(track, "mp3")
    track = rename(track, "Größe")
    meanwhile(monkeypatch, lambda: rename(track, "夜"))
    assert made(track, "mp3").storage_key == old.storage_key
    assert names_stored(track) == {track.storage_key, old.storage_key}
    track = Track.objects.get(pk=track.pk)
    assert deliver(track, "mp3", download=True) is None
    assert title_in(made(track, "mp3"), tmp_path) == "夜"


def test_a_first_rendition_of_an_old_title_is_played_and_not_downloaded(track, monkeypatch):
    meanwhile(monkeypatch, lambda: rename(track, "夜"))
    made(track, "mp3")
    track = Track.objects.get(pk=track.pk)
    assert is_made(track, "mp3")
    assert not is_made(track, "mp3", download=True)


def test_a_newer_title_is_not_replaced_by_an_older_one(track, monkeypatch, tmp_path):
    made(track, "mp3")
    track = rename(track, "Größe")
    meanwhile(monkeypatch, lambda: made(rename(track, "夜"), "mp3"))
    assert title_in(made(track, "mp3"), tmp_path) == "夜"


def test_it_is_asked_for_again_at_once_where_the_title_has_changed_again(track):
    track = rename(track, "Größe")
    deliver(track, "flac", download=True)
    work_off("make_rendition")
    track = rename(track, "夜")
    assert deliver(track, "flac", download=True) is None
    assert work_off("make_rendition") == [str(track.pk)]
    assert is_made(Track.objects.get(pk=track.pk), "flac", download=True)


def test_a_track_that_is_deleted_while_it_is_tagged_leaves_nothing(track, monkeypatch, audio_root):
    made(track, "mp3")
    track = rename(track, "Größe")

    def delete() -> None:
        jobs.delete_track(track=track)
        purging.purge_if_due(track.pk)

    meanwhile(monkeypatch, delete)
    assert make_rendition(track.pk, "mp3") is None
    assert [path for path in audio_root.rglob("*") if path.is_file()] == []


def test_deleting_a_track_deletes_what_was_replaced_at_once(track, audio_root):
    for title in ("A", "B"):
        track = rename(track, title)
        for name in FORMATS:
            made(track, name)
    assert ExpiringFile.objects.count() == len(FORMATS)
    jobs.delete_track(track=track)
    purging.purge_if_due(track.pk)
    assert [path for path in audio_root.rglob("*") if path.is_file()] == []
    all_expire()
    reaper.reap()
    work_off("delete_expired_file")
    assert not ExpiringFile.objects.exists()


def test_what_a_killed_worker_has_stored_is_deleted_after_a_while(track, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(renditions, "_row_of", die)
    with pytest.raises(Killed):
        make_rendition(track.pk, "mp3")
    assert len(names_stored(track)) == 2
    all_expire()
    OrmQ.objects.all().delete()
    assert reaper.reap() == 1
    work_off("delete_expired_file")
    assert names_stored(track) == {track.storage_key}


def test_what_is_being_deleted_is_named_by_no_row(track, monkeypatch):
    def reap() -> None:
        all_expire()
        assert expiring.wake(timezone.now()) == 1

    meanwhile(monkeypatch, reap)
    with pytest.raises(StorageError, match="took so long"):
        make_rendition(track.pk, "flac")
    assert not Rendition.objects.exists()
    assert made(track, "flac")


def test_a_message_about_a_file_that_is_kept_deletes_nothing(track):
    file = made(track, "mp3")
    kept = expiring.about_to_write(track, file.storage_key)
    tasks.delete_expired_file(str(kept.pk))
    assert content(file)
    assert kept.keep()
    tasks.delete_expired_file(str(kept.pk))
    assert content(file)


def test_a_storage_that_fails_leaves_what_is_there_and_the_page_says_so(alices, track, monkeypatch):
    old = made(track, "mp3")
    track = rename(track, "Größe")
    OrmQ.objects.all().delete()

    def full(*_: object) -> None:
        raise StorageError("busy", "The folder is busy.", retryable=True)

    real = LocalAudioStorage._save
    monkeypatch.setattr(LocalAudioStorage, "_save", full)
    address = f"/tracks/{track.pk}/audio?format=mp3&download=1"
    assert alices.get(address).status_code == 202
    work_off("make_rendition")
    assert alices.get(address).status_code == 503
    assert content(Rendition.objects.get()) == content(old)
    monkeypatch.setattr(LocalAudioStorage, "_save", real)
    assert alices.get(address).status_code == 202
    work_off("make_rendition")
    assert alices.get(address).status_code == 302


@pytest.mark.parametrize("harm", ["gone", "damaged", "other"])
def test_a_rendition_that_is_not_what_it_should_be_is_made_from_the_master(track, tmp_path, harm):
    old = made(track, "flac")
    if harm == "gone":
        old.storage.delete(old.storage_key)
    else:
        (Path(old.storage.path(old.storage_key))).write_bytes(b"rubbish" * 100)
    if harm == "other":
        Rendition.objects.update(checksum=hashlib.sha256(b"rubbish" * 100).hexdigest())
    new = made(rename(track, "Größe"), "flac")
    assert title_in(new, tmp_path) == "Größe"
    assert (decode(io.BytesIO(content(new))).samples == decode(io.BytesIO(content(track))).samples).all()


def test_a_damaged_master_is_not_copied(track, caplog):
    Path(track.storage.path(track.storage_key)).write_bytes(content(track)[:-1] + b"?")
    with pytest.raises(AudioMissing):
        make_rendition(rename(track, "Größe").pk, "wav")
    assert not Rendition.objects.exists()


def test_files_of_before_get_their_tags_at_their_first_download(track, tmp_path):
    made(track, "mp3")
    for rows in (Track.objects, Rendition.objects):
        rows.update(tags_digest="")
    track = Track.objects.get(pk=track.pk)
    for name in ("wav", "mp3"):
        assert is_made(track, name)
        assert not is_made(track, name, download=True)
        assert title_in(made(track, name), tmp_path) == track.title


def test_a_track_of_an_engine_that_is_gone_is_downloaded_all_the_same(track, settings, tmp_path):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    assert deliver(track, "wav", download=True) is not None
    file = made(rename(track, "Größe"), "wav")
    assert title_in(file, tmp_path) == "Größe"


def test_another_name_of_the_site_in_a_web_process_keeps_nobody_waiting(track, settings):
    digest = tags_digest(track)
    settings.SITE_NAME = "Another"
    assert tags_digest(track) == digest
    assert tags_digest(rename(track, "Größe")) != digest


@pytest.fixture
def target(settings, tmp_path) -> Any:
    """Another folder, in the place of a bucket."""
    other = {"BACKEND": f"{OtherFolder.__module__}.OtherFolder", "OPTIONS": {"location": tmp_path / "other"}}
    settings.STORAGES = {**settings.STORAGES, "s3": other}
    return storage_of("s3")


def test_a_rendition_that_is_moved_while_it_is_tagged_is_replaced_where_it_lies_then(
    track, target, monkeypatch
):
    old = made(track, "mp3")
    track = rename(track, "Größe")
    meanwhile(monkeypatch, lambda: moving.move(Rendition.objects.get(), target))
    new = made(track, "mp3")
    assert content(new)
    [left] = ExpiringFile.objects.all()
    assert (left.storage_type, left.name) == ("s3", old.storage_key.replace(".mp3", ".1.mp3"))
    all_expire()
    reaper.reap()
    work_off("delete_expired_file")
    assert list(target.objects()) == []
    assert content(Rendition.objects.get())


def test_a_rendition_that_is_tagged_while_it_is_moved_is_not_moved(track, target, monkeypatch):
    made(track, "mp3")
    track = rename(track, "Größe")
    stale = Rendition.objects.get()
    new = made(track, "mp3")
    assert moving.move(stale, target) is False
    assert list(target.objects()) == []
    assert moving.move(Rendition.objects.get(), target) is True
    assert content(Rendition.objects.get()) == content(Rendition.objects.get(pk=new.pk))


def test_a_master_that_is_moved_is_tagged_from_where_it_lies(track, target):
    track = rename(track, "Größe")
    stale = Track.objects.get(pk=track.pk)
    assert moving.move(Track.objects.get(pk=track.pk), target)
    file = renditions._read_where_it_lies(stale, renditions._decoded)
    assert file.frames
    assert content(made(stale, "wav"))


def test_what_expires_is_no_orphan_and_is_not_missing(track):
    old = made(track, "mp3")
    track = rename(track, "Größe")
    made(track, "mp3")
    [compared] = inventory.compare(track.storage)
    assert (compared.orphans, compared.missing, compared.left_behind) == ([], [], [])
    ExpiringFile.objects.all().delete()
    [compared] = inventory.compare(track.storage)
    assert [found.name for found in compared.orphans] == [old.storage_key]


def test_files_on_a_storage_that_is_not_configured_wait_for_it(track, target, settings):
    made(track, "mp3")
    moving.move(Rendition.objects.get(), target)
    track = rename(track, "Größe")
    made(track, "mp3")
    all_expire()
    kept = settings.STORAGES
    settings.STORAGES = {name: place for name, place in kept.items() if name != "s3"}
    assert expiring.wake(timezone.now()) == 0
    jobs.delete_track(track=track)
    purging.purge_if_due(track.pk)
    assert ExpiringFile.objects.count() == 1
    settings.STORAGES = kept
    assert expiring.wake(timezone.now()) == 1


def test_the_cache_may_be_emptied_at_any_time(track):
    track = rename(track, "Größe")
    deliver(track, "mp3", download=True)
    cache.clear()
    assert deliver(track, "mp3", download=True) is None
    work_off("make_rendition")
    assert sorted(Rendition.objects.values_list("format", flat=True)) == ["listen", "mp3"]
    assert not ExpiringFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_renames_and_makes_at_once_the_row_says_what_lies_there(scripted, order, tmp_path):
    track = finish(order())
    titles = [f"夜 {number}" for number in range(6)]
    errors: list[BaseException] = []

    def making() -> None:
        for _ in titles:
            made(track, "mp3")

    def renaming() -> None:
        for title in titles:
            track.edit(title=title)
            time.sleep(0.02)

    def in_thread(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=in_thread, args=(act,)) for act in (making, making, renaming)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    now = Track.objects.get(pk=track.pk)
    file = made(now, "mp3")
    assert (title_in(file, tmp_path), file.tags_digest) == (titles[-1], tags_digest(now))
    known = {now.storage_key, file.storage_key, *ExpiringFile.objects.values_list("name", flat=True)}
    assert names_stored(now) == known
