"""Answers that need not be sent twice: an `ETag`, and 304 to whoever has it already."""

import hashlib
import json
from typing import Any

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response


def etag_of(data: Any) -> str:
    """The strong tag of an answer of JSON values."""
    text = json.dumps(data, default=str, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def if_changed(request: Request, response: Response, etag: str) -> HttpResponseBase:
    """The response under this tag, or 304 if the client has it."""
    response["ETag"] = etag
    answer = get_conditional_response(request._request, etag=etag, response=response) or response
    if "Retry-After" in response:
        answer["Retry-After"] = response["Retry-After"]
    return answer
