"""A request has an id until its answer is sent, one line in the log, and no body where HTTP allows none."""

import logging
import re
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from generation.models import Job
from generation.tests.api_calls import client_of
from musicgen.handover import KEY, HandedOverResponse, Handover
from musicgen.logging import job_id, request_id
from musicgen.requests import RequestMiddleware

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_manifest")]
TOKEN = "mg_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde"


def answered(rf, **headers: str) -> tuple[Any, str]:
    """A response, and the request id that was set while it was made."""
    during: list[str] = []

    def respond(request):
        during.append(request_id.get())
        return HttpResponse()

    return RequestMiddleware(respond)(rf.get("/", headers=headers)), during[0]


def served(method: str, path: str) -> tuple[str, dict[str, str], bytes]:
    """What a server gets for a request: the status, the headers and the body, before it drops any."""
    begun: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], error: object = None) -> Any:
        begun.update(status=status, headers=dict(headers))

    environ = RequestFactory().generic(method, path).environ
    response = WSGIHandler()(environ, start)
    try:
        return begun["status"][:3], begun["headers"], b"".join(response)
    finally:
        response.close()


@pytest.fixture
def lines(caplog):
    """The access lines so far."""
    caplog.set_level(logging.INFO, "musicgen.access")
    return lambda: [record for record in caplog.records if record.name == "musicgen.access"]


def test_the_id_of_the_proxy_is_kept(rf):
    response, during = answered(rf, **{"X-Request-ID": "abc-DEF-123"})
    assert response["X-Request-ID"] == during == "abc-DEF-123"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "line\nbreak-0123", "abcdefgh!", "äbcdefghij"])
def test_an_id_that_is_missing_or_malformed_is_replaced(rf, given):
    response, during = answered(rf, **{"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])
    assert response["X-Request-ID"] == during


def test_two_requests_have_two_ids(rf):
    assert answered(rf)[1] != answered(rf)[1]


def test_the_id_stays_until_the_answer_is_sent(rf):
    response, during = answered(rf)
    assert request_id.get() == during
    response.close()
    assert (request_id.get(), job_id.get()) == ("-", "-")


def test_after_an_error_the_id_is_gone(rf):
    def fail(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        RequestMiddleware(fail)(rf.get("/"))
    assert request_id.get() == "-"


def test_what_django_writes_of_an_error_has_the_id(client, caplog):
    seen = []
    logger = logging.getLogger("django.request")

    class Note(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            seen.append((record.getMessage(), request_id.get()))
            return True

    logger.addFilter(note := Note())
    try:
        response = client.get("/nothing/here", headers={"X-Request-ID": "req-12345678"})
    finally:
        logger.removeFilter(note)
    assert response.status_code == 404
    assert seen == [("Not Found: /nothing/here", "req-12345678")]


def test_a_request_has_one_line(client, lines):
    user = User.objects.create_user("alice@example.org", "a long enough secret")
    client.force_login(user)
    response = client.get("/library/?q=rain", headers={"X-Request-ID": "req-12345678"})
    [line] = lines()
    size = len(response.content)
    assert re.fullmatch(rf"GET /library/ 200 \d+\.\d ms {size} bytes user={user.pk}", line.getMessage())
    assert line.levelname == "INFO"
    assert (line.request_id, line.method, line.path) == ("req-12345678", "GET", "/library/")
    assert (line.status, line.bytes, line.user) == (200, size, str(user.pk))
    assert line.ms > 0


def test_a_caller_of_the_api_is_named_whoever_nobody_is_not(lines):
    user = User.objects.create_user("alice@example.org", "a long enough secret")
    client_of(user).get("/api/v1/engines")
    Client().get("/api/v1/engines")
    assert [(line.user, line.status) for line in lines()] == [(str(user.pk), 200), ("-", 401)]


def test_health_and_static_files_have_no_line_but_what_is_missing_has(client, lines, caplog):
    for path in ("/healthz", "/readyz", "/static/nothing.css"):
        client.get(path)
    assert [(line.path, line.status) for line in lines()] == [("/static/nothing.css", 404)]
    assert "/readyz" not in caplog.text


def test_a_line_holds_no_secret_and_stays_one_line(client, lines):
    client.get(f"/jobs?token={TOKEN}")
    client.get(f"/nothing/{TOKEN}")
    client.get("/nothing/%0Aforged%20line")
    client.get("/accounts/password/reset/key/3-c2h0-0123456789/")
    client.get("/" + "x" * 1000)
    paths = [line.path for line in lines()]
    assert paths[:4] == [
        "/jobs",
        "/nothing/mg_***",
        "/nothing/\\nforged line",
        "/accounts/password/reset/key/***/",
    ]
    assert len(paths[4]) == 301


def test_a_request_about_a_job_names_it(client, lines):
    user = User.objects.create_user("alice@example.org", "a long enough secret")
    ordered = client_of(user).post("/api/v1/jobs", {"prompt": "rain"})
    job = Job.objects.get()
    assert ordered.status_code == 202
    client_of(user).get(f"/api/v1/jobs/{job.pk}")
    client.get(f"/jobs/{job.pk}/")
    client.get("/")
    assert [line.job_id for line in lines()] == [str(job.pk)] * 3 + ["-"]


def test_what_is_sent_in_pieces_is_counted_once_it_is_sent(rf, lines):
    response = RequestMiddleware(lambda _: StreamingHttpResponse(iter([b"abc", b"de"])))(rf.get("/"))
    assert lines() == []
    assert b"".join(response) == b"abcde"
    response.close()
    assert [line.bytes for line in lines()] == [5]


def test_a_file_goes_by_the_length_it_is_sent_with(rf, lines, tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    response = RequestMiddleware(lambda _: FileResponse((tmp_path / "file").open("rb")))(rf.get("/"))
    assert response.file_to_stream is not None
    response.close()
    assert [line.bytes for line in lines()] == [5]


@pytest.mark.parametrize(
    "path", ["/", "/library/", "/readyz", "/healthz", "/nothing", "/api/v1/docs", "/api/x"]
)
def test_head_is_answered_without_a_body_and_with_its_length(path):
    status, _, body = served("GET", path)
    assert body
    head_status, head_headers, head_body = served("HEAD", path)
    assert (head_status, head_body) == (status, b"")
    if path not in ("/", "/library/", "/nothing"):  # each of these pages has a token of its own
        assert abs(int(head_headers["Content-Length"]) - len(body)) < 40
    assert int(head_headers["Content-Length"]) > 0


def test_head_of_a_file_closes_it_unread(rf, tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    file = (tmp_path / "file").open("rb")
    response = RequestMiddleware(lambda _: FileResponse(file))(rf.head("/"))
    assert (b"".join(response), response["Content-Length"]) == (b"", "5")
    response.close()
    assert file.closed


@pytest.mark.parametrize("status", [204, 304])
def test_what_may_have_no_body_has_none(rf, status):
    response = RequestMiddleware(lambda _: HttpResponse(b"body", status=status))(rf.get("/"))
    assert response.content == b""
    assert "Content-Length" not in response


def test_an_answer_that_is_handed_over_has_its_line_once_its_connection_is_closed(rf, lines):
    request = rf.get("/api/v1/events")
    request.META[KEY] = Handover()
    response = RequestMiddleware(
        lambda request: HandedOverResponse(request, b"12345", lambda connection: None)
    )(request)
    assert request.META[KEY].response is response
    response.close()
    assert (lines(), request_id.get()) == ([], "-")
    response.ended(100)
    [line] = lines()
    assert (line.path, line.status, line.bytes) == ("/api/v1/events", 200, 105)
    assert line.request_id == response["X-Request-ID"]
