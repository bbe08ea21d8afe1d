"""Music made by an open model on a GPU at Modal, by the app that `modal_app.py` deploys there."""

import asyncio
import io
import logging
import os
import secrets
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from generation.diffusion.catalog import ACE_STEP, MODELS
from generation.engines import modal_errors, open_models
from generation.engines.base import (
    CONTENT_REJECTED,
    ENGINE_TIMEOUT,
    ENGINE_UNAVAILABLE,
    INTERNAL,
    MAX_IN_FLIGHT,
    OUT_OF_MEMORY,
    EngineError,
    Music,
    Pending,
    RemoteEngine,
    Resolution,
    Song,
    Unreachable,
)
from generation.engines.gpu_prices import cost
from generation.engines.modal_connection import HEALTH, RUNNING, Connection, NoAnswer, background
from generation.engines.parcel import VERSION, Answer, BadParcel, Delivery, Order, Refusal
from generation.engines.request import MusicRequest
from generation.engines.spelling import spelled

if TYPE_CHECKING:
    from generation.audio.types import Audio

logger = logging.getLogger(__name__)
Reply = TypeVar("Reply")
ANSWER_SECONDS: Final = 8.0
# On top of the waiting and of the length of a song, for the songs of a call on their way: 17 MB a minute at most.
DOWNLOAD_SECONDS: Final = 60.0
LONG_POLL_SECONDS: Final = 50.0
USUAL_GPU: Final = "L40S"
# What a song may be longer or shorter than was asked.
LENGTH_TOLERANCE: Final = 0.1
CODES: Final = frozenset({ENGINE_UNAVAILABLE, ENGINE_TIMEOUT, OUT_OF_MEMORY, CONTENT_REJECTED, INTERNAL})


@dataclass(frozen=True, slots=True)
class SongCall:
    """What is kept of a call, in one short text: Modal's id of it, where its progress stands, seconds of each song."""

    id: str
    progress_key: str
    duration: float

    def __str__(self) -> str:
        return f"{self.id}/{self.progress_key}/{self.duration:g}"

    @classmethod
    def parse(cls, text: str) -> Self:
        call_id, progress_key, duration = text.split("/")
        return cls(call_id, progress_key, float(duration))


class ModalEngine(RemoteEngine):
    """Has songs made at Modal, and knows what each cost.

    `gpu_prices` are US dollars per second by the name of the GPU. Without a token the one is taken that this machine
    is logged in with. A question is given `answer_seconds`; Modal's own waiting for a dead server would take a minute.
    """

    def __init__(
        self,
        app_name: str = "musicgen",
        environment: str | None = None,
        model: str = ACE_STEP.name,
        gpu_prices: Mapping[str, Decimal] | None = None,
        token_id: str | None = None,
        token_secret: str | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self.max_in_flight = max_in_flight
        self.app_name = app_name
        self.environment = environment
        self.model = MODELS[model]
        self.capabilities = open_models.capabilities_of(self.model)
        self._gpu_prices = dict(gpu_prices or {})
        self._token = (token_id, token_secret)
        self._answer_seconds = answer_seconds
        self._kept: Connection | None = None

    def normalize(self, request: MusicRequest) -> MusicRequest:
        return spelled(request)

    def resolve(self, request: MusicRequest) -> Resolution:
        resolution = super().resolve(request)
        return replace(resolution, notices=open_models.notices_about(request, self.model))

    def guess_usd(self, music_seconds: float) -> Decimal:
        """By the slow case of its model on the GPU that the app asks for by itself. Without any price it is 0."""
        gpu_seconds = music_seconds / self.model.slow_speed
        dollars = cost(USUAL_GPU, gpu_seconds, self._gpu_prices)
        if dollars is None:
            dearest = max(self._gpu_prices.values(), default=Decimal(0))
            dollars = Decimal(str(gpu_seconds)) * dearest
        return dollars

    def warm(self) -> None:
        import modal  # noqa: F401  takes a second; the client is made by the process that uses it

    def start(self, requests: Sequence[MusicRequest], job_id: str) -> str:
        songs = tuple(open_models.song_of(request) for request in requests)
        order = Order(songs, self.model.name, progress_key=f"{job_id}-{secrets.token_hex(4)}")
        self._prepare()
        try:
            call_id = self._spawn(order)
        except modal_errors.NotDeployed:  # deployed anew since it was looked up
            self._connection.forget_app()
            self._prepare()
            call_id = self._spawn(order)
        return str(SongCall(call_id, order.progress_key, songs[0].duration))

    def collect(self, call_id: str, timeout: float) -> Sequence[Song] | Pending:
        call = SongCall.parse(call_id)
        self._ask(self._unreachable_at_worst(self._connection.reach()))
        answer = self._ask(self._result(call, timeout), timeout + DOWNLOAD_SECONDS + call.duration)
        if answer is RUNNING:
            parts = self._ask(self._unreachable_at_worst(self._connection.progress()))
            return Pending(_part(parts.get(call.progress_key)))
        return [partial(self._music, song, call) for song in _unpacked(answer).songs]

    def cancel(self, call_id: str) -> None:
        try:
            self._ask(self._translated(self._connection.cancel(SongCall.parse(call_id).id)))
        except modal_errors.NotDeployed:
            logger.info("Modal no longer knows call %s, which was to be canceled", call_id)

    async def ended(self, call_id: str) -> None:
        call, timeout = SongCall.parse(call_id), 0.0
        while True:
            await self._ask_from_loop(self._unreachable_at_worst(self._connection.reach()))
            if await self._ask_from_loop(self._has_ended(call, timeout), timeout + ANSWER_SECONDS):
                return
            timeout = LONG_POLL_SECONDS

    async def progress(self, call_ids: Collection[str]) -> Mapping[str, float]:
        keys = {call_id: SongCall.parse(call_id).progress_key for call_id in call_ids}
        parts = await self._ask_from_loop(self._unreachable_at_worst(self._connection.progress()))
        known = {call_id: _part(parts.get(key)) for call_id, key in keys.items()}
        return {call_id: part for call_id, part in known.items() if part is not None}

    def hello(self) -> None:
        """Return if Modal answers and knows the token. Raises EngineError."""
        self._ask(self._translated(self._connection.hello()))

    def deployed_gpus(self) -> list[str]:
        """The GPUs that the app is deployed to run on, the wanted one first. Raises EngineError."""
        return self._ask(self._translated(self._connection.gpus()))

    def knows_price_of(self, gpu: str) -> bool:
        return cost(gpu, 0.0, self._gpu_prices) is not None

    def health(self, seconds: float) -> dict[str, Any]:
        """What the app says of itself, for which a container may have to start. Raises EngineError."""
        call_id = self._ask(self._translated(self._connection.spawn(HEALTH)))
        answer = self._ask(self._ending(self._connection.result(call_id, seconds)), seconds + ANSWER_SECONDS)
        if answer is RUNNING:
            raise modal_errors.slow_start(seconds)
        return dict(answer)

    @property
    def _connection(self) -> Connection:
        """This process's own: what was opened before a fork belongs to the parent."""
        if self._kept is None or self._kept.pid != os.getpid():
            self._kept = Connection(self.app_name, self.environment, *self._token)
        return self._kept

    def _prepare(self) -> None:
        """See that a call can be started. Where this fails, it is certain that none was."""

        async def prepared() -> None:
            await self._connection.hello()
            await self._connection.look_up("generate")

        self._ask(self._translated(prepared()))

    def _spawn(self, order: Order) -> str:
        try:
            return self._ask(self._translated(self._connection.spawn("generate", order.pack())))
        except Unreachable as error:  # the order may have arrived, and only the answer not
            raise EngineError(error.code, error.message, retryable=True, detail=error.detail) from error

    def _ask(self, question: Coroutine[Any, Any, Reply], seconds: float | None = None) -> Reply:
        try:
            return background.ask(question, seconds or self._answer_seconds)
        except NoAnswer as error:
            raise modal_errors.away(error) from error

    async def _ask_from_loop(
        self, question: Coroutine[Any, Any, Reply], seconds: float | None = None
    ) -> Reply:
        try:
            return await background.ask_from_loop(question, seconds or self._answer_seconds)
        except NoAnswer as error:
            raise modal_errors.away(error) from error

    async def _translated(self, question: Coroutine[Any, Any, Reply]) -> Reply:
        """The answer; what Modal refuses is raised as an EngineError."""
        try:
            return await question
        except Exception as error:
            known = modal_errors.refusal(error, self.app_name)
            if known is None:
                raise
            raise known from error

    async def _unreachable_at_worst(self, question: Coroutine[Any, Any, Reply]) -> Reply:
        """The answer to a question about calls that go on at Modal. Whatever keeps it from coming is Unreachable."""
        try:
            return await self._translated(question)
        except EngineError as error:
            raise Unreachable(error.message, detail=error.detail) from error

    async def _ending(self, question: Coroutine[Any, Any, Reply]) -> Reply:
        """The result of a call. What it ended with instead is raised as an EngineError."""
        try:
            return await question
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # that a call was canceled is no Exception
            known = modal_errors.refusal(error, self.app_name)
            if known is None or isinstance(known, modal_errors.NotDeployed):
                raise modal_errors.ending(error) from error
            raise Unreachable(known.message, detail=known.detail) from error

    async def _has_ended(self, call: SongCall, timeout: float) -> bool:
        """Whether a call has ended. One that Modal does not know any more has: `collect` raises what that means."""
        try:
            return await self._translated(self._connection.has_ended(call.id, timeout))
        except modal_errors.NotDeployed:
            return True
        except EngineError as error:
            raise Unreachable(error.message, detail=error.detail) from error

    def _result(self, call: SongCall, timeout: float) -> Coroutine[Any, Any, Any]:
        return self._ending(self._connection.result(call.id, timeout))

    def _music(self, song: Delivery | Refusal, call: SongCall) -> Music:
        """The music of a song that arrived. Raises EngineError."""
        from generation.diffusion.key import measure_key
        from generation.diffusion.tempo import measure_bpm

        if isinstance(song, Refusal):
            code = song.code if song.code in CODES else INTERNAL
            raise EngineError(code, song.message, retryable=song.retryable)
        audio = _audio(song, call)
        dollars = cost(song.gpu, song.gpu_seconds, self._gpu_prices)
        return Music(
            audio,
            bpm=measure_bpm(audio),
            key=measure_key(audio),
            cost_usd=dollars,
            seed=song.seed,
            takes=song.takes,
            reasons=song.reasons,
            unpriced=song.gpu if dollars is None else "",
        )


def _unpacked(answer: Any) -> Answer:
    """What a call gave. Raises EngineError."""
    try:
        return Answer.unpack(answer)
    except BadParcel as error:
        # From another version of the app the same would come again.
        version = answer.get("version") if isinstance(answer, Mapping) else None
        raise modal_errors.damaged(str(error), retryable=version == VERSION) from error


def _audio(delivery: Delivery, call: SongCall) -> "Audio":
    from generation.audio.decode import AudioDecodeError, decode

    try:
        audio = decode(io.BytesIO(delivery.flac))
    except AudioDecodeError as error:
        raise modal_errors.damaged(str(error), retryable=True) from error
    if abs(audio.duration - call.duration) > LENGTH_TOLERANCE:
        raise modal_errors.damaged(
            f"The song lasts {audio.duration:.2f} s and not {call.duration:g} s.", retryable=True
        )
    return audio


def _part(value: float | None) -> float | None:
    return None if value is None else min(1.0, max(0.0, value))
