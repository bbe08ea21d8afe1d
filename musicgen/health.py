"""Health: `/healthz` for the process and its database, `/readyz` for all that music needs besides."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generation.models import Worker
from generation.storage import StorageError, storage_of
from musicgen.services import OK, Service

# A key of audio that is not there: to hear so takes the keys, the signature and the bucket.
PROBE = "tracks/00000000-0000-0000-0000-000000000000/00000000-0000-0000-0000-000000000000/probe.wav"
# What the site goes on without: requests are counted less exactly then.
DISPENSABLE = ("redis",)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers and reaches its database, else 503."""
    database = _database()
    return JsonResponse({"database": database}, status=200 if database == OK else 503)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while music can be made and heard, else 503; with how everything is that this takes.

    `status` is ready, degraded (200 too: Redis is away, and the site goes on without) or unavailable.
    """
    states = {"database": _database(), "worker": _worker(), **services()}
    wrong = {name for name, state in states.items() if state != OK}
    status = "unavailable" if wrong - set(DISPENSABLE) else "degraded" if wrong else "ready"
    return JsonResponse({"status": status, **states}, status=503 if status == "unavailable" else 200)


def services() -> dict[str, str]:
    """How those are that this site is set up to use, each asked at most every few seconds: `redis` and `storage`."""
    states = {}
    if settings.REDIS_URL:
        states["redis"] = REDIS.state()
    if "s3" in settings.STORAGES:
        states["storage"] = BUCKET.state()
    return states


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database cannot be reached"
    return OK


def _worker() -> str:
    try:
        alive = Worker.objects.alive().exists()
    except DatabaseError:
        return "unknown"
    return OK if alive else "no worker is running"


def _redis() -> str:
    from musicgen.redis_cache import FAILURES, check

    try:
        check(settings.REDIS_URL)
    except FAILURES:
        return "cannot be used; each process counts for itself"
    return OK


def _bucket() -> str:
    try:
        storage_of("s3").open(PROBE).close()
    except FileNotFoundError:
        return OK
    except StorageError as error:
        # Keys that may not list hear so of what is not there: nobody can say from here what else they may.
        return OK if error.code == "access_denied" else f"the bucket cannot be used ({error.code})"
    return OK


REDIS = Service(_redis)
BUCKET = Service(_bucket)
