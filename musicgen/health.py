"""Health: `/healthz` for the process and its database, `/readyz` for a worker besides."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generation.models import Worker


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers and reaches its database, else 503."""
    return _answer(_database())


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while music can be made: database and a live worker, else 503 with what is missing."""
    return _answer(_database(), worker=_worker())


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database cannot be reached"
    return "ok"


def _worker() -> str:
    try:
        alive = Worker.objects.alive().exists()
    except DatabaseError:
        return "unknown"
    return "ok" if alive else "no worker is running"


def _answer(database: str, **parts: str) -> JsonResponse:
    states = {"database": database, **parts}
    return JsonResponse(states, status=200 if all(state == "ok" for state in states.values()) else 503)
