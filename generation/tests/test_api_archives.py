"""`/archives`: many tracks as one zip, by program."""

import io
import uuid
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone

from generation.archives import making, ordering
from generation.models import Archive
from generation.tests.api_calls import API, client_of, finish, problem, wrong_fields

pytestmark = pytest.mark.django_db(transaction=True)
PATH = f"{API}/archives"


@pytest.fixture
def track(scripted, order):
    return finish(order())


@pytest.fixture
def api(alice):
    return client_of(alice)


def test_it_is_ordered_asked_after_and_fetched(api, track):
    ordered = api.post(PATH, {"track_ids": [str(track.pk)], "format": "wav"})
    assert (ordered.status_code, ordered["Retry-After"]) == (202, "2")
    where = ordered["Location"]
    assert ordered.json()["urls"]["self"] == where
    asked = api.get(where)
    assert (asked.json()["status"], asked["Retry-After"]) == ("queued", "2")
    assert problem(api.get(f"{where}/file"), 409, "archive_not_ready")["retryable"] is True
    making.make(Archive.objects.get().pk)
    ready = api.get(where)
    assert (ready.json()["status"], ready.json()["progress"]) == ("ready", 1.0)
    assert "Retry-After" not in ready
    fetched = api.get(ready.json()["urls"]["file"])
    assert fetched.status_code == 302
    zipped = b"".join(Client().get(fetched["Location"]).streaming_content)
    assert len(zipped) == ready.json()["size"]
    assert "Rainy night.wav" in ZipFile(io.BytesIO(zipped)).namelist()


def test_the_format_is_the_one_to_listen_to_unless_it_is_named(api, track):
    assert api.post(PATH, {"track_ids": [str(track.pk)]}).json()["format"] == "mp3"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"track_ids": "required"}),
        ({"track_ids": []}, {"track_ids": "empty"}),
        ({"track_ids": ["rain"]}, {"track_ids": "invalid"}),
        ({"track_ids": [str(uuid.uuid4()) for _ in range(501)]}, {"track_ids": "max_length"}),
        ({"track_ids": [str(uuid.uuid4())]}, {"track_ids": "not_found"}),
        ({"track_ids": [str(uuid.uuid4())], "format": "exe"}, {"format": "invalid_choice"}),
        ({"track_ids": [str(uuid.uuid4())], "kind": "everything"}, {"kind": "unknown_field"}),
    ],
)
def test_what_is_wrong_is_named(api, body, wrong):
    found = wrong_fields(api.post(PATH, body))
    assert found == wrong or ("empty" in wrong.values() and set(found) == set(wrong))


def test_nobody_elses_tracks_nor_archives(api, track, bob):
    theirs = client_of(bob)
    assert wrong_fields(theirs.post(PATH, {"track_ids": [str(track.pk)]})) == {"track_ids": "not_found"}
    where = api.post(PATH, {"track_ids": [str(track.pk)]})["Location"]
    problem(theirs.get(where), 404, "not_found")
    problem(theirs.get(f"{where}/file"), 404, "not_found")


def test_a_token_that_reads_orders_nothing(alice, track):
    problem(client_of(alice, "read").post(PATH, {"track_ids": [str(track.pk)]}), 403, "permission_denied")


def test_all_data_is_not_for_tokens(api, alice, scripted):
    export = ordering.order_everything(owner=alice)
    problem(api.get(f"{PATH}/{export.pk}"), 404, "not_found")


def test_beyond_the_bounds_it_says_when_to_ask_again(api, track, settings):
    settings.QUOTA_ARCHIVES_AT_ONCE = {"guest": 1, "user": 1, "staff": 1}
    settings.QUOTA_ARCHIVES_PER_DAY = {"guest": 1, "user": 1, "staff": 1}
    api.post(PATH, {"track_ids": [str(track.pk)]})
    refused = api.post(PATH, {"track_ids": [str(track.pk)], "format": "wav"})
    assert problem(refused, 429, "concurrency_limited")["retryable"]
    assert refused["Retry-After"] == "30"
    making.make(Archive.objects.get().pk)
    refused = api.post(PATH, {"track_ids": [str(track.pk)], "format": "wav"})
    problem(refused, 429, "quota_exceeded")
    assert int(refused["Retry-After"]) > timedelta(hours=23).total_seconds()


def test_one_that_failed_says_why(api, track):
    where = api.post(PATH, {"track_ids": [str(track.pk)]})["Location"]
    Archive.objects.update(state="failed", error="The disk is full.", expires_at=timezone.now())
    assert api.get(where).json()["error"] == "The disk is full."
    assert problem(api.get(f"{where}/file"), 409, "archive_failed")["detail"] == "The disk is full."
