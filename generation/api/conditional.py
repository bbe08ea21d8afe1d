"""Conditions of a request (RFC 9110): not sent twice what the client has, not changed what it has not seen."""

import hashlib
import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from generation.api.headers import header
from generation.api.problems import Problem


def etag_of(data: Any) -> str:
    """The strong tag of an answer of JSON values."""
    text = json.dumps(data, default=str, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def if_changed(request: Request, response: Response, etag: str) -> HttpResponseBase:
    """The response under this tag, or 304 if the client has it. Raises Problem (412) as `If-Match` asks."""
    check_conditions(request)
    response["ETag"] = etag
    answer = get_conditional_response(request._request, etag=etag, response=response) or response
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise changed_meanwhile()
    if "Retry-After" in response:
        answer["Retry-After"] = response["Retry-After"]
    return answer


def check_conditions(request: Request) -> None:
    """Raises Problem (400) for conditions that are too long to be any."""
    for name in ("If-Match", "If-None-Match"):
        header(request, name)


def must_match(request: Request, etag: str) -> bool:
    """Whether the request is for the thing under this tag alone. Raises Problem (412) where it is for another.

    Without `If-Match`, and with `If-Match: *`, it is for the thing as it may be.
    """
    tags = parse_etags(header(request, "If-Match", "*"))
    if tags == ["*"]:
        return False
    if etag not in tags:
        raise changed_meanwhile()
    return True


def changed_meanwhile() -> Problem:
    """What is answered where something is not as the client has seen it."""
    return Problem(
        HTTPStatus.PRECONDITION_FAILED,
        "changed_meanwhile",
        "It has changed since you read the ETag in “If-Match”. Read it again, and decide anew.",
    )
