"""One process's way to Modal: its client, what was looked up there, and a limit on every wait.

Modal's client cannot be hurried: with a server that does not answer, a first question blocks for 56 s, and canceling it
does not help. So all questions are asked in a thread of their own, and whoever asks waits only so long.
"""

import asyncio
import concurrent.futures
import os
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    import modal

    Method = modal.Function[Any, Any, Any]

Answer = TypeVar("Answer")
CLASS: Final = "Generator"
HEALTH: Final = "health"
# How long an answer is proof enough that the next question will be answered.
FRESH_SECONDS: Final = 3.0
RUNNING: Final = object()
# From so many seconds on a question waits long. One connection carries about 100 questions at once (HTTP/2), and the
# next one waits until another is answered: so the long ones share clients of their own.
LONG_POLL_FROM_SECONDS: Final = 5.0
MAX_LONG_POLLS: Final = 64


class NoAnswer(Exception):
    """Modal did not answer in time. What was asked may still happen there."""


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[Answer]):
    """What came of a question: an answer, or what was raised instead."""

    answer: Answer | None = None
    error: BaseException | None = None

    def unwrap(self) -> Answer:
        if self.error is not None:
            raise self.error
        return self.answer  # type: ignore[return-value]


class Background:
    """An event loop in a thread, made when it is first needed, and anew in a process that was forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        os.register_at_fork(after_in_child=self._forget)

    def ask(self, question: Coroutine[Any, Any, Answer], seconds: float) -> Answer:
        """The answer to a question. Raises NoAnswer after so many seconds, and whatever the question raised."""
        future = self._begin(question)
        try:
            if not concurrent.futures.wait([future], seconds).done:
                raise NoAnswer(f"no answer within {seconds:g} s")
            return future.result().unwrap()
        finally:
            future.cancel()

    async def ask_from_loop(self, question: Coroutine[Any, Any, Answer], seconds: float) -> Answer:
        """`ask` for a caller that has an event loop of its own, which goes on meanwhile."""
        future = asyncio.wrap_future(self._begin(question))
        try:
            if not (await asyncio.wait({future}, timeout=seconds))[0]:
                raise NoAnswer(f"no answer within {seconds:g} s")
            return future.result().unwrap()
        finally:
            future.cancel()

    def _begin(self, question: Coroutine[Any, Any, Answer]) -> "concurrent.futures.Future[_Outcome[Answer]]":
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="modal questions", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(_outcome(question), self._loop)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._loop = None


background: Final = Background()


@dataclass(slots=True)
class LongPollClient:
    """A client for questions that wait long, and how many are waiting there."""

    client: "modal.Client"
    waiting: int = 0


class Connection:
    """Modal's client and the handles of the deployed app, each made once. Its questions are for the background.

    They raise what Modal's client raises.
    """

    def __init__(
        self, app_name: str, environment: str | None, token_id: str | None, token_secret: str | None
    ) -> None:
        self.pid = os.getpid()
        self._app_name = app_name
        self._environment = environment
        self._token = (token_id, token_secret)
        self._lock = asyncio.Lock()
        self._client: modal.Client | None = None
        self._long_poll_clients: list[LongPollClient] = []
        self._methods: dict[str, Method] = {}
        self._progress: modal.Dict | None = None
        self._heard_at = float("-inf")

    async def hello(self) -> None:
        """Ask Modal whether it knows this token."""
        client = await self._opened()
        await client.hello.aio()  # type: ignore[no-untyped-call]
        self._heard_at = time.monotonic()

    async def reach(self) -> None:
        """Return if Modal answers, or just did."""
        if time.monotonic() - self._heard_at > FRESH_SECONDS:
            await self.hello()

    async def look_up(self, name: str) -> "Method":
        """A method of the deployed class; or a function of the app, which `health` is."""
        import modal

        if name not in self._methods:
            where: Any = {"environment_name": self._environment, "client": await self._opened()}
            method: Method
            if name == HEALTH:
                method = modal.Function.from_name(self._app_name, HEALTH, **where)
            else:
                method = getattr(modal.Cls.from_name(self._app_name, CLASS, **where)(), name)
            await method.hydrate.aio()
            self._methods[name] = method
        return self._methods[name]

    def forget_app(self) -> None:
        """Look the app up anew: it was deployed anew, or taken away."""
        self._methods.clear()

    async def spawn(self, name: str, *arguments: Any) -> str:
        """Start a call of a method, and return Modal's id of it."""
        call = await (await self.look_up(name)).spawn.aio(*arguments)
        self._heard_at = time.monotonic()
        return call.object_id

    async def result(self, call_id: str, timeout: float) -> Any:
        """What a call gave, waiting at most so long; RUNNING where it goes on. Raises what the call raised."""
        import modal

        async with self._client_for(timeout) as client:
            try:
                result = await modal.FunctionCall.from_id(call_id, client=client).get.aio(timeout=timeout)
            except TimeoutError as error:
                if error.args:  # the app raised this one
                    raise
                result = RUNNING
        self._heard_at = time.monotonic()
        return result

    async def has_ended(self, call_id: str, timeout: float) -> bool:
        """Whether a call has ended, well or badly, waiting at most so long. Its result stays where it is.

        Modal's client knows only questions that bring the result along. So this asks as that one does, and leaves what
        is kept apart, as results of more than 2 MiB are.
        """
        from generation.engines.modal_outputs import has_ended

        async with self._client_for(timeout) as client:
            ended = await has_ended.aio(client, call_id, timeout)
        self._heard_at = time.monotonic()
        return ended

    async def cancel(self, call_id: str) -> None:
        import modal

        await modal.FunctionCall.from_id(call_id, client=await self._opened()).cancel.aio()

    async def progress(self) -> dict[str, float]:
        """How far each song is by its progress key, all in one question."""
        import modal

        if self._progress is None:
            self._progress = modal.Dict.from_name(
                f"{self._app_name}-progress",
                environment_name=self._environment,
                create_if_missing=True,
                client=await self._opened(),
            )
        return {str(key): float(part) async for key, part in self._progress.items.aio()}

    async def gpus(self) -> list[str]:
        """The GPUs that the app is deployed to run on, the first choice first."""
        info = await (await self.look_up("generate")).info.aio()
        return [name for name, _ in info.gpus or ()]

    @asynccontextmanager
    async def _client_for(self, timeout: float) -> "AsyncIterator[modal.Client]":
        """A client for a question that waits so long. Long ones are kept off the client that all others use."""
        if timeout < LONG_POLL_FROM_SECONDS:
            yield await self._opened()
            return
        async with self._lock:
            shared = next((each for each in self._long_poll_clients if each.waiting < MAX_LONG_POLLS), None)
            if shared is None:
                shared = LongPollClient(await self._new_client())
                self._long_poll_clients.append(shared)
            shared.waiting += 1
        try:
            yield shared.client
        finally:
            shared.waiting -= 1

    async def _opened(self) -> "modal.Client":
        async with self._lock:
            if self._client is None:
                self._client = await self._new_client()
            return self._client

    async def _new_client(self) -> "modal.Client":
        """A client of this process's own; of the environment's one a fork would inherit the connections."""
        import modal
        from modal.config import config

        token_id, token_secret = self._token
        if not (token_id and token_secret):  # what this machine is logged in with
            token_id, token_secret = config["token_id"], config["token_secret"]
        if token_id and token_secret:
            return await modal.Client.from_credentials.aio(token_id, token_secret)
        return await modal.Client.from_env.aio()


async def _outcome(question: Coroutine[Any, Any, Answer]) -> _Outcome[Answer]:
    try:
        return _Outcome(await question)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # Modal's cancellation of a call is no Exception
        return _Outcome(error=error)
