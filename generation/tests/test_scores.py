"""MIDI and stems by API and page: whose they are, which tracks have them, and what is said where there are none."""

import io

import mido
import pytest
from django_q.models import OrmQ
from rest_framework.test import APIClient

from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.general_midi import PROGRAMS
from generation.composer.writing.compose import SCORE_VERSION, compose
from generation.models import Track
from generation.tests.api_calls import API, client_of, problem, stored_track, wrong_fields
from generation.tests.web_pages import text_of
from generation.tracks import renditions

pytestmark = pytest.mark.django_db
ENGINES = {
    "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
    "scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"},
}


@pytest.fixture(autouse=True)
def engines(settings) -> None:
    settings.ENGINES = ENGINES
    settings.GENERATION_ENGINE = "composer"


@pytest.fixture
def track(order) -> Track:
    """The row of a track by the built-in composer."""
    job = order("quiet piano", duration=5.0, genre="ambient", key="A minor")
    return stored_track(job, title="Día: 1/2", duration=5.0, score_version=SCORE_VERSION)


@pytest.fixture
def played(settings, order) -> Track:
    """The row of a track by an engine that writes no score."""
    settings.GENERATION_ENGINE = "scripted"
    return stored_track(order())


@pytest.fixture
def reader(alice) -> APIClient:
    return client_of(alice, "read")


def outdated(track: Track) -> Track:
    Track.objects.filter(pk=track.pk).update(score_version=SCORE_VERSION + 1)
    return track


def test_the_midi_of_a_track_is_that_of_its_score(reader, track):
    answer = reader.get(f"{API}/tracks/{track.pk}/midi")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/octet-stream")
    assert answer["Cache-Control"] == "no-store"
    assert "filename*=UTF-8''D%C3%ADa%201%202.mid" in answer["Content-Disposition"]
    file = mido.MidiFile(file=io.BytesIO(answer.content))
    bpm = track.job.request.bpm
    score = compose(read_prompt("quiet piano", duration=5.0, seed=7, genre="ambient", bpm=bpm, key="A minor"))
    tempo = next(message.tempo for message in file.tracks[0] if message.type == "set_tempo")
    assert abs(mido.tempo2bpm(tempo) - bpm) < 1e-3
    assert abs(file.length - 5.0) < 0.002
    assert len(file.tracks) == 1 + len(score.parts)


def test_the_midi_of_a_track_may_be_had_as_it_is_written(reader, alices, track):
    address = f"{API}/tracks/{track.pk}/midi"
    heard = reader.get(address)
    for answer in (reader.get(f"{address}?quantised=1"), alices.get(f"/tracks/{track.pk}/midi?quantised=1")):
        assert answer.status_code == 200
        assert answer.content != heard.content
        assert "filename*=UTF-8''D%C3%ADa%201%202%20%28quantised%29.mid" in answer["Content-Disposition"]
    assert reader.get(f"{address}?quantised=0").content == heard.content
    assert wrong_fields(reader.get(f"{address}?quantised=x")) == {"quantised": "invalid"}


def test_a_score_of_more_parts_than_midi_has_channels_can_be_had_by_api_and_page(
    reader, client, alice, order
):
    every = "with " + ", ".join(name.replace("_", " ") for name in PROGRAMS)
    track = stored_track(order(every, duration=5.0, genre="pop"), duration=5.0, score_version=SCORE_VERSION)
    client.force_login(alice)
    for answer in (reader.get(f"{API}/tracks/{track.pk}/midi"), client.get(f"/tracks/{track.pk}/midi")):
        assert answer.status_code == 200
        assert len(mido.MidiFile(file=io.BytesIO(answer.content)).tracks) > 1 + 15


def test_midi_is_given_to_whatever_client_asks(reader, track):
    for accepted in ("audio/midi", "*/*", "application/json"):
        answer = reader.get(f"{API}/tracks/{track.pk}/midi", headers={"Accept": accepted})
        assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["midi", "audio?format=stems"])
def test_for_anyone_else_they_are_not_there(bob, track, path):
    problem(client_of(bob).get(f"{API}/tracks/{track.pk}/{path}"), 404, "not_found")
    problem(APIClient().get(f"{API}/tracks/{track.pk}/{path}"), 401, "not_authenticated")


@pytest.mark.parametrize("path", ["midi", "audio?format=stems"])
def test_a_track_without_a_score_has_none_and_says_why(reader, played, path):
    refused = problem(reader.get(f"{API}/tracks/{played.pk}/{path}"), 409, "no_score")
    assert refused["detail"].startswith("Scripted engine writes no score")
    assert not refused["retryable"]


@pytest.mark.parametrize("path", ["midi", "audio?format=stems"])
def test_a_score_of_another_version_is_gone(reader, track, path):
    OrmQ.objects.all().delete()
    refused = problem(reader.get(f"{API}/tracks/{outdated(track).pk}/{path}"), 410, "score_outdated")
    assert "generate the music again" in refused["detail"]
    assert not OrmQ.objects.exists()


def test_a_track_from_before_there_were_versions_or_of_an_engine_that_is_gone_has_none(
    reader, track, settings
):
    Track.objects.filter(pk=track.pk).update(score_version=None)
    problem(reader.get(f"{API}/tracks/{track.pk}/midi"), 410, "score_outdated")
    settings.ENGINES = {"scripted": ENGINES["scripted"]}
    problem(reader.get(f"{API}/tracks/{track.pk}/midi"), 409, "no_score")
    assert reader.get(f"{API}/tracks/{track.pk}").json()["urls"]["stems"] is None


def test_stems_are_asked_for_once_and_then_made_by_a_worker(reader, track):
    OrmQ.objects.all().delete()
    for _ in range(2):
        answer = reader.get(f"{API}/tracks/{track.pk}/audio?format=stems")
        assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert OrmQ.objects.count() == 1
    assert [message.task["args"] for message in OrmQ.objects.all()] == [(str(track.pk), "stems")]
    rendition = renditions.make_rendition(track.pk, "stems")
    answer = reader.get(
        f"{API}/tracks/{track.pk}/audio?format=stems&download=1", headers={"Accept": "application/json"}
    ).json()
    assert (answer["content_type"], answer["size"]) == ("application/zip", rendition.size)
    file = APIClient().get(answer["url"])
    assert (file["Content-Type"], b"".join(file)[:2]) == ("application/zip", b"PK")
    assert "D%C3%ADa%201%202%20%28stems%29.zip" in file["Content-Disposition"]


def test_stems_that_are_kept_outlive_the_score(reader, track):
    renditions.make_rendition(track.pk, "stems")
    assert reader.get(f"{API}/tracks/{outdated(track).pk}/audio?format=stems").status_code == 302


def test_tracks_and_engines_say_what_there_is(reader, track, played):
    body = reader.get(f"{API}/tracks/{track.pk}").json()
    base = f"http://testserver{API}/tracks/{track.pk}"
    assert body["score_version"] == SCORE_VERSION
    assert (body["urls"]["midi"], body["urls"]["stems"]) == (f"{base}/midi", f"{base}/audio?format=stems")
    body = reader.get(f"{API}/jobs/{played.job_id}").json()["tracks"][0]
    assert (body["score_version"], body["urls"]["midi"], body["urls"]["stems"]) == (None, None, None)
    engines = reader.get(f"{API}/engines").json()["results"]
    assert {engine["name"]: (engine["midi"], engine["stems"]) for engine in engines} == {
        "composer": (True, True),
        "scripted": (False, False),
    }


def test_a_page_offers_midi_and_stems_of_a_track_that_has_a_score(alices, track, played):
    html = alices.get(f"/tracks/{track.pk}/").content.decode()
    assert f'href="/tracks/{track.pk}/midi"' in html
    assert f'href="/tracks/{track.pk}/midi?quantised=1"' in html
    assert f'href="/tracks/{track.pk}/audio?format=stems&amp;download=1"' in html
    for other in (played, outdated(track)):
        html = alices.get(f"/tracks/{other.pk}/").content.decode()
        assert "/midi" not in html
        assert "stems" not in html


def test_the_menu_of_a_card_offers_them_too(alices, track):
    assert f'href="/tracks/{track.pk}/midi"' in alices.get("/library/").content.decode()
    outdated(track)
    assert "/midi" not in alices.get("/library/").content.decode()


def test_from_a_page_midi_is_saved_under_the_title(alices, track):
    answer = alices.get(f"/tracks/{track.pk}/midi")
    assert (answer["Content-Type"], answer.content[:4]) == ("application/octet-stream", b"MThd")
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_a_page_waits_for_stems(alices, track):
    answer = alices.get(f"/tracks/{track.pk}/audio?format=stems&download=1")
    assert answer.status_code == 202
    assert f"The stems of “{track.title}” are being made" in text_of(answer)


def test_where_there_is_no_score_a_page_says_why(alices, track, played):
    for path in ("midi", "audio?format=stems"):
        answer = alices.get(f"/tracks/{played.pk}/{path}")
        assert answer.status_code == 409
        assert "writes no score" in text_of(answer)
        answer = alices.get(f"/tracks/{outdated(track).pk}/{path}")
        assert answer.status_code == 410
        assert "has changed since it made this track" in text_of(answer)


def test_another_users_are_not_there_as_pages(client, bob, track):
    client.force_login(bob)
    for path in ("midi", "audio?format=stems"):
        assert client.get(f"/tracks/{track.pk}/{path}").status_code == 404
