"""The addresses under which players and downloads find the audio."""

import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from django_q.models import OrmQ

from generation.models import Job
from generation.tests.api_calls import finish
from generation.tracks import renditions


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
    renditions.make_rendition(track.pk, "mp3")
    location = alices.get(f"/tracks/{track.pk}/audio")["Location"]
    assert urlsplit(location).path.endswith(".mp3")
    assert urlsplit(alices.get(f"/tracks/{track.pk}/audio?format=wav")["Location"]).path.endswith(".wav")


def test_a_download_is_saved_under_the_title(alices, track):
    location = alices.get(f"/tracks/{track.pk}/audio?format=wav&download=1")["Location"]
    assert alices.get(location)["Content-Disposition"].startswith("attachment")
    assert "Rainy night.wav" in str(parse_qs(urlsplit(location).query))


def test_a_format_that_is_still_to_be_made_is_asked_for_and_waited_for(alices, track):
    OrmQ.objects.all().delete()
    response = alices.get(f"/tracks/{track.pk}/audio?format=mp3&download=1")
    assert (response.status_code, response["Retry-After"]) == (202, "2")
    assert b'<meta http-equiv="refresh" content="2">' in response.content
    assert OrmQ.objects.count() == 1


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
