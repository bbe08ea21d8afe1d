"""A visitor's music is theirs: before there is an account, when one is made, and when one was there already."""

import pytest
from django.test import Client

from accounts.models import User
from generation.models import Job, Track
from generation.tests.api_calls import finish
from generation.tests.web_pages import text_of

pytestmark = pytest.mark.django_db
SECRET = "a long enough secret"


@pytest.fixture
def visitor(scripted) -> Client:
    """A browser whose visitor made a track without an account."""
    client = Client()
    client.post("/", {"prompt": "rainy night", "duration": "30", "variations": "1"})
    finish(Job.objects.get())
    return client


def test_signing_up_keeps_the_tracks(visitor):
    guest = User.objects.get()
    response = visitor.post("/accounts/signup/", {"email": "dana@example.org", "password1": SECRET})
    assert response.status_code == 302
    user = User.objects.get()
    assert (user.pk, user.email, user.is_guest) == (guest.pk, "dana@example.org", False)
    assert "Rainy night" in text_of(visitor.get("/library/"))


def test_logging_in_takes_the_tracks_along(visitor, alice):
    visitor.post("/accounts/login/", {"login": "alice@example.org", "password": SECRET})
    assert User.objects.get() == alice
    assert (Job.objects.get().owner, Track.objects.get().owner) == (alice, alice)
    assert "Rainy night" in text_of(visitor.get("/library/"))


def test_another_visitor_sees_nothing_of_it(visitor):
    track = Track.objects.get()
    stranger = Client()
    assert stranger.get(f"/tracks/{track.pk}/").status_code == 404
    assert stranger.get(f"/audio/{track.pk}").status_code == 404


def test_without_guests_a_visitor_is_asked_to_log_in(client, scripted, settings):
    settings.GUESTS_ALLOWED = False
    response = client.post("/", {"prompt": "rainy night", "duration": "30", "variations": "1"})
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert not Job.objects.exists()
