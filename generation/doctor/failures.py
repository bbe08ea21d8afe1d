"""Errors of a bucket, and of the way to it, as outcomes of a step."""

import re
from typing import Any

from botocore.exceptions import ClientError

from generation.storage import StorageError
from generation.storage.hints import hint_for
from generation.storage.vendor import translate_vendor_errors
from musicgen.outbound import Answer, OutboundError

from .place import Place
from .steps import Outcome, failed

# The errors of a link that have the hint of a storage error; all others are ways to be out of reach.
_CODES = {"bad_certificate": "bad_certificate", "no_tls": "no_tls", "too_large": "no_such_bucket"}


def failure_of(error: StorageError, place: Place) -> Outcome:
    """Return the failure that a refused request is."""
    code = _service_code(error)
    detail = f"the service answers {code}" if code else error.problem.rstrip(".")
    return failed(place.without_secrets(detail), place.without_secrets(error.hint or error.problem))


def failure_of_network(error: OutboundError, place: Place) -> Outcome:
    """Return the failure that a service which gives no answer is."""
    case = "not_s3" if error.code == "too_large" else error.code
    hint = hint_for(_CODES.get(error.code, "unreachable"), case, {"service": place.service})
    return failed(error.message, hint)


def refusal_in(answer: Answer, place: Place) -> StorageError:
    """Return the error that botocore would have been given by the same answer."""
    elements = {name: _element(answer.body, name) for name in ("Code", "Message", "Region")}
    response: Any = {
        "Error": {"Code": str(answer.status)} | {name: text for name, text in elements.items() if text},
        "ResponseMetadata": {
            "HTTPStatusCode": answer.status,
            "HTTPHeaders": {name.lower(): value for name, value in answer.headers.items()},
        },
    }
    refusal = ClientError(response, "GetObject")
    try:
        with translate_vendor_errors(place.bucket, place.service):
            raise refusal
    except StorageError as translated:
        return translated


def _service_code(error: StorageError) -> str:
    cause = error.__cause__
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""


def _element(body: bytes, name: str) -> str:
    # By pattern, as no parser of XML should be shown what an unknown server sends.
    match = re.search(rf"<{name}>([^<]{{1,300}})</{name}>", body[:8192].decode(errors="replace"))
    return match[1] if match else ""
