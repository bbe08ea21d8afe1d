"""Addresses of audio as JSON: `/tracks/{id}/audio-url`, and `include=audio_url` wherever tracks are shown."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import Track
from generation.tests.api_calls import API, client_of, finish, problem, stored_track, wrong_fields
from generation.tracks import renditions

TRACKS = f"{API}/tracks"
INCLUDED = {"include": "audio_url"}


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


@pytest.fixture
def track(scripted, order):
    return stored_track(order())


def test_it_is_json_whatever_is_accepted(client, track, settings):
    for accept in ("*/*", "audio/*", "application/json", "text/html"):
        response = client.get(f"{TRACKS}/{track.pk}/audio-url", headers={"Accept": accept})
        assert (response.status_code, response["Cache-Control"]) == (200, "no-store"), accept
        assert response["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"url", "expires_at", "content_type", "size"}
    assert body["url"].startswith("http://testserver/")
    assert (body["content_type"], body["size"]) == ("audio/wav", track.size)
    left = (datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)).total_seconds()
    assert settings.STORAGE_URL_EXPIRE_SECONDS / 2 - 5 < left <= settings.STORAGE_URL_EXPIRE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_while_a_format_is_made_it_says_when_to_ask_again(client, order):
    track = finish(order(title="Größe"))
    address = f"{TRACKS}/{track.pk}/audio-url"
    pending = client.get(address, {"format": "flac"})
    assert (pending.status_code, pending["Cache-Control"]) == (202, "no-store")
    assert set(pending.json()) == {"detail", "retry_after"}
    assert pending.json()["retry_after"] == int(pending["Retry-After"]) >= 1
    rendition = renditions.make_rendition(track.pk, "flac")
    made = client.get(address, {"format": "flac", "download": "true"}).json()
    assert (made["content_type"], made["size"]) == ("audio/flac", rendition.size)
    assert "Gr%C3%B6%C3%9Fe.flac" in client.get(made["url"])["Content-Disposition"]


def test_a_wrong_question_is_named_and_anothers_track_is_not_there(client, bob, track):
    address = f"{TRACKS}/{track.pk}/audio-url"
    assert wrong_fields(client.get(f"{address}?format=aiff&download=x")) == {
        "format": "unknown",
        "download": "invalid",
    }
    problem(client_of(bob).get(address), 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_tracks_hold_their_address_where_it_is_asked_for(client, order):
    track = finish(job := order())
    shown = {
        "list": lambda query: client.get(TRACKS, query).json()["results"][0],
        "track": lambda query: client.get(f"{TRACKS}/{track.pk}", query).json(),
        "job": lambda query: client.get(f"{API}/jobs/{job.pk}", query).json()["tracks"][0],
        "jobs": lambda query: client.get(f"{API}/jobs", query).json()["results"][0]["tracks"][0],
    }
    for name, get in shown.items():
        plain, with_address = get({}), get(INCLUDED)
        assert not {"audio_url", "expires_at"} & set(plain), name
        assert set(with_address) - set(plain) == {"audio_url", "expires_at"}, name
        audio = client.get(with_address["audio_url"])
        assert len(b"".join(audio)) == track.size, name
        assert datetime.fromisoformat(with_address["expires_at"]) > datetime.now(UTC), name


def test_it_costs_no_query(client, order, settings):
    settings.API_RATE = "1000000/s"  # no count is added meanwhile
    job = order(variations=4)
    for _ in range(4):
        stored_track(job)
    for path in ("tracks", "jobs", f"jobs/{job.pk}"):
        counts = []
        for query in ({}, INCLUDED):
            client.get(f"{API}/{path}", query)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(f"{API}/{path}", query).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1], path


def test_a_track_on_a_storage_that_is_gone_has_none_and_the_others_have(client, order):
    job = order(variations=2)
    lost, kept = stored_track(job), stored_track(job)
    Track.objects.filter(pk=lost.pk).update(storage_type="s3")
    shown = {each["id"]: "audio_url" in each for each in client.get(TRACKS, INCLUDED).json()["results"]}
    assert shown == {str(lost.pk): False, str(kept.pk): True}
    problem(client.get(f"{TRACKS}/{lost.pk}/audio-url"), 503, "storage_failed")


@pytest.mark.parametrize("path", ["tracks", "tracks/{track.pk}", "jobs", "jobs/{track.job_id}"])
def test_what_cannot_be_included_is_refused(client, track, path):
    address = f"{API}/{path.format(track=track)}"
    assert wrong_fields(client.get(address, {"include": "audio_url,peaks"})) == {"include": "unknown"}


def test_the_tag_of_a_track_is_of_what_does_not_pass(client, track):
    included = client.get(f"{TRACKS}/{track.pk}", INCLUDED)
    assert "ETag" not in included
    assert included["Cache-Control"] == "no-store"
    tag = client.get(f"{TRACKS}/{track.pk}")["ETag"]
    changed = client.patch(f"{TRACKS}/{track.pk}", {"favorite": True}, headers={"If-Match": tag})
    assert changed.status_code == 200


def test_tokens_know_nothing_to_include(client):
    assert wrong_fields(client.get(f"{API}/tokens", INCLUDED)) == {"include": "unknown_filter"}
