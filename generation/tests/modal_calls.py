"""The calls that a test server of Modal has been given, and the script that says how they go."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from generation.tests.modal_results import STEPS, Gpu, Result, canceled, health, raised

NEVER_ENDS, FORGOTTEN, UNKNOWN = "hang", "expired", "unknown"
# What the service does to everybody, whatever is asked.
TROUBLES = ("", "unauthenticated", "unavailable", "exhausted", "stalled")


@dataclass
class Script:
    """How things go. May be changed at any time; a call goes by what stood here when it was started.

    `seconds` a song takes, and `starting` the container that answers `health`; `steps` are words of `STEPS` (or
    "hang", "expired", "unknown") for the next songs; `deployed` the apps that are there; `trouble` one of `TROUBLES`;
    so many answers to `spawn` are lost on the way back (`lost_answers`).
    """

    seconds: float = 0.0
    starting: float = 0.0
    steps: deque[str] = field(default_factory=deque)
    deployed: set[str] = field(default_factory=lambda: {"musicgen"})
    gpu: Gpu = field(default_factory=Gpu)
    trouble: str = ""
    lost_answers: int = 0

    def trouble_for(self, seconds: float, trouble: str = "unavailable") -> None:
        """Have trouble that ends by itself. For the server's own thread."""
        self.trouble = trouble
        asyncio.get_running_loop().call_later(seconds, setattr, self, "trouble", "")


@dataclass
class Call:
    """One call: what was asked, how long it takes, and, once that is over, its result."""

    id: str
    method: str
    argument: Any
    step: str
    seconds: float
    began: float
    result: Result | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    hurried: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def progress_key(self) -> str:
        return str(self.argument.get("progress_key", "")) if isinstance(self.argument, dict) else ""

    @property
    def progress(self) -> float | None:
        """How far it is, 0 to 1; None where it has ended, as the app takes its entry away then."""
        if self.result is not None or self.method != "generate":
            return None
        return min(0.99, (time.monotonic() - self.began) / self.seconds) if self.seconds else 0.0


class Calls:
    """All the calls there have been."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.counts: Counter[str] = Counter()
        self.canceled: list[str] = []
        self.waiting = 0  # questions for a result that is not there yet
        self._calls: dict[str, Call] = {}
        self._by_key: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)

    def spawn(self, method: str, argument: Any, idempotency_key: str) -> Call:
        """Start a call; asked again under the same key, it is the same call."""
        if idempotency_key in self._by_key:
            return self._by_key[idempotency_key]
        if method == "generate":
            self.counts["spawned"] += 1
        step = self._step(argument) if method == "generate" else "ok"
        seconds = self.script.seconds if method == "generate" else self.script.starting
        call = Call(f"fc-{next(self._numbers):08d}", method, argument, step, seconds, time.monotonic())
        self._calls[call.id] = self._by_key[idempotency_key] = call
        task = asyncio.get_running_loop().create_task(self._work(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    def get(self, call_id: str) -> Call | None:
        """The call of that id; None where its result is forgotten."""
        call = self._calls.get(call_id)
        return None if call is None or call.step == FORGOTTEN else call

    def cancel(self, call_id: str) -> None:
        self.canceled.append(call_id)
        self.counts["canceled"] += 1
        call = self._calls.get(call_id)
        if call is not None and call.result is None:
            _end(call, canceled())

    def progress(self) -> dict[str, float]:
        return {
            call.progress_key: part for call in self._calls.values() if (part := call.progress) is not None
        }

    def running(self) -> int:
        return sum(call.result is None for call in self._calls.values())

    def let_end(self) -> None:
        """Let the calls that go on end now."""
        for call in self._calls.values():
            call.hurried.set()

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _work(self, call: Call) -> None:
        result = await asyncio.to_thread(self._made, call)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.hurried.wait(), call.began + call.seconds - time.monotonic())
        if call.step != NEVER_ENDS and call.result is None:
            _end(call, result)

    def _made(self, call: Call) -> Result:
        if call.method == "health":
            return health(self.script.gpu)
        try:
            return STEPS.get(call.step, STEPS["ok"])(call.argument, self.script.gpu)
        except ValueError as error:  # the order cannot be read
            return raised(error)

    def _step(self, argument: Any) -> str:
        if self.script.steps:
            return self.script.steps.popleft()
        prompt = argument["songs"][0]["prompt"] if isinstance(argument, dict) else ""
        return prompt[1 : prompt.index("]")] if prompt.startswith("[") and "]" in prompt else "ok"


def _end(call: Call, result: Result) -> None:
    call.result = result
    call.over.set()
