"""Errors that no view answers: programs get a problem, people a page, and of a database that is away both hear."""

import socket
from collections.abc import Iterator

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import User
from generation.tests.api_calls import client_of, problem
from musicgen import urls
from musicgen.tests.commands import python

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_manifest")]
ASKING = """
import django; django.setup()
from django.test import Client
client = Client(headers={"host": "localhost", "authorization": "Bearer mg_0123456789"}, raise_request_exception=False)
for path in ("/api/v1/jobs", "/api/v1/engines"):
    answer = client.get(path)
    print(answer.status_code, answer["Retry-After"], answer["Content-Type"])
"""


def fail(request: HttpRequest) -> HttpResponse:
    kind = {"denied": PermissionDenied, "bad": BadRequest, "explode": RuntimeError, "away": OperationalError}
    raise kind[request.GET["with"]]("password=hunter2")


class Failing:
    """The site's addresses and two more, at which nothing goes well."""

    urlpatterns = [path("fails", fail), path("api/v1/fails", fail), *urls.urlpatterns]
    handler400, handler403 = urls.handler400, urls.handler403
    handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def failing(settings) -> None:
    settings.ROOT_URLCONF = Failing


@pytest.fixture
def away() -> Iterator[None]:
    """The database answers nothing."""

    def refuse(*_: object) -> None:
        raise OperationalError("connection to server failed")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v2/jobs", "/api/v1/nothing", "/api/v1", "/api", "/api/v1/jobs/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_an_address_of_the_api_that_is_none(address, method):
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    problem(strict.generic(method, address), 404, "not_found")


def test_a_host_that_is_not_ours(client):
    problem(client.get("/api/v1/jobs", headers={"host": "evil.example"}), 400, "bad_host")
    problem(client.get("/api/v2", headers={"host": "evil.example"}), 400, "bad_host")
    page = client.get("/", headers={"host": "evil.example"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "evil.example" not in page.content.decode()


def test_a_session_without_its_csrf_token():
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("alice@example.org", "a long enough secret"))
    answer = strict.post("/api/v1/jobs", {"prompt": "rain"}, content_type="application/json")
    problem(answer, 403, "permission_denied")
    page = strict.post("/", {"prompt": "rain"})
    assert (page.status_code, page["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "This page was too old" in page.content.decode()


def test_a_form_below_the_api_without_its_csrf_token(failing):
    strict = Client(enforce_csrf_checks=True)
    problem(strict.post("/api/v1/fails?with=bad"), 403, "csrf_failed")


def test_a_query_with_more_parameters_than_are_read(client):
    user = User.objects.create_user("alice@example.org", "a long enough secret")
    answer = client_of(user).get("/api/v1/jobs?" + "a&" * 1001)
    problem(answer, 400, "too_many_parameters")


def test_a_body_that_is_too_large(client):
    user = User.objects.create_user("alice@example.org", "a long enough secret")
    problem(client_of(user).post("/api/v1/jobs", {"prompt": "x" * 1_100_000}), 413, "too_large")
    assert client.post("/", {"prompt": "x" * 1_100_000}).status_code == 400


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("denied", 403, "permission_denied"),
        ("bad", 400, "bad_request"),
        ("explode", 500, "internal"),
        ("away", 503, "database_unavailable"),
    ],
)
def test_an_error_is_a_problem_to_programs_and_a_page_to_people(failing, client, error, status, code):
    answer = client.get(f"/api/v1/fails?with={error}")
    problem(answer, status, code)
    page = client.get(f"/fails?with={error}")
    assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
    for said in (answer, page):
        assert b"hunter2" not in said.content
        assert ("Retry-After" in said) == (status == 503)


def test_while_the_database_is_away_all_is_503(client, away):
    caller = Client(headers={"authorization": "Bearer mg_0123456789"}, raise_request_exception=False)
    for address in ("/api/v1/jobs", "/api/v1/tracks", "/api/v1/engines"):
        answer = caller.get(address)
        assert problem(answer, 503, "database_unavailable")["retryable"] is True
        assert answer["Retry-After"] == "5"
    client.cookies["sessionid"] = "0123456789abcdef0123456789abcdef"
    for address in ("/", "/library/", "/nothing"):
        page = client.get(address)
        assert (page.status_code, page["Retry-After"]) == (503, "5")
        assert "Your music is safe" in page.content.decode()


def test_a_connection_that_broke_is_the_database_too(failing, client, monkeypatch):
    def broken(*_: object) -> None:
        raise InterfaceError("connection already closed")

    with connection.execute_wrapper(broken):
        caller = Client(headers={"authorization": "Bearer mg_0123456789"})
        problem(caller.get("/api/v1/jobs"), 503, "database_unavailable")


def test_a_database_that_is_down_is_503_from_the_first_request(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        url = f"postgresql://nobody:hunter2-of-nobody@127.0.0.1:{closed.getsockname()[1]}/none"
        ended = python(
            tmp_path, "-c", ASKING, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="musicgen.settings", DEBUG=""
        )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["503 5 application/problem+json"] * 2
    assert "hunter2-of-nobody" not in ended.stderr
