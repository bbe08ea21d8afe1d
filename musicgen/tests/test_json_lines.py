"""With LOG_FORMAT=json everything that web and worker write is JSON: gunicorn's lines, commands', warnings and mail."""

import io
import json
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management.base import CommandError

from generation.management.commands import qcluster, serve
from musicgen.printed_mail import JsonLines
from musicgen.tests.commands import python
from musicgen.tests.test_settings import settings_of

GUNICORN = """
import warnings
from gunicorn.config import Config
config = Config()
config.set("loglevel", "info")
from musicgen.gunicorn_log import SiteLogger
log = SiteLogger(config)
log.info("Starting gunicorn %s", "27")
log.debug("not shown")
log.warning("token=%s", "planted-secret-0123456789")
warnings.warn("old", UserWarning)
"""


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_gunicorn_writes_as_the_site_does(tmp_path, log_format):
    ended = python(
        tmp_path, "-c", GUNICORN, LOG_FORMAT=log_format, STORAGE_SECRET_ACCESS_KEY="planted-secret-0123456789"
    )
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "planted-secret" not in ended.stderr
    if log_format == "text":
        assert " INFO gunicorn.error Starting gunicorn 27\n" in ended.stderr
        return
    lines = lines_of(ended.stderr)
    assert [(line["levelname"], line["name"]) for line in lines] == [
        ("INFO", "gunicorn.error"),
        ("WARNING", "gunicorn.error"),
        ("WARNING", "py.warnings"),
    ]
    assert lines[0]["message"] == "Starting gunicorn 27"


def test_warnings_are_lines(tmp_path):
    code = "import django, warnings; django.setup(); warnings.warn('old')"
    ended = python(tmp_path, "-c", code, LOG_FORMAT="json", DJANGO_SETTINGS_MODULE="musicgen.settings")
    [line] = lines_of(ended.stderr)
    assert line["name"] == "py.warnings"
    ended = python(tmp_path, "-c", code, DJANGO_SETTINGS_MODULE="musicgen.settings")
    assert "UserWarning: old" in ended.stderr.splitlines()[0]


@pytest.mark.parametrize("command", [serve.Command, qcluster.Command])
def test_what_a_command_says_is_a_line(settings, caplog, command):
    settings.LOG_FORMAT = "json"
    caplog.set_level("INFO")
    made = command()
    made.stdout.write("It is starting")
    made.stderr.write(str(CommandError("The port is taken.\nChoose another.")))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "It is starting"),
        ("ERROR", "The port is taken.\nChoose another."),
    ]
    settings.LOG_FORMAT = "text"
    out = io.StringIO()
    command(stdout=out).stdout.write("It is starting")
    assert out.getvalue() == "It is starting\n"


def test_mail_that_is_printed_is_a_line(tmp_path):
    stream = io.StringIO()
    message = EmailMessage("Hello", "Two\nlines", "site@example.org", ["alice@example.org"])
    assert JsonLines(stream=stream).send_messages([message]) == 1
    [line] = lines_of(stream.getvalue())
    assert "To: alice@example.org" in line["message"]
    assert "Two\nlines" in line["message"]


def test_mail_is_printed_so_only_where_lines_are_json_and_there_is_no_other_way(tmp_path):
    def backend(**variables: str) -> str:
        [found] = settings_of(tmp_path, "EMAIL_BACKEND", **variables)
        return str(found)

    assert backend() == "django.core.mail.backends.console.EmailBackend"
    assert backend(LOG_FORMAT="json") == "musicgen.printed_mail.JsonLines"
    assert "smtp" in backend(LOG_FORMAT="json", EMAIL_URL="smtp://mail.example.org:25")
