"""The examination of an engine: what it is, and one short piece of music made by it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from generation.engines.base import Engine, EngineError, InProcessEngine, Music, Pending, RemoteEngine
from generation.engines.request import MusicRequest

from .steps import Finding, Outcome, Step, examine, failed, ok, skipped

PROMPT = "A calm piano over soft rain"
SEED = 7
COLLECT_SECONDS = 1.0
# Below this a listener hears nothing: −60 dBFS.
SILENCE = 0.001
TRY_AGAIN = "Try again; where it is so again, the model or its app has to be looked at."


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows: whether to make music, which may cost money, and how many seconds that may take."""

    song: bool = True
    seconds: float = 900.0


@dataclass(slots=True)
class Examination:
    engine: Engine
    limits: Limits

    def findings(self) -> Iterator[Finding]:
        yield from examine(self.steps(), explain)

    def steps(self) -> list[Step]:
        return [
            Step("able", self._able, timed=False),
            Step("song", self._song, timed=False),
        ]

    def _able(self) -> Outcome:
        can = self.engine.capabilities
        licence = f", licence {can.licence}" if can.licence else ""
        fields = ", ".join(sorted(can.honours)) or "nothing but the prompt"
        note = f". {can.licence_note}" if can.licence_note else ""
        return ok(
            f"{can.title}{licence}; {can.min_duration:g} to {can.max_duration:g} s; heeds {fields}{note}"
        )

    def _song(self) -> Outcome:
        if not self.limits.song:
            return skipped("it was not wanted (--no-song)")
        can = self.engine.capabilities
        request = self.engine.checked(MusicRequest(PROMPT, max(5.0, can.min_duration), seed=SEED))
        began = time.monotonic()
        music = self._made(self.engine.resolve(request).request)
        took = time.monotonic() - began
        audio = music.audio
        if float(np.max(np.abs(audio.samples), initial=0.0)) < SILENCE:
            return failed(f"{audio.duration:g} s of silence", TRY_AGAIN)
        cost = "" if music.cost_usd is None else f", which cost ${music.cost_usd}"
        return ok(f"{audio.duration:g} s of music at {audio.sample_rate} Hz in {took:.1f} s{cost}")

    def _made(self, request: MusicRequest) -> Music:
        if isinstance(self.engine, InProcessEngine):
            return self.engine.generate(request, lambda part: None, lambda: False)
        if isinstance(self.engine, RemoteEngine):
            return self._made_remotely(self.engine, request)
        raise TypeError(f"{type(self.engine).__name__} is neither an InProcessEngine nor a RemoteEngine.")

    def _made_remotely(self, engine: RemoteEngine, request: MusicRequest) -> Music:
        """Raises EngineError, also where it takes too long; a call that is not waited for any more is canceled."""
        end = time.monotonic() + self.limits.seconds
        call_id = engine.start([request], "check-engine")
        music: Music | None = None
        try:
            while time.monotonic() < end:
                result = engine.collect(call_id, COLLECT_SECONDS)
                if not isinstance(result, Pending):
                    [song] = result
                    music = song()
                    return music
            raise EngineError(
                "engine_timeout",
                f"There was no song after {self.limits.seconds:g} s.",
                retryable=True,
                detail="Give it more time with --wait: the first start of a model takes minutes.",
            )
        finally:
            if music is None:
                engine.cancel(call_id)


def explain(step: Step, error: Exception) -> Outcome:
    """Make an outcome of what a step raised. Raises again what is no error of the engine."""
    if isinstance(error, EngineError):
        return failed(error.message, error.detail if error.detail != error.message else TRY_AGAIN)
    raise error
