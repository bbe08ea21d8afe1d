"""What Sentry is sent of an error, read where it arrives: enough to mend it, and nothing of whom it met."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from generation.tests.running_site import migrated
from generation.tests.sentry_server import sentry_server
from musicgen import scrubbing
from musicgen.sentry import without_persons
from musicgen.tests.commands import python

PROMPT, EMAIL, CSRF = "lullabyforzanzibar", "zebulon@hush.example", "abcdefgh" * 4
TOKEN = "mg_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde"
# An order on which everything goes wrong, with all that a site knows at that moment in everything that Sentry looks at.
FAILING = f"""
import logging
import django
django.setup()
import sentry_sdk
from django.conf import settings
from django.test import RequestFactory
from accounts.models import User
from generation.web.order_form import OrderForm
from musicgen.wsgi import application

def order(form, owner, **kept):
    local = form.cleaned_data["prompt"]
    list(User.objects.filter(email="{EMAIL}"))
    logging.getLogger("musicgen").info("An order of %s with %s", "{EMAIL}", "{TOKEN}", extra={{"words": local}})
    raise RuntimeError("The account {EMAIL} with {TOKEN} cannot order")

OrderForm.order = order
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
headers = {{
    "Authorization": "Bearer {TOKEN}",
    "Cookie": "words={PROMPT}; csrftoken={CSRF}",
    "Referer": "http://localhost/?q={PROMPT}",
    "X-Words": "{PROMPT}",
}}
words = {{"prompt": "{PROMPT}", "duration": "30", "email": "{EMAIL}", "csrfmiddlewaretoken": "{CSRF}"}}
asked = RequestFactory(SERVER_NAME="localhost").post("/?words={PROMPT}&email={EMAIL}", words, headers=headers)
answered = []
list(application(asked.environ, lambda status, headers: answered.append(status)))
assert answered == ["500 Internal Server Error"], answered
logging.getLogger("musicgen").error("Cannot reach %s", "{EMAIL}", extra={{"words": "{PROMPT}", "job_id": "job-1"}})
sentry_sdk.flush(10)
"""


@pytest.fixture
def received(tmp_path: Path) -> str:
    shutil.copyfile(migrated(), tmp_path / "db.sqlite3")
    with sentry_server() as sentry:
        variables = {"SENTRY_DSN": sentry.dsn, "DJANGO_SETTINGS_MODULE": "musicgen.settings"}
        ended = python(tmp_path, "-c", FAILING, **variables)
    assert ended.returncode == 0, ended.stderr
    return "\n".join(sentry.received)


def test_prompts_addresses_cookies_and_tokens_stay_here(received):
    found = [planted for planted in (PROMPT, EMAIL, "zebulon", CSRF, TOKEN) if planted in received]
    assert found == []
    # The test can fail: the errors have arrived, with where they were and what was done before.
    events = [
        json.loads(line) for line in received.splitlines() if '"event_id"' in line and '"level"' in line
    ]
    [order] = [event for event in events if event.get("exception")]
    [error] = order["exception"]["values"]
    assert error["type"] == "RuntimeError"
    assert error["value"] == "The account *** with mg_*** cannot order"
    frames = error["stacktrace"]["frames"]
    assert "order" in [frame["function"] for frame in frames]
    assert [frame for frame in frames if "vars" in frame] == []
    assert order["request"]["method"] == "POST"
    assert order["request"]["url"] == "http://localhost/"
    assert set(order["request"]) == {"method", "url", "headers"}
    assert set(order["request"]["headers"]) <= {"Content-Length", "Content-Type", "Host"}
    assert {crumb["type"] for crumb in order["breadcrumbs"]["values"]} == {"log"}
    assert "An order of *** with mg_***" in received
    [line] = [event for event in events if "Cannot reach ***" in str(event.get("logentry"))]
    assert set(line["extra"]) == {"job_id", "request_id"}


def test_a_database_does_not_tell_the_row_that_it_refused():
    refused = "duplicate key value violates unique constraint\nDETAIL:  Key (title)=(lullaby) already exists."
    values: list[dict[str, Any]] = [
        {"module": "psycopg.errors", "type": "UniqueViolation", "value": refused},
        {"module": "django.db.utils", "type": "IntegrityError", "value": refused},
        {"module": "builtins", "type": "ValueError", "value": "two\nlines"},
    ]
    event = without_persons({"exception": {"values": values}}, {})
    assert [each["value"] for each in event["exception"]["values"]] == [
        *["duplicate key value violates unique constraint"] * 2,
        "two\nlines",
    ]


def test_secrets_are_hidden_too(monkeypatch):
    monkeypatch.setattr(scrubbing, "_values", None)
    event = {
        "message": f"refused {TOKEN}",
        "extra": {"password": "hunter2", "request_id": "r-1"},
        "user": {"id": "1"},
    }
    assert without_persons(event, {}) == {"message": "refused mg_***", "extra": {"request_id": "r-1"}}
