"""Engines for tests, as Django has an in-memory mail backend: they play a tone, or fail, hang and die on demand."""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from generation.engines.base import (
    CONTENT_REJECTED,
    ENGINE_UNAVAILABLE,
    MAX_IN_FLIGHT,
    EngineError,
    InProcessEngine,
    Music,
    Pending,
    RemoteEngine,
    Song,
    Stopped,
)
from generation.engines.capabilities import Capabilities
from generation.engines.request import MusicRequest

if TYPE_CHECKING:
    from generation.audio.types import Audio

SAMPLE_RATE = 8_000
UNAVAILABLE = EngineError(ENGINE_UNAVAILABLE, "The engine is away.", retryable=True)
REJECTED = EngineError(CONTENT_REJECTED, "The engine will not make this.", retryable=False)
REFUSALS = {"fail": UNAVAILABLE, "reject": REJECTED}
CAPABILITIES = Capabilities(
    title="Scripted engine",
    description="Plays a tone.",
    min_duration=0.1,
    honours=frozenset({"bpm"}),
    deterministic=True,
)


def tone(request: MusicRequest) -> "Audio":
    """A sine of the asked length, its pitch decided by the seed."""
    import numpy as np

    from generation.audio.types import Audio

    time_axis = np.arange(round(request.duration * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    wave = 0.3 * np.sin(2 * np.pi * (220 + (request.seed or 0) % 220) * time_axis)
    return Audio(np.stack([wave, wave]).astype(np.float32), SAMPLE_RATE)


class ScriptedEngine(InProcessEngine):
    """Does what `script` holds next, else what the prompt says in brackets, else plays a tone.

    A step is an exception to raise or a word: "ok", "hang" (until asked to stop), "deaf" (does not even then stop),
    "die" (kills this process), "slow" (a second, with progress), "fail", "reject", "crash". The prompt reaches an
    engine in another process: "[die] a song".
    """

    capabilities = CAPABILITIES

    def __init__(self) -> None:
        self.script: deque[str | Exception] = deque()
        self.made: list[MusicRequest] = []

    def generate(
        self, request: MusicRequest, on_progress: Callable[[float], None], should_stop: Callable[[], bool]
    ) -> Music:
        self.made.append(request)
        self._act(
            self.script.popleft() if self.script else _step_in(request.prompt), on_progress, should_stop
        )
        on_progress(1.0)
        return Music(tone(request), bpm=request.bpm)

    def _act(
        self, step: str | Exception, on_progress: Callable[[float], None], should_stop: Callable[[], bool]
    ) -> None:
        if isinstance(step, Exception):
            raise step
        if step in REFUSALS:
            raise REFUSALS[step]
        if step == "crash":
            raise RuntimeError("scripted crash")
        if step == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        rounds = {"hang": 100_000, "deaf": 100_000, "slow": 20}.get(step, 0)
        for done in range(rounds):
            if step != "deaf" and should_stop():
                raise Stopped
            if step == "slow":
                on_progress(done / rounds)
            time.sleep(0.05)


class ScriptedRemoteEngine(RemoteEngine):
    """Keeps its calls in memory; a call is pending for `rounds` questions, then gives tones or raises its step.

    Of the songs of a call those raise their error whose seeds are in `failing`; `known` are other fields of each Music,
    and a second of music is guessed to cost `usd_per_second`.
    """

    capabilities = CAPABILITIES

    def __init__(
        self, rounds: int = 1, max_in_flight: int = MAX_IN_FLIGHT, usd_per_second: str | None = None
    ) -> None:
        self.usd_per_second = usd_per_second
        self.rounds = rounds
        self.max_in_flight = max_in_flight
        self.script: deque[Exception] = deque()
        self.started: dict[str, Sequence[MusicRequest]] = {}
        self.asked: dict[str, int] = {}
        self.canceled: list[str] = []
        self.failing: dict[int, EngineError] = {}
        self.known: dict[str, Any] = {}
        self._lock = threading.Lock()

    def start(self, requests: Sequence[MusicRequest], job_id: str) -> str:
        with self._lock:
            call_id = f"call-{len(self.started)}"
            self.started[call_id] = requests
            self.asked[call_id] = 0
        return call_id

    def collect(self, call_id: str, timeout: float) -> Sequence[Song] | Pending:
        self.asked[call_id] += 1
        if self.asked[call_id] <= self.rounds:
            time.sleep(min(timeout, 0.05))
            return Pending(progress=self.asked[call_id] / (self.rounds + 1))
        if self.script:
            raise self.script.popleft()
        return [partial(self._song, request) for request in self.started[call_id]]

    def guess_usd(self, music_seconds: float) -> Decimal | None:
        if self.usd_per_second is None:
            return None
        return Decimal(self.usd_per_second) * Decimal(str(music_seconds))

    def cancel(self, call_id: str) -> None:
        self.canceled.append(call_id)

    def _song(self, request: MusicRequest) -> Music:
        if request.seed in self.failing:
            raise self.failing[request.seed]
        return Music(tone(request), **self.known)

    async def progress(self, call_ids: Collection[str]) -> dict[str, float]:
        return {call_id: min(1.0, self.asked[call_id] / (self.rounds + 1)) for call_id in call_ids}


def _step_in(prompt: str) -> str:
    return prompt[1 : prompt.index("]")] if prompt.startswith("[") and "]" in prompt else "ok"
