"""`/audio/{id}`, the short address of audio, for programs and for the browser of its owner."""

import pytest
from rest_framework.test import APIClient

from generation import jobs
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
