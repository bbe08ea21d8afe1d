"""Errors as clients of the API get them: `application/problem+json` (RFC 9457), whatever went wrong."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.views import set_rollback

from accounts.rates import TooOften
from accounts.suspension import Suspended
from generation.api.problems import CONTENT_TYPE, Problem
from generation.engines.blocklist import Blocked, Unchecked
from generation.engines.request import FieldError, RequestError
from generation.jobs import OwnerGone
from generation.models.quotas import QuotaExceeded
from generation.storage import StorageError
from generation.tracks.missing import AudioMissing
from generation.tracks.scores import NoScore, OutdatedScore

logger = logging.getLogger(__name__)
MAX_FIELD_NAME = 60
_NOT_FOUND = "There is nothing at this address, or it is not yours."
_TOO_LARGE = "The body of a request may have at most 1 MiB."
_TOO_MANY = "The query of a request may have at most 1,000 parameters."
DATABASE_AWAY_SECONDS = 5
STORAGE_AWAY_SECONDS = 30
UNCHECKED_SECONDS = 60


def problem_handler(error: Exception, context: dict[str, Any]) -> JsonResponse:
    """Turn whatever a view raised into a problem. The unexpected is logged, with the request's id."""
    problem = problem_of(error)
    if is_database_away(error) or problem.code == "internal":
        logger.error("%s failed", type(context.get("view")).__name__, exc_info=error)
    set_rollback()
    return answer(problem)


def answer(problem: Problem) -> JsonResponse:
    """The problem as a response, whatever form the view has for what goes well."""
    response = JsonResponse(
        problem.body(), status=problem.status_code, headers=problem.headers, content_type=CONTENT_TYPE
    )
    if problem.is_expected:
        response._has_been_logged = True  # type: ignore[attr-defined]  # or Django logs an error for any 5xx
    return response


def is_database_away(error: BaseException | None) -> bool:
    """Whether the database, rather than what was asked of it, is why this failed: later it may go well."""
    return isinstance(error, OperationalError | InterfaceError)


def problem_of(error: BaseException) -> Problem:
    """What a client learns of an error; of one that should not be, only that it was."""
    return _problem_of(error) or Problem(
        status.HTTP_500_INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong here. Try again; if it happens again, tell the operator the request_id.",
        retryable=True,
    )


@csrf_exempt
def unknown_route(request: HttpRequest) -> JsonResponse:
    """Answer whatever has no view of its own below the API's root."""
    problem = Problem(
        status.HTTP_404_NOT_FOUND,
        "not_found",
        "The API has no such address; /api/v1/docs lists those it has.",
    )
    return answer(problem)


def _problem_of(error: BaseException) -> Problem | None:
    match error:
        case Problem():
            return error
        case Unchecked():
            return Problem(
                status.HTTP_503_SERVICE_UNAVAILABLE,
                "words_unchecked",
                str(error),
                retryable=True,
                headers={"Retry-After": str(UNCHECKED_SECONDS)},
            )
        case Blocked():
            return Problem.in_fields(error.errors, "words_blocked")
        case RequestError():
            return Problem.in_fields(error.errors)
        case QuotaExceeded():
            return Problem(
                status.HTTP_429_TOO_MANY_REQUESTS,
                error.code,
                str(error),
                retryable=True,
                headers={"Retry-After": str(error.retry_after)},
            )
        case OwnerGone():
            return Problem(
                status.HTTP_409_CONFLICT,
                "guest_deleted",
                str(error),
                retryable=True,
                headers={"Retry-After": "1"},
            )
        case TooOften():
            return _rate_limited(error.wait)
        case Http404():
            return Problem(status.HTTP_404_NOT_FOUND, "not_found", _NOT_FOUND)
        case Suspended():
            return Problem(status.HTTP_403_FORBIDDEN, error.code, str(error))
        case DjangoPermissionDenied():
            return _problem_of(exceptions.PermissionDenied())
        case RequestDataTooBig():
            return Problem(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", _TOO_LARGE)
        case TooManyFieldsSent():
            return Problem(status.HTTP_400_BAD_REQUEST, "too_many_parameters", _TOO_MANY)
        case SuspiciousOperation():
            return Problem(status.HTTP_400_BAD_REQUEST, "bad_request", "This request cannot be understood.")
        case OperationalError() | InterfaceError():
            return Problem(
                status.HTTP_503_SERVICE_UNAVAILABLE,
                "database_unavailable",
                f"The database cannot be reached. Try again in {DATABASE_AWAY_SECONDS} seconds.",
                retryable=True,
                headers={"Retry-After": str(DATABASE_AWAY_SECONDS)},
            )
        case UnreadablePostError():
            return Problem(
                status.HTTP_400_BAD_REQUEST, "incomplete_body", "The body broke off.", retryable=True
            )
        case AudioMissing():
            return Problem(status.HTTP_410_GONE, "audio_missing", error.public)
        case StorageError():
            return Problem(
                status.HTTP_503_SERVICE_UNAVAILABLE,
                "storage_failed",
                error.public,
                retryable=error.retryable,
                headers={"Retry-After": str(STORAGE_AWAY_SECONDS)} if error.retryable else None,
            )
        case OutdatedScore():
            return Problem(status.HTTP_410_GONE, "score_outdated", str(error))
        case NoScore():
            return Problem(status.HTTP_409_CONFLICT, "no_score", str(error))
        case exceptions.ValidationError():
            return Problem.in_fields(field_errors(error.detail))
        case exceptions.APIException():
            return _problem_of_framework(error)
    return None


def _problem_of_framework(error: exceptions.APIException) -> Problem:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(auth_header)
    if isinstance(error, exceptions.Throttled):
        return _rate_limited(int(getattr(error, "wait", None) or 1))
    code = getattr(error.detail, "code", error.default_code)
    return Problem(error.status_code, code, str(error.detail), headers=headers)


def _rate_limited(seconds: int) -> Problem:
    wait = str(max(1, seconds))
    return Problem(
        status.HTTP_429_TOO_MANY_REQUESTS,
        "rate_limited",
        f"Too many requests. Ask again in {wait} seconds.",
        retryable=True,
        headers={"Retry-After": wait},
    )


def field_errors(detail: Any) -> Iterator[FieldError]:
    """The errors of a validation, one by one. Those inside a list or an object go by its name."""
    if not isinstance(detail, Mapping):
        detail = {"": detail}
    for name, nested in detail.items():
        field = str(name)[:MAX_FIELD_NAME]
        yield from (FieldError(field, leaf.code or "invalid", str(leaf)) for leaf in _leaves(nested))


def _leaves(detail: Any) -> Iterator[exceptions.ErrorDetail]:
    if isinstance(detail, exceptions.ErrorDetail):
        yield detail
        return
    for nested in detail.values() if isinstance(detail, Mapping) else detail:
        yield from _leaves(nested)
