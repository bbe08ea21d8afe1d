"""A site that says all its secrets whenever something goes wrong, as the errors of libraries do: for tests alone."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest
from django.urls import path

from generation.engines.base import ENGINE_UNAVAILABLE, EngineError, Music
from generation.engines.request import MusicRequest
from generation.engines.scripted import ScriptedEngine
from generation.storage import StorageError
from musicgen import urls

logger = logging.getLogger(__name__)
handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)


def all_secrets() -> str:
    """What must never be read, in the forms in which libraries write it."""
    planted = os.environ.get("PLANTED", "")
    return (
        f"{planted} SECRET_KEY={settings.SECRET_KEY!r} {settings.SECRET_KEY} {settings.STORAGE_SECRET_ACCESS_KEY} "
        f"{settings.MODAL_TOKEN_SECRET} {{'password': {planted!r}}} {dict(settings.STORAGES['audio']['OPTIONS'])}"
    )


class LeakingEngine(ScriptedEngine):
    """Fails with every secret in its errors, in the way that the prompt says."""

    def generate(
        self, request: MusicRequest, on_progress: Callable[[float], None], should_stop: Callable[[], bool]
    ) -> Music:
        words = f"{request.prompt} {all_secrets()}"
        logger.info("Now comes %s", words)
        if "refused" in request.prompt:
            raise EngineError(ENGINE_UNAVAILABLE, f"No: {words}", retryable=False, detail=words)
        if "broken" in request.prompt:
            thread = threading.Thread(target=self._explode, args=(words,))
            thread.start()
            thread.join()
            self._explode(words)
        return super().generate(request, on_progress, should_stop)

    def _explode(self, words: str) -> None:
        raise RuntimeError(words)


def leak(request: HttpRequest) -> Any:
    """Fail with every secret and with all that the client has sent."""
    sent = f"{all_secrets()} {request.headers} {request.get_full_path()} {request.COOKIES}"
    logger.warning("Sent: %s %r", sent, request)
    kinds: dict[str, Exception] = {
        "500": RuntimeError(sent),
        "404": Http404(sent),
        "away": OperationalError(sent),
        "storage": StorageError("failed", sent),
    }
    raise kinds[request.GET["as"]]


urlpatterns = [path("leak", leak), path("api/v1/leak", leak), *urls.urlpatterns]
