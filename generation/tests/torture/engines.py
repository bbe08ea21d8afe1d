"""The engines of the drills: the composer, a remote one whose service counts its calls, and one that takes its time."""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from generation.engines.base import (
    ENGINE_UNAVAILABLE,
    EngineError,
    InProcessEngine,
    Music,
    Pending,
    RemoteEngine,
    Song,
    Stopped,
    Unreachable,
)
from generation.engines.request import MusicRequest
from generation.engines.scripted import CAPABILITIES, tone

URL_VARIABLE = "REMOTE_ENGINE_URL"
ANSWER_SECONDS = 10.0
LOOK_SECONDS = 0.05


class CountedEngine(RemoteEngine):
    """Has a tone made by the service at the address in the environment."""

    capabilities = CAPABILITIES

    def start(self, requests: Sequence[MusicRequest], job_id: str) -> str:
        orders = [request.as_json() for request in requests]
        call_id: str = _asked("start", job_id=job_id, requests=orders)["call_id"]
        return call_id

    def collect(self, call_id: str, timeout: float) -> Sequence[Song] | Pending:
        answer = _asked("collect", call_id=call_id, timeout=timeout)
        if answer["state"] == "pending":
            return Pending(answer["progress"])
        if answer["state"] == "done":
            requests = [MusicRequest.from_json(request) for request in answer["requests"]]
            return [partial(_song, request) for request in requests]
        raise EngineError(ENGINE_UNAVAILABLE, f"The remote call is {answer['state']}.", retryable=True)

    def cancel(self, call_id: str) -> None:
        _asked("cancel", call_id=call_id)


def _song(request: MusicRequest) -> Music:
    return Music(tone(request))


class RealTimeEngine(InProcessEngine):
    """Takes as long to make a tone as that lasts."""

    capabilities = CAPABILITIES

    def generate(
        self, request: MusicRequest, on_progress: Callable[[float], None], should_stop: Callable[[], bool]
    ) -> Music:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < request.duration:
            if should_stop():
                raise Stopped
            on_progress(passed / request.duration)
            time.sleep(LOOK_SECONDS)
        return Music(tone(request))


ENGINES = {
    "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
    "remote": {"BACKEND": f"{__name__}.CountedEngine"},
    "slow": {"BACKEND": f"{__name__}.RealTimeEngine"},
}


def _asked(what: str, **question: Any) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{os.environ[URL_VARIABLE]}/{what}",
        data=json.dumps(question).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except (OSError, http.client.HTTPException) as error:  # every URLError is an OSError
        raise Unreachable(f"The remote engine did not answer ({error}).") from error
