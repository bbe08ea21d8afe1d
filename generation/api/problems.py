"""The answer to a client when something went wrong (RFC 9457). Views raise it; `errors` answers with it.

REST framework imports parsers and throttles before its views are there, so this module imports nothing of them.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from generation.engines.request import FieldError
from musicgen.logging import request_id

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 20


class Problem(Exception):
    """Something the client must know: what happened, to what, and what to do. `code` is for programs.

    One that `is_expected` is no fault of the site whatever its status, such as that all seats are taken: it has its
    line in the access log, and no error is logged.
    """

    def __init__(
        self,
        status_code: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[FieldError] = (),
        retryable: bool = False,
        is_expected: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.retryable = retryable
        self.is_expected = is_expected
        self.headers = dict(headers or {})

    @classmethod
    def in_fields(cls, errors: Iterable[FieldError], code: str = "invalid_request") -> "Problem":
        """What a request with wrong fields is answered: 400, naming them."""
        named = list(errors)
        detail = " ".join(error.message for error in named[:MAX_ERRORS])
        return cls(HTTPStatus.BAD_REQUEST, code, detail, errors=named)

    def body(self) -> dict[str, Any]:
        """The members of the problem as JSON values."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status_code).phrase,
            "status": int(self.status_code),
            "detail": printable(self.detail),
            "code": self.code,
            "errors": [
                {"field": printable(error.field), "code": error.code, "message": printable(error.message)}
                for error in self.errors[:MAX_ERRORS]
            ],
            "retryable": self.retryable,
            "request_id": request_id.get(),
        }


def printable(text: str) -> str:
    """The text without what JSON in UTF-8 cannot carry: half of a surrogate pair becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()
