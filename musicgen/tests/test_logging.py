"""The id of a request on its response and its lines, and how lines are written."""

import io
import json
import logging
import logging.config
import re

import pytest
from django.http import HttpResponse

from musicgen.logging import (
    RequestIdFilter,
    RequestIdMiddleware,
    log_configuration,
    request_id,
)


def answered(rf, **headers: str) -> tuple[HttpResponse, str]:
    """A response, and the request id that was set while it was made."""
    during: list[str] = []

    def respond(request):
        during.append(request_id.get())
        return HttpResponse()

    return RequestIdMiddleware(respond)(rf.get("/", headers=headers)), during[0]


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


def test_after_the_request_the_id_is_gone_also_after_an_error(rf):
    def fail(request):
        raise ZeroDivisionError

    answered(rf)
    assert request_id.get() == "-"
    with pytest.raises(ZeroDivisionError):
        RequestIdMiddleware(fail)(rf.get("/"))
    assert request_id.get() == "-"


def test_a_record_gets_the_id_of_its_request():
    record = logging.makeLogRecord({})
    assert RequestIdFilter().filter(record)
    assert record.request_id == "-"
    token = request_id.set("abcdefgh")
    try:
        RequestIdFilter().filter(record)
    finally:
        request_id.reset(token)
    assert record.request_id == "abcdefgh"


def written(*, as_json: bool) -> str:
    """A line as the configured handler writes it."""
    configurator = logging.config.DictConfigurator(log_configuration(as_json=as_json))
    configuration = configurator.config
    name = configuration["handlers"]["console"]["formatter"]
    formatter = configurator.configure_formatter(configuration["formatters"][name])
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(formatter)
    handler.addFilter(configurator.configure_filter(configuration["filters"]["request_id"]))
    handler.handle(logging.makeLogRecord({"name": "music", "levelname": "INFO", "msg": "hello"}))
    return stream.getvalue()


def test_lines_are_text():
    assert written(as_json=False).endswith(" INFO music hello\n")


def test_lines_are_json_with_the_request_id():
    line = json.loads(written(as_json=True))
    assert (line["levelname"], line["name"], line["message"], line["request_id"]) == (
        "INFO",
        "music",
        "hello",
        "-",
    )
