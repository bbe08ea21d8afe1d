"""What each line of the log says: the request and the job it belongs to, and no secret."""

import io
import json
import logging
import logging.config
import sys
import threading
from typing import Any

import pytest

from musicgen.logging import (
    IdFilter,
    hide_secrets,
    job_id,
    log_configuration,
    log_uncaught_errors,
    name_job,
    request_id,
    with_ids,
    working_on,
)
from musicgen.scrubbing import scrubbed

TOKEN = "mg_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde"


@pytest.fixture
def ids():
    """A request and a job, as they are known while both are worked on."""
    token = request_id.set("req-12345678")
    with working_on("job-1"):
        yield
    request_id.reset(token)


def recorded() -> logging.LogRecord:
    record = logging.makeLogRecord({})
    assert IdFilter().filter(record)
    return record


def written(record: dict[str, Any], *, as_json: bool) -> str:
    """A line as the configured handler writes it."""
    configurator = logging.config.DictConfigurator(log_configuration(as_json=as_json))
    configuration = configurator.config
    name = configuration["handlers"]["console"]["formatter"]
    formatter = configurator.configure_formatter(configuration["formatters"][name])
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(formatter)
    handler.addFilter(configurator.configure_filter(configuration["filters"]["ids"]))
    handler.handle(logging.makeLogRecord({"name": "music", "levelname": "INFO", **record}))
    return stream.getvalue()


def test_a_record_gets_the_ids_it_was_written_under(ids):
    record = recorded()
    assert (record.request_id, record.job_id) == ("req-12345678", "job-1")
    assert record.ids == "request_id=req-12345678 job_id=job-1 "


def test_outside_of_a_request_there_are_none():
    record = recorded()
    assert (record.request_id, record.job_id, record.ids) == ("-", "-", "")


def test_a_record_that_brings_its_ids_keeps_them(ids):
    record = logging.makeLogRecord({"request_id": "req-of-before"})
    IdFilter().filter(record)
    assert (record.request_id, record.job_id) == ("req-of-before", "job-1")


def test_the_job_is_named_until_the_work_on_it_ends():
    with working_on("job-1"):
        with working_on("job-2"):
            assert job_id.get() == "job-2"
        assert job_id.get() == "job-1"
    assert job_id.get() == "-"


def test_a_request_names_the_job_that_it_is_about(ids):
    name_job("job-2")
    assert job_id.get() == "job-2"


def test_without_a_request_a_job_that_was_just_ordered_is_not_named_for_ever():
    name_job("job-2")
    assert job_id.get() == "-"


def test_the_job_is_not_named_any_more_where_the_work_on_it_fails():
    with pytest.raises(ZeroDivisionError), working_on("job-1"):
        raise ZeroDivisionError
    assert job_id.get() == "-"


def test_another_thread_takes_the_ids_along_where_it_is_given_them(ids):
    seen = []
    for act in (lambda: seen.append(job_id.get()), with_ids(lambda: seen.append(job_id.get()))):
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()
    assert seen == ["-", "job-1"]


def test_lines_are_text():
    assert written({"msg": "hello"}, as_json=False).endswith(" INFO music hello\n")


def test_lines_of_text_have_the_ids(ids):
    line = written({"msg": "hello"}, as_json=False)
    assert line.endswith(" INFO music request_id=req-12345678 job_id=job-1 hello\n")


def test_lines_are_json_with_the_ids(ids):
    line = json.loads(written({"msg": "hello"}, as_json=True))
    assert {name: line[name] for name in ("levelname", "name", "message", "request_id", "job_id")} == {
        "levelname": "INFO",
        "name": "music",
        "message": "hello",
        "request_id": "req-12345678",
        "job_id": "job-1",
    }
    assert "ids" not in line


@pytest.mark.parametrize("as_json", [False, True])
def test_secrets_are_hidden_in_messages_arguments_tracebacks_and_fields(rf, as_json):
    try:
        raise RuntimeError(f"refused {TOKEN}")
    except RuntimeError:
        record = {
            "msg": f"first {TOKEN}, then %s and %r",
            "args": (TOKEN, {"token": TOKEN}),
            "exc_info": sys.exc_info(),
            "request": rf.get(f"/jobs?token={TOKEN}"),
            "more": [{"password": "hunter2"}, ValueError(TOKEN)],
        }
    line = written(record, as_json=as_json)
    assert "RuntimeError: refused mg_***" in line
    assert TOKEN not in line
    assert "hunter2" not in line


def test_what_ends_a_thread_is_a_line_of_the_log(monkeypatch, caplog):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_uncaught_errors()
    thread = threading.Thread(target=with_ids(lambda: 1 / 0))
    thread.start()
    thread.join()
    [record] = caplog.records
    assert (record.levelname, record.exc_info[0]) == ("CRITICAL", ZeroDivisionError)
    caplog.clear()
    sys.excepthook(KeyboardInterrupt, None, None)
    assert caplog.records == []


def test_neither_gunicorn_nor_runserver_says_what_the_access_log_says():
    loggers = log_configuration(as_json=False)["loggers"]
    assert loggers["gunicorn.access"] == {"handlers": [], "propagate": False}
    assert loggers["django.server"]["level"] == "CRITICAL"
    assert loggers["gunicorn.error"]["handlers"] == ["console"]


def test_keys_that_the_site_had_before_are_hidden_each(monkeypatch):
    monkeypatch.setattr("musicgen.scrubbing._values", None)
    settings = {
        "DATABASES": {},
        "SECRET_KEY": "present-key",
        "SECRET_KEY_FALLBACKS": ["former-key", "first-key"],
    }
    hide_secrets(settings, {"SECRET_KEY_FALLBACKS": "former-key,first-key"})
    assert scrubbed("present-key, former-key and first-key") == "***, *** and ***"
