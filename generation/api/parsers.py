"""Reading the body of a request: JSON in UTF-8, one object, 1 MiB at most."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser

from generation.api.problems import Problem


class JsonObjectParser(BaseParser):
    """Takes a JSON object. `NaN`, `Infinity` and numbers beyond a float are left for the field to refuse by name."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object. Raises Problem (400) where it is none, RequestDataTooBig above the limit."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if _declared_size(parser_context) > limit:
            raise RequestDataTooBig
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            value = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise Problem(400, "invalid_json", f"The body is not JSON in UTF-8: {_reason(error)}.") from error
        if not isinstance(value, dict):
            raise Problem(400, "not_an_object", 'The body must be a JSON object, such as {"prompt": "rain"}.')
        return value


def _declared_size(parser_context: Mapping[str, Any] | None) -> int:
    request = (parser_context or {}).get("request")
    declared = request.META.get("CONTENT_LENGTH", "") if request is not None else ""
    return int(declared) if str(declared).isdecimal() else 0


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"byte {error.start} begins no character"
        case RecursionError():
            return "it is nested too deeply"
    return "it holds a number with too many digits"
