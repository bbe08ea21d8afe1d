"""FLAC masters that are gone, made again from their seed: in the same bytes, or in others for the same samples."""

import io
from typing import Any

import pytest

from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import ExpiringFile, Track
from generation.storage import audio_storage
from generation.tests.api_calls import finish
from generation.tests.test_master_formats import MD5, content, samples
from generation.tracks import expiring, renditions, restoring
from generation.tracks.missing import AudioMissing
from generation.tracks.renditions import make_rendition
from generation.worker import tasks
from musicgen.backoff import AT_ONCE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(renditions, "READ_AGAIN", AT_ONCE)


@pytest.fixture
def composed(alice: User, settings) -> Track:
    """A FLAC, renamed since, whose master was deleted from its storage."""
    settings.MASTER_FORMAT = "flac"
    job = jobs.submit(owner=alice, request=MusicRequest(prompt="slow piano", duration=5.0, seed=11))
    track = finish(job)
    assert track.edit(title="On land")
    track.storage.delete(track.storage_key)
    return track


@pytest.fixture
def by_another_encoder(composed: Track) -> Track:
    """The same as if another version of the encoder had written it, with other bytes for the same samples."""
    Track.objects.filter(pk=composed.pk).update(checksum="c" * 64, size=composed.size + 7)
    composed.refresh_from_db()
    return composed


def test_the_same_file_is_stored_where_it_was(composed, settings):
    settings.MASTER_FORMAT = "wav"
    tasks.make_rendition(str(composed.pk), "mp3")
    now = Track.objects.get(pk=composed.pk)
    assert (now.storage_key, now.checksum) == (composed.storage_key, composed.checksum)
    content(now)


@pytest.mark.on_both
@pytest.mark.parametrize("is_damaged", [False, True])
def test_the_same_samples_in_other_bytes_are_stored_in_another_file(by_another_encoder, is_damaged):
    before = by_another_encoder
    if is_damaged:
        before.storage.save(before.storage_key, io.BytesIO(b"fLaC, or was"))
    tasks.make_rendition(str(before.pk), "wav")
    now = Track.objects.get(pk=before.pk)
    assert now.storage_key != before.storage_key
    assert content(now)[MD5].hex() == before.samples_md5
    assert samples(content(now.renditions.get())) == samples(content(now))
    assert now.missing_since is None
    assert now.job.events.filter(kind="restored").count() == 1
    for file in ExpiringFile.objects.all():
        expiring.delete_file(file)
    left = {found.name for found in audio_storage().objects()}
    assert left == {now.storage_key, now.renditions.get().storage_key}


def test_other_samples_are_not_stored_and_that_is_said(by_another_encoder):
    Track.objects.filter(pk=by_another_encoder.pk).update(samples_md5="d" * 32)
    with pytest.raises(AudioMissing):
        make_rendition(by_another_encoder.pk, "wav")
    assert list(audio_storage().objects()) == []


def test_of_a_track_that_is_deleted_meanwhile_nothing_is_left(by_another_encoder, monkeypatch):
    save = restoring.save_verified

    def slowly(*arguments: Any, **more: Any) -> Any:
        stored = save(*arguments, **more)
        jobs.delete_track(track=by_another_encoder)
        return stored

    monkeypatch.setattr(restoring, "save_verified", slowly)
    with pytest.raises(AudioMissing):
        make_rendition(by_another_encoder.pk, "wav")
    assert list(audio_storage().objects()) == []


def test_what_two_workers_make_again_at_once_is_there_once(by_another_encoder, monkeypatch):
    save = restoring.save_verified

    def slowly(*arguments: Any, **more: Any) -> Any:
        stored = save(*arguments, **more)
        monkeypatch.setattr(restoring, "save_verified", save)
        assert restoring.restore_master(Track.objects.get(pk=by_another_encoder.pk))
        return stored

    monkeypatch.setattr(restoring, "save_verified", slowly)
    assert make_rendition(by_another_encoder.pk, "wav") is not None
    content(Track.objects.get(pk=by_another_encoder.pk))
    for file in ExpiringFile.objects.all():
        expiring.delete_file(file)
    assert len(list(audio_storage().objects())) == 2
