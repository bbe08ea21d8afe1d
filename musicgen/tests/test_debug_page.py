"""The page of an error with `DEBUG` on: all that helps, and no secret."""

from typing import NoReturn

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from musicgen.debug_page import ScrubbedReporter

TOKEN = "mg_" + "k3Jx9Q" * 6
PASSWORD = "hunter2-and-more"


def leak(request: HttpRequest) -> NoReturn:
    """Fail with secrets in variables, in the error, and in the error before it."""
    password = PASSWORD
    message = f"refused {TOKEN}"
    try:
        raise ValueError(f"password={password}")
    except ValueError as error:
        raise RuntimeError(message) from error


urlpatterns = [path("leak", leak)]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_the_debug_page_tells_no_secret(settings, accept):
    settings.DEBUG = True
    client = Client(raise_request_exception=False, headers={"Accept": accept})
    client.cookies["sessionid"] = PASSWORD
    answer = client.post(
        f"/leak?token={TOKEN}",
        {"password": PASSWORD, "title": "Rain"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    page = answer.content.decode()
    assert answer.status_code == 500
    for secret in (TOKEN, PASSWORD, settings.SECRET_KEY):
        assert secret not in page
    assert "RuntimeError" in page
    assert "refused mg_***" in page
    assert "password=***" in page
    if accept == "text/html":
        assert "Rain" in page


def test_djangos_own_page_would_tell(settings, rf, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setattr("musicgen.debug_page._scrubbed_items", list)
    monkeypatch.setattr("musicgen.debug_page.scrubbed", str)
    try:
        leak(rf.get("/leak"))
    except RuntimeError as error:
        page = ScrubbedReporter(rf.get("/leak"), type(error), error, error.__traceback__).get_traceback_html()
    assert TOKEN in page
    assert PASSWORD in page
