"""`/audio/{id}`, the short address of audio, for programs and for the browser of its owner."""

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.tests.api_calls import client_of, finish, problem, stored_track

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(scripted, order):
    return finish(order())


def test_a_token_gets_the_audio_of_a_job_and_of_a_track(alice, track):
    client = client_of(alice, "read")
    answers = [client.get(f"/audio/{pk}") for pk in (track.job_id, track.pk)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert answers[0]["Cache-Control"] == "no-store"


def test_a_token_that_may_not_read_is_refused(alice, track):
    problem(client_of(alice, "write").get(f"/audio/{track.pk}"), 403, "permission_denied")


@pytest.mark.parametrize("who", ["bob", "nobody"])
def test_for_anyone_else_it_is_not_there(bob, track, who):
    client = client_of(bob, "read") if who == "bob" else APIClient()
    problem(client.get(f"/audio/{track.pk}"), 404, "audio_not_found")


def test_before_there_is_audio_it_is_not_there(alice, scripted, order):
    problem(client_of(alice, "read").get(f"/audio/{order().pk}"), 404, "audio_not_found")


def test_a_job_has_no_audio_of_its_own_before_it_is_completed(alice, scripted, order):
    job = order(variations=2)
    track = stored_track(job)
    client = client_of(alice, "read")
    problem(client.get(f"/audio/{job.pk}"), 404, "audio_not_found")
    assert client.get(f"/audio/{track.pk}").status_code == 302


def test_a_job_is_heard_by_its_first_track_that_is_kept(alice, scripted, order):
    finish(order())
    job = order(variations=3)
    first = finish(job)
    client = client_of(alice, "read")
    assert str(first.pk) in client.get(f"/audio/{job.pk}")["Location"]
    jobs.delete_track(track=first)
    assert str(job.tracks.get(index=1).pk) in client.get(f"/audio/{job.pk}")["Location"]
    problem(client.get(f"/audio/{first.pk}"), 404, "audio_not_found")


@pytest.fixture
def noted(alice) -> APIClient:
    """A client whose token was noted as used a moment ago, so that `quick_audio` may answer it."""
    client = client_of(alice, "read")
    ApiToken.objects.update(last_used_at=timezone.now())
    return client


def test_a_token_in_use_is_answered_by_one_statement(noted, track, django_assert_num_queries):
    with django_assert_num_queries(1):
        by_track = noted.get(f"/audio/{track.pk}")
    with django_assert_num_queries(2):
        by_job = noted.get(f"/audio/{track.job_id}")
    usual = client_of(track.owner, "read").get(f"/audio/{track.pk}")
    assert by_track["Location"] == by_job["Location"] == usual["Location"]
    assert {answer["Cache-Control"] for answer in (by_track, by_job, usual)} == {"no-store"}


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now()},
        {"scopes": ["write"]},
        {"digest": "0" * 64},
        {"user__is_active": False},
    ],
)
def test_a_token_that_opens_nothing_is_refused_although_it_was_in_use(noted, track, change):
    if "user__is_active" in change:
        User.objects.update(is_active=False)
    else:
        ApiToken.objects.update(**change)
    assert noted.get(f"/audio/{track.pk}").status_code in (401, 403)


def test_a_token_in_use_finds_nothing_of_others_nor_what_was_deleted(noted, bob, track):
    other = stored_track(jobs.submit(owner=bob, request=MusicRequest("rain", 1.0)))
    problem(noted.get(f"/audio/{other.pk}"), 404, "audio_not_found")
    problem(noted.get(f"/audio/{other.job_id}"), 404, "audio_not_found")
    jobs.delete_track(track=track)
    problem(noted.get(f"/audio/{track.pk}"), 404, "audio_not_found")
    problem(noted.get(f"/audio/{track.job_id}"), 404, "audio_not_found")


def test_a_token_in_use_gets_the_first_track_that_is_kept_of_a_completed_job(noted, scripted, order):
    job = order(variations=3)
    first = finish(job)
    assert str(first.pk) in noted.get(f"/audio/{job.pk}")["Location"]
    jobs.delete_track(track=first)
    assert str(job.tracks.get(index=1).pk) in noted.get(f"/audio/{job.pk}")["Location"]
    unfinished = order(variations=2)
    stored_track(unfinished)
    problem(noted.get(f"/audio/{unfinished.pk}"), 404, "audio_not_found")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_has_died_is_replaced(noted, track):
    assert noted.get(f"/audio/{track.pk}").status_code == 302
    connection.connection.close()
    assert noted.get(f"/audio/{track.pk}").status_code == 302


def test_a_token_in_use_is_counted_and_refused_beyond_the_rate(noted, track, settings):
    settings.API_RATE = "2/min"
    answers = [noted.get(f"/audio/{track.pk}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert ["r=1" in answers[0]["RateLimit"], "r=0" in answers[1]["RateLimit"]] == [True, True]
    problem(answers[2], 429, "rate_limited")
