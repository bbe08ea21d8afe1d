"""Masters that are not where they were stored: made again from their seed where the same comes out, else said."""

import tempfile
from copy import copy
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.utils import timezone
from django_q.models import OrmQ

from generation import jobs
from generation.audio.tagging.retag import retag
from generation.engines.request import MusicRequest
from generation.models import Track
from generation.models.job_event import EventKind, JobEvent
from generation.models.track import title_for
from generation.storage import save_verified
from generation.tests.api_calls import API, client_of, finish, problem
from generation.tests.web_pages import text_of
from generation.tracks import renditions
from generation.tracks.missing import LOOK_AGAIN
from generation.tracks.tags import tags_of
from generation.worker import tasks
from musicgen.backoff import AT_ONCE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(renditions, "READ_AGAIN", AT_ONCE)


@pytest.fixture
def composed(alice) -> Track:
    """The second of two tracks by the composer, renamed since, whose master was deleted from its storage."""
    request = MusicRequest(prompt="slow piano", duration=5.0, seed=11, variations=2, title="At sea")
    job = jobs.submit(owner=alice, request=request)
    finish(job)
    track = job.tracks.get(index=1)
    assert track.edit(title="On land")
    track.storage.delete(track.storage_key)
    return track


@pytest.fixture
def lost(scripted, order) -> Track:
    """A track by an engine without a score, whose master was deleted from its storage."""
    track = finish(order())
    track.storage.delete(track.storage_key)
    return track


def noted(track: Track) -> list[str]:
    events = JobEvent.objects.filter(job=track.job, kind__in=(EventKind.MISSING, EventKind.RESTORED))
    return [event.kind for event in events.order_by("id")]


def test_a_composers_master_is_made_again_byte_for_byte(composed):
    tasks.make_rendition(str(composed.pk), "mp3")
    assert composed.renditions.get().format == "mp3"
    with composed.storage.open(composed.storage_key) as again:
        assert renditions.measured(again) == (composed.size, composed.checksum)
    composed.refresh_from_db()
    assert composed.missing_since is None
    assert noted(composed) == ["restored"]


def test_a_master_from_when_wavs_had_covers_is_made_again_byte_for_byte(composed):
    other = composed.job.tracks.get(index=0)
    assert other.edit(title="Elsewhere")
    with other.storage.open(other.storage_key) as master, tempfile.TemporaryFile() as covered:
        named = copy(other)
        named.title = title_for(other.job.request, 0)
        retag("wav", master, covered, tags_of(named, "mp3"))
        stored = save_verified(other.storage, other.storage_key, covered)
    Track.objects.filter(pk=other.pk).update(size=stored.size, checksum=stored.checksum)
    other.storage.delete(other.storage_key)
    tasks.make_rendition(str(other.pk), "listen")
    with other.storage.open(other.storage_key) as again:
        assert renditions.measured(again) == (stored.size, stored.checksum)


def test_a_master_that_is_damaged_is_made_again_too(composed):
    with composed.storage.open(composed.job.tracks.get(index=0).storage_key) as other:
        composed.storage.save(composed.storage_key, other)
    tasks.make_rendition(str(composed.pk), "flac")
    assert noted(composed) == ["restored"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"score_version": 1}, "has changed since it made this track"),
        ({"checksum": "c" * 64}, "not be the same"),
    ],
    ids=["another version", "another sound"],
)
def test_what_would_come_out_otherwise_is_left_and_said(composed, alice, alices, changed, said):
    Track.objects.filter(pk=composed.pk).update(**changed)
    tasks.make_rendition(str(composed.pk), "mp3")
    assert not composed.storage.exists(composed.storage_key)
    assert noted(composed) == ["missing"]
    detail = problem(
        client_of(alice).get(f"{API}/tracks/{composed.pk}/audio-url?format=mp3"), 410, "audio_missing"
    )["detail"]
    assert said in detail
    assert detail in text_of(alices.get(f"/tracks/{composed.pk}/"))


def test_asking_again_ends(lost, alice, alices):
    api, address = client_of(alice), f"/tracks/{lost.pk}/audio"
    assert api.get(f"{API}{address}?format=flac").status_code == 202
    tasks.make_rendition(str(lost.pk), "flac")
    for path in (
        f"{API}{address}?format=flac",
        f"{API}{address}",
        f"/audio/{lost.pk}",
        f"/audio/{lost.job_id}",
    ):
        problem(api.get(path), 410, "audio_missing")
    page = alices.get(f"{address}?format=flac&download=1")
    assert page.status_code == 410
    assert "cannot be made again from its seed" in text_of(page)
    assert "Try again" not in text_of(page)


def test_somebody_looks_again_after_an_hour_and_finds_what_was_put_back(scripted, order, alice):
    track = finish(order())
    api, address = client_of(alice), f"{API}/tracks/{track.pk}/audio-url"
    with track.storage.open(track.storage_key) as kept:
        sound = ContentFile(kept.read())
    track.storage.delete(track.storage_key)
    tasks.make_rendition(str(track.pk), "mp3")
    OrmQ.objects.all().delete()
    problem(api.get(address), 410, "audio_missing")
    assert not OrmQ.objects.exists()
    Track.objects.filter(pk=track.pk).update(missing_since=timezone.now() - LOOK_AGAIN - timedelta(seconds=1))
    cache.clear()
    problem(api.get(address), 410, "audio_missing")
    [message] = OrmQ.objects.all()
    track.storage.save(track.storage_key, sound)
    tasks.make_rendition(*message.args())
    assert api.get(address).status_code == 200
