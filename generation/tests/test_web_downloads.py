"""The addresses under which players and downloads find the audio."""

import re
import uuid
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation.audio.formats import FORMATS
from generation.models import Job
from generation.tests.api_calls import finish
from generation.tests.web_pages import text_of
from generation.tracks import renditions
from generation.web.views.downloads import MOST_TRIES
from generation.worker import tasks


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def track(order):
    return finish(order())


def test_a_player_is_sent_to_the_signed_address_of_the_master(alices, track):
    response = alices.get(f"/tracks/{track.pk}/audio")
    assert response.status_code == 302
    assert "no-store" in response["Cache-Control"]
    assert response["Location"].startswith(f"/files/{track.audio.name}?")
    audio = alices.get(response["Location"])
    assert b"".join(audio)[:4] == b"RIFF"


def test_the_small_format_is_played_once_it_is_made(alices, track):
    renditions.make_rendition(track.pk, "listen")
    location = alices.get(f"/tracks/{track.pk}/audio")["Location"]
    assert urlsplit(location).path.endswith(".mp3")
    assert urlsplit(alices.get(f"/tracks/{track.pk}/audio?format=wav")["Location"]).path.endswith(".wav")


def test_a_download_is_saved_under_the_title(alices, track):
    location = alices.get(f"/tracks/{track.pk}/audio?format=wav&download=1")["Location"]
    assert alices.get(location)["Content-Disposition"].startswith("attachment")
    assert "Rainy night.wav" in str(parse_qs(urlsplit(location).query))


def test_a_format_that_is_still_to_be_made_is_asked_for_and_waited_for(alices, track):
    OrmQ.objects.all().delete()
    address = f"/tracks/{track.pk}/audio?format=mp3&download=1"
    response = alices.get(address)
    assert (response.status_code, response["Retry-After"]) == (202, "2")
    assert OrmQ.objects.count() == 1
    again = next_try(response)
    assert again == f"{address}&tries=1"
    renditions.make_rendition(track.pk, "mp3")
    assert alices.get(again)["Location"] == alices.get(address)["Location"]


def next_try(response) -> str | None:
    """The address that the page asks by itself, None where it has stopped."""
    found = re.search(r'http-equiv="refresh" content="2;url=([^"]+)"', response.content.decode())
    return unescape(found[1]) if found else None


def test_a_page_that_has_waited_for_long_asks_no_more_and_says_so(alices, track):
    address = f"/tracks/{track.pk}/audio?format=mp3&download=1"
    assert next_try(alices.get(f"{address}&tries={MOST_TRIES - 1}")) == f"{address}&tries={MOST_TRIES}"
    response = alices.get(f"{address}&tries={MOST_TRIES}")
    assert next_try(response) is None
    assert "This takes longer than usual" in text_of(response)
    assert f'href="{address.replace("&", "&amp;")}"' in response.content.decode()
    assert next_try(alices.get(f"{address}&tries=rubbish")) is not None


AS_JSON = {"Accept": "application/json"}


def test_a_script_is_told_the_address_and_when_it_ends(alices, track):
    address = f"/tracks/{track.pk}/audio"
    response = alices.get(address, headers=AS_JSON)
    said = response.json()
    assert said["url"] == alices.get(address)["Location"]
    assert (said["content_type"], said["size"]) == ("audio/wav", track.size)
    ends = datetime.fromisoformat(said["expires_at"]) - timezone.now()
    assert timedelta(minutes=30) - timedelta(seconds=5) <= ends <= timedelta(hours=1)
    assert ("no-store" in response["Cache-Control"], "Accept" in response["Vary"]) == (True, True)
    # What a media element and a browser send.
    for accept in ("*/*", "audio/webm,audio/*;q=0.9,*/*;q=0.5", "text/html,application/xhtml+xml,*/*;q=0.8"):
        assert alices.get(address, headers={"Accept": accept}).status_code == 302


def test_a_script_is_told_that_a_format_is_being_made_or_cannot_be(alices, track):
    response = alices.get(f"/tracks/{track.pk}/audio?format=opus&download=1", headers=AS_JSON)
    assert (response.status_code, response["Retry-After"]) == (202, "2")
    assert "Opus" in response.json()["detail"]
    for address in (f"/tracks/{track.pk}/audio?format=stems", f"/tracks/{track.pk}/midi"):
        response = alices.get(address, headers=AS_JSON)
        assert response.status_code == 409
        assert "writes no score" in response.json()["detail"]


def test_a_format_that_could_not_be_made_is_said_once_and_then_tried_again(alices, track, monkeypatch):
    address = f"/tracks/{track.pk}/audio?format=flac&download=1"
    assert alices.get(address).status_code == 202

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(renditions, "make_rendition", fail)
    with pytest.raises(ZeroDivisionError):
        tasks.make_rendition(str(track.pk), "flac")
    response = alices.get(address)
    assert response.status_code == 503
    assert "FLAC of “Rainy night” could not be made" in text_of(response)
    OrmQ.objects.all().delete()
    assert alices.get(address).status_code == 202
    assert OrmQ.objects.count() == 1
    with pytest.raises(ZeroDivisionError):
        tasks.make_rendition(str(track.pk), "flac")
    assert alices.get(address, headers=AS_JSON).json() == {"detail": tasks.UNEXPECTED}


def test_every_format_there_is_can_be_downloaded_from_the_page(alices, track):
    html = alices.get(f"/tracks/{track.pk}/").content.decode()
    assert set(re.findall(r"audio\?format=(\w+)&amp;download=1", html)) == set(FORMATS)


def test_a_format_that_there_is_not_is_not_found(alices, track):
    assert alices.get(f"/tracks/{track.pk}/audio?format=exe").status_code == 404


def test_the_short_address_takes_a_job_or_a_track(alices, track):
    by_job = alices.get(f"/audio/{track.job_id}")
    by_track = alices.get(f"/audio/{track.pk}")
    assert by_job.status_code == by_track.status_code == 302
    assert by_job["Location"] == by_track["Location"]
    assert urlsplit(by_job["Location"]).path.endswith(".wav")
    assert "no-store" in by_job["Cache-Control"]


def test_the_short_address_is_not_found_before_there_is_a_track_and_for_nothing(alices, order):
    assert alices.get(f"/audio/{order().pk}").status_code == 404
    assert alices.get(f"/audio/{uuid.uuid4()}").status_code == 404
    assert alices.get("/audio/rubbish").status_code == 404


def test_a_job_is_heard_by_its_first_track(alices, order):
    job: Job = order("two", variations=2)
    first = finish(job)
    assert alices.get(f"/audio/{job.pk}")["Location"] == alices.get(f"/audio/{first.pk}")["Location"]


def test_another_users_audio_is_not_there(client, bob, track):
    for address in (f"/audio/{track.pk}", f"/audio/{track.job_id}", f"/tracks/{track.pk}/audio"):
        assert client.get(address).status_code == 404
    client.force_login(bob)
    for address in (f"/audio/{track.pk}", f"/audio/{track.job_id}", f"/tracks/{track.pk}/audio"):
        assert client.get(address).status_code == 404
