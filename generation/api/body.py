"""The body of a request, if it can be read at all."""

from typing import Any

from rest_framework import status
from rest_framework.request import Request

from generation.api.problems import Problem


def body_of(request: Request) -> Any:
    """The parsed body. Raises Problem for one that is no JSON object, is too large, or does not declare its length.

    A body sent in chunks reaches a WSGI application as an empty one: better to say so than to miss its fields.
    """
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise Problem(
            status.HTTP_411_LENGTH_REQUIRED,
            "length_required",
            "Send the body in one piece, with its Content-Length: bodies in chunks are not read here.",
        )
    return request.data
