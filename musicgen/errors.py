"""What is answered where no view could answer: a problem to programs, a page to people.

Django calls these for errors of addresses, of middleware and of views that catch nothing.
"""

import sys
from http import HTTPStatus

from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views import csrf, defaults

from generation.api.error_handler import DATABASE_AWAY_SECONDS, answer, is_database_away, problem_of
from generation.api.problems import Problem

API_ROOT = "/api/"
SUSPENDED = "account_suspended"
_BAD_REQUEST = "This request cannot be understood. Nothing was changed."
_BAD_HOST = "This site does not answer to that host name. Use the address under which you know it."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for a body that is too large."""
    if not _is_for_program(request):
        return defaults.bad_request(request, exception)
    match exception:
        case DisallowedHost():
            return answer(Problem(HTTPStatus.BAD_REQUEST, "bad_host", _BAD_HOST))
        case RequestDataTooBig() | TooManyFieldsSent():
            return answer(problem_of(exception))
    return answer(Problem(HTTPStatus.BAD_REQUEST, "bad_request", _BAD_REQUEST))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    problem = problem_of(exception)
    if _is_for_program(request):
        return answer(problem)
    if problem.code == SUSPENDED:
        context = {"may_log_out": getattr(exception, "may_log_out", False)}
        page = render(request, "account/account_inactive.html", context, status=HTTPStatus.FORBIDDEN)
        page._has_been_logged = True  # type: ignore[attr-defined]  # or Django logs where it was raised, each time
        return page
    return defaults.permission_denied(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token."""
    if _is_for_program(request):
        detail = "The request of a session lacks its CSRF token. Send it as X-CSRFToken, or use an API token."
        return answer(Problem(HTTPStatus.FORBIDDEN, "csrf_failed", detail))
    return csrf.csrf_failure(request, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, of another version of the API too."""
    if _is_for_program(request):
        detail = "The API has no such address; /api/v1/docs lists those it has."
        return answer(Problem(HTTPStatus.NOT_FOUND, "not_found", detail))
    try:
        return defaults.page_not_found(request, exception)
    except PermissionDenied as suspended:  # the page was the first to ask whose session it is
        return permission_denied(request, suspended)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away. Uses nothing that may have been what failed."""
    error = sys.exc_info()[1]
    if _is_for_program(request):
        return answer(problem_of(error or RuntimeError()))
    if not is_database_away(error):
        return defaults.server_error(request)
    page = loader.get_template("503.html").render()
    return HttpResponse(
        page,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(DATABASE_AWAY_SECONDS)},
    )


def _is_for_program(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith(API_ROOT)
