"""The site's addresses, and one for each page that tells of a failure: /fails/404, /fails/403_csrf."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from musicgen.errors import csrf_failure
from musicgen.urls import handler400, handler403, handler404, handler500
from musicgen.urls import urlpatterns as own

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

FAILURES: dict[str, Exception] = {
    "400": SuspiciousOperation(),
    "403": PermissionDenied(),
    "404": Http404(),
    "500": RuntimeError("asked to fail"),
    "503": OperationalError("connection refused"),
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    """Fail as asked, or show the page that has this name."""
    if name in FAILURES:
        raise FAILURES[name]
    if name == "403_csrf":
        return csrf_failure(request, "asked to fail")
    return render(request, f"{name}.html", status=int(name))


urlpatterns = [path("fails/<slug:name>", fail), *own]
