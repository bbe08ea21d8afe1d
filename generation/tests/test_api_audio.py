"""`/audio/{id}`, the short address of audio, for programs and for the browser of its owner."""

import pytest
from rest_framework.test import APIClient

from generation.tests.api_calls import client_of, finish, problem

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
