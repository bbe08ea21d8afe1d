"""Delivery: which file a listener is sent to, for how long, and what is asked of a worker."""

from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ

from generation import jobs
from generation.engines.registry import get_engine
from generation.models import Job, Rendition, Track
from generation.tests.api_calls import finish, stored_track
from generation.tracks.delivery import address_after_move, deliver, listening_format
from generation.tracks.renditions import make_rendition

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(scripted, order) -> Track:
    return finish(order())


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def asked_for() -> list[list[str]]:
    sent = [message.task for message in OrmQ.objects.all() if message.func().endswith("make_rendition")]
    return [[str(value) for value in task["args"]] for task in sent]


def moved(track: Track, name: str) -> str:
    Track.objects.filter(pk=track.pk).update(audio=f"{track.key_prefix}/{name}")
    return track.storage_key


def test_each_format_is_delivered_from_its_own_file(track):
    OrmQ.objects.all().delete()
    make_rendition(track.pk, "mp3")
    flac = make_rendition(track.pk, "flac")
    master, listen = deliver(track, "wav"), deliver(track, "flac")
    assert master is not None
    assert listen is not None
    assert flac is not None
    assert unquote(urlsplit(master.url).path).endswith(track.storage_key)
    assert unquote(urlsplit(listen.url).path).endswith(flac.storage_key)
    assert (master.content_type, master.size) == ("audio/wav", track.size)
    assert (listen.content_type, listen.size) == ("audio/flac", flac.size)
    assert asked_for() == []


def test_a_link_lives_as_long_as_the_settings_say_and_says_until_when(track, settings):
    settings.STORAGE_URL_EXPIRE_SECONDS = 600
    delivery = deliver(track, "wav")
    assert delivery is not None
    assert int(query_of(delivery.url)["expires"]) == int(delivery.expires_at.timestamp())
    assert timedelta(seconds=300) <= delivery.expires_at - timezone.now() + timedelta(seconds=1)
    assert delivery.expires_at - timezone.now() <= timedelta(seconds=600)


def test_only_a_download_has_a_name(track):
    played, saved = deliver(track, "wav"), deliver(track, "wav", download=True)
    assert played is not None
    assert saved is not None
    assert "response-content-disposition" not in query_of(played.url)
    assert query_of(played.url)["response-content-type"] == "audio/wav"
    assert "Rainy night.wav" in query_of(saved.url)["response-content-disposition"]


def test_a_missing_format_is_asked_for_once_per_track_and_format(track, order):
    OrmQ.objects.all().delete()
    other = finish(order("another night"))
    for _ in range(2):
        assert deliver(track, "mp3") is None
        assert deliver(track, "flac") is None
        assert deliver(other, "flac") is None
    expected = [[str(track.pk), "mp3"], [str(track.pk), "flac"], [str(other.pk), "flac"]]
    assert sorted(asked for asked in asked_for() if asked[1] == "flac") == sorted(expected[1:])
    assert [str(track.pk), "mp3"] in asked_for()


def pass_time(monkeypatch, seconds: int) -> None:
    """What is kept in the cache of all processes expires as if so much time had passed."""
    later = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr("django.core.cache.backends.db.tz_now", lambda: later)


def test_a_missing_format_is_asked_for_again_after_a_while(track, monkeypatch):
    OrmQ.objects.all().delete()
    deliver(track, "flac")
    pass_time(monkeypatch, 31)
    deliver(track, "flac")
    assert asked_for() == [[str(track.pk), "flac"]] * 2


@pytest.mark.parametrize(("seconds", "messages"), [(120, 1), (131, 2)])
def test_stems_are_asked_for_again_when_they_could_have_been_played(alice, monkeypatch, seconds, messages):
    job = Job.objects.create(
        owner=alice, engine="composer", input={"prompt": "rain", "duration": 100.0, "seed": 7}
    )
    track = stored_track(job, duration=100.0, score_version=get_engine("composer").score_version)
    OrmQ.objects.all().delete()
    deliver(track, "stems")
    pass_time(monkeypatch, seconds)
    deliver(track, "stems")
    assert asked_for() == [[str(track.pk), "stems"]] * messages


def test_the_small_format_is_played_where_it_is_made(track):
    make_rendition(track.pk, "flac")
    assert listening_format(track) == "wav"
    make_rendition(track.pk, "listen")
    assert listening_format(track) == "listen"


def test_an_address_from_before_a_move_leads_to_the_same_file(track, order):
    other = finish(order("another night"))
    rendition = make_rendition(track.pk, "mp3")
    assert rendition is not None
    before = moved(track, "master.1.wav")
    moved(other, "master.1.wav")
    address = address_after_move(before, {"ResponseContentType": "audio/wav"})
    assert address is not None
    assert urlsplit(address).path.endswith(f"{track.key_prefix}/master.1.wav")
    assert query_of(address)["response-content-type"] == "audio/wav"
    after = rendition.storage_key.replace(".mp3", ".2.mp3")
    Rendition.objects.update(audio=after)
    address = address_after_move(rendition.storage_key, {})
    assert address is not None
    assert urlsplit(address).path.endswith(after)


def test_what_was_not_moved_or_is_deleted_or_no_track_has_no_address(track):
    assert address_after_move(track.storage_key, {}) is None
    assert address_after_move("probe/1234.wav", {}) is None
    assert address_after_move(f"{track.key_prefix}/other.wav", {}) is None
    before = moved(track, "master.1.wav")
    jobs.delete_track(track=track)
    assert address_after_move(before, {}) is None


def test_no_message_is_sent_while_the_cache_holds_one(scripted, order):
    track = stored_track(order())
    OrmQ.objects.all().delete()
    deliver(track, "mp3")
    cache.clear()
    deliver(track, "mp3")
    assert asked_for() == [[str(track.pk), "mp3"]] * 2
