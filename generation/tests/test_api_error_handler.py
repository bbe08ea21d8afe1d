"""What every call answers when it cannot do what was asked, and who may call."""

import logging

import pytest
from django.http import UnreadablePostError
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from generation import jobs
from generation.api.error_handler import problem_of
from generation.api.parsers import JsonObjectParser
from generation.api.problems import Problem
from generation.engines.request import FieldError
from generation.models import Job
from generation.storage import StorageError
from generation.tests.api_calls import API, client_of, problem

PATHS = ["jobs", "tracks", "engines", "genres"]


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_nobody_in_particular_is_asked_who_they_are(path):
    response = APIClient().get(f"{API}/{path}")
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_a_token_that_is_none(scripted):
    client = APIClient(HTTP_AUTHORIZATION="Bearer mg_wrong")
    response = client.post(f"{API}/jobs", {"prompt": "rain"})
    problem(response, 401, "authentication_failed")
    assert response["WWW-Authenticate"] == "Bearer"
    assert not Job.objects.exists()


def test_a_reading_token_changes_nothing(alice, scripted, order):
    job = order()
    client = client_of(alice, "read")
    assert client.get(f"{API}/jobs/{job.pk}").status_code == 200
    problem(client.post(f"{API}/jobs/{job.pk}/cancel"), 403, "permission_denied")
    problem(client.post(f"{API}/jobs", {"prompt": "rain"}), 403, "permission_denied")
    job.refresh_from_db()
    assert job.status == "queued"


@pytest.mark.django_db
def test_a_guest_orders_with_the_session(scripted):
    guest = User.objects.create_guest()
    browser = Client()
    browser.force_login(guest)
    response = browser.post(f"{API}/jobs", {"prompt": "rain"}, content_type="application/json")
    assert response.status_code == 202
    assert Job.objects.get().owner == guest


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path", ["", "nothing", "jobs/", "jobs/7", "jobs/7/cancel", "tracks/not-a-uuid/audio", "engines/composer"]
)
def test_an_address_that_is_none(client, method, path):
    problem(getattr(client, method)(f"{API}/{path}"), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("put", "jobs"), ("delete", "tracks"), ("post", "engines")])
def test_a_method_that_is_none(client, method, path):
    response = getattr(client, method)(f"{API}/{path}")
    problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("path", PATHS)
def test_options_list_the_methods(client, path):
    response = client.options(f"{API}/{path}")
    assert response.status_code == 200
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_its_body(client, path):
    response = client.head(f"{API}/{path}")
    assert (response.status_code, response.content) == (200, b"")


def test_a_surprise_is_logged_and_answered_without_its_secrets(client, monkeypatch, caplog):
    def explode(**_):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(jobs, "submit", explode)
    with caplog.at_level(logging.ERROR, "generation.api.error_handler"):
        response = client.post(f"{API}/jobs", {"prompt": "rain"}, headers={"X-Request-ID": "req-1234567890"})
    body = problem(response, 500, "internal")
    assert body["request_id"] == "req-1234567890"
    assert body["retryable"] is True
    assert "hunter2" not in response.content.decode()
    assert "hunter2" in caplog.text
    assert "Jobs failed" in caplog.text


def test_a_body_that_breaks_off(client, monkeypatch, caplog):
    def break_off(*_):
        raise UnreadablePostError("connection reset")

    monkeypatch.setattr(JsonObjectParser, "parse", break_off)
    problem(client.post(f"{API}/jobs", {"prompt": "rain"}), 400, "incomplete_body")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.django_db
def test_who_is_nobody_is_limited_by_the_address(settings):
    settings.API_RATE = "1/hour"
    for address in ("203.0.113.1", "203.0.113.2"):
        browser = Client(REMOTE_ADDR=address)
        assert [browser.get(f"{API}/openapi.json").status_code for _ in range(2)] == [200, 429]


def test_a_storage_that_is_away_for_a_while_says_when_to_ask_again():
    assert problem_of(StorageError("busy", "Away.", retryable=True)).headers == {"Retry-After": "30"}
    assert problem_of(StorageError("access_denied", "No.")).headers == {}


def test_a_problem_names_only_what_can_be_printed():
    body = Problem.in_fields([FieldError("\ud800", "unknown_field", "no \udfff")] * 30).body()
    assert body["errors"][0] == {"field": "\\ud800", "code": "unknown_field", "message": "no \\udfff"}
    assert len(body["errors"]) == 20
    body["detail"].encode()
