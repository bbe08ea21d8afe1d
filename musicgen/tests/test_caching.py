"""What belongs to somebody is kept by their own browser alone; what says how long it may be kept keeps its word."""

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from generation.tests.api_calls import client_of
from musicgen.caching import PRIVATE, PrivateByDefaultMiddleware

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("without_manifest"),
    pytest.mark.sqlite_is_enough,
]


@pytest.mark.parametrize("who", ["nobody", "guest", "user"])
@pytest.mark.parametrize("path", ["/", "/library/", "/nothing", "/api/v1/nothing"])
def test_pages_are_private(client, who, path):
    if who == "guest":
        client.force_login(User.objects.create_guest())
    elif who == "user":
        client.force_login(User.objects.create_user("alice@example.org", "a long enough secret"))
    assert client.get(path)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["jobs", "tracks", "engines", "genres", "jobs/7"])
def test_answers_of_the_api_are_private(path):
    user = User.objects.create_user("alice@example.org", "a long enough secret")
    assert client_of(user).get(f"/api/v1/{path}")["Cache-Control"] == PRIVATE


def test_what_a_form_leads_to_is_private(client):
    assert client.post("/", {"prompt": "rain", "duration": "30"})["Cache-Control"] == PRIVATE


def test_static_files_are_kept_by_all(settings, tmp_path):
    (tmp_path / "site.css").write_text("body {}")
    response = Client().get("/static/site.css")
    assert (response.status_code, response["Cache-Control"]) == (200, "max-age=60, public")


def test_what_says_itself_how_long_it_may_be_kept_is_left_alone(client, rf):
    assert "no-store" in client.get("/healthz")["Cache-Control"]
    assert client.get("/api/v1/openapi.json")["Cache-Control"] == "public, max-age=300"
    said = HttpResponse(headers={"Cache-Control": "no-store"})
    assert PrivateByDefaultMiddleware(lambda _: said)(rf.get("/"))["Cache-Control"] == "no-store"
