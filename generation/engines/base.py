"""What an engine is. Free of Django, so that what runs on a GPU elsewhere can import it."""

import asyncio
import dataclasses
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from generation.diffusion.songs import Take
from generation.engines.capabilities import Capabilities
from generation.engines.request import MAX_SEED, CheckedRequest, MusicRequest

if TYPE_CHECKING:  # numpy stays out of the web process
    from generation.audio.types import Audio, Samples
    from generation.composer.brief import Reading
    from generation.composer.sound.played_parts import PlayedPart
    from generation.composer.writing.outline import Outline

ENGINE_UNAVAILABLE: Final = "engine_unavailable"
ENGINE_TIMEOUT: Final = "engine_timeout"
OUT_OF_MEMORY: Final = "out_of_memory"
CONTENT_REJECTED: Final = "content_rejected"
INTERNAL: Final = "internal"
ENDED_SECONDS: Final = 0.5
MAX_IN_FLIGHT: Final = 200


class EngineError(Exception):
    """An engine could not make the music.

    `message` is a sentence for the person who asked, `detail` one for the operator where that says more.
    """

    def __init__(self, code: str, message: str, *, retryable: bool, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.detail = detail or message


class Unreachable(EngineError):
    """An engine could not be asked for now. What it was asked to make before goes on there."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(ENGINE_UNAVAILABLE, message, retryable=True, detail=detail)


class Stopped(Exception):
    """The engine stopped because `should_stop` said so."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A request with everything filled in that decides what it sounds like, and what there is to say about it.

    What the seeds of several variations decide differently is left open: `Engine.variation` fills that in for each.
    `readings` and `reasons` say how the prompt was read; `notices` what it asks for that this engine cannot do.
    """

    request: MusicRequest
    readings: tuple["Reading", ...] = ()
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Music:
    """What an engine made. `bpm`, `key` and `time_signature` as far as it knows them, `cost_usd` where making it cost
    money.

    `score_version` is that of a ScoredEngine. Where several `takes` were made, this is the best, and `seed` its own.
    `reasons` say what the model decided by itself; `unpriced` is a GPU whose price is not known, so that no cost is.
    """

    audio: "Audio"
    bpm: float | None = None
    key: str | None = None
    time_signature: str | None = None
    cost_usd: Decimal | None = None
    score_version: int | None = None
    seed: int | None = None
    takes: tuple[Take, ...] = ()
    reasons: tuple[str, ...] = ()
    unpriced: str = ""


Song = Callable[[], Music]
"""Gives one song of a remote call, each time it is asked. Raises EngineError where that one could not be made."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A remote call that has not ended. `progress` 0 to 1, or None where nothing is measured."""

    progress: float | None = None


class Engine(ABC):
    """Turns requests into audio. Made once per process from `settings.ENGINES`."""

    capabilities: Capabilities

    def checked(self, request: MusicRequest) -> CheckedRequest:
        """The request, spelled as this engine spells it. Raises RequestError naming every field that is wrong."""
        normalized = self.normalize(request)
        normalized.check(self.capabilities)
        return CheckedRequest(normalized)

    def normalize(self, request: MusicRequest) -> MusicRequest:
        """Spell what was asked for as this engine spells it; what it does not know stays, for `check` to refuse."""
        return request

    def resolve(self, request: MusicRequest) -> Resolution:
        """Fill in what the engine would otherwise draw. Resolving a resolved request changes nothing."""
        seed = secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed
        return Resolution(dataclasses.replace(request, seed=seed))

    def variation(self, request: MusicRequest, index: int) -> MusicRequest:
        """One variation of a resolved request alone: with its own seed, and what the engine draws by that filled in."""
        return request.variation(index)

    def guess_usd(self, music_seconds: float) -> Decimal | None:
        """US dollars that making so much music may cost, before any job has shown it; None: it costs nothing."""
        return None

    def warm(self) -> None:  # noqa: B027  most engines have nothing to load
        """Import and load what the first job would otherwise wait for."""


class InProcessEngine(Engine):
    """Makes the music in the worker's own process."""

    @abstractmethod
    def generate(
        self,
        request: MusicRequest,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Music:
        """Make the music of one resolved request.

        Calls `on_progress` with the measured part done, 0 to 1, and asks `should_stop` often.
        Raises Stopped where that says so, EngineError where it cannot be done.
        """


@runtime_checkable
class ScoredEngine(Protocol):
    """An engine whose music has a score, which it can write again from the same resolved request.

    The score is that of a piece made before as long as the piece's `score_version` is still this one.
    """

    score_version: int

    def outline(self, request: MusicRequest) -> "Outline":
        """The bars, sections and chords of the score. Costs a page little."""

    def parts(self, request: MusicRequest) -> "Sequence[PlayedPart]":
        """The notes of the score, part by part, as its MIDI file has them."""

    def midi(self, request: MusicRequest, *, quantised: bool = False) -> bytes:
        """The score as a Standard MIDI File: as it is heard, or with every note on the grid on which it is written."""

    def stems(self, request: MusicRequest, sample_rate: int) -> "Iterator[Mapping[str, Samples]]":
        """The music of the request as blocks (2, frames) by stem, every stem in each. They add up to the music."""


class RemoteEngine(Engine):
    """Has the music made elsewhere: a call is started for all that a job lacks, its id kept, its result asked for.

    `max_in_flight` is how many of its jobs may be worked on at once; the others wait in the queue.
    """

    max_in_flight: int = MAX_IN_FLIGHT

    @abstractmethod
    def start(self, requests: Sequence[MusicRequest], job_id: str) -> str:
        """Start a call for these songs, each with a seed of its own, and return its id at once.

        Raises EngineError; Unreachable only where nothing was started.
        """

    @abstractmethod
    def collect(self, call_id: str, timeout: float) -> Sequence[Song] | Pending:
        """The songs of a call in the order of its requests, waiting at most `timeout` seconds. May be asked again.

        Raises EngineError where the call has ended without a result, Unreachable where it could not be asked for.
        """

    @abstractmethod
    def cancel(self, call_id: str) -> None:
        """Ask for a call to end. A call that has ended already is no error. Raises EngineError."""

    async def ended(self, call_id: str) -> None:
        """Return once a call has ended, well or badly. Raises Unreachable where it could not be asked for.

        Many calls are waited for at once by one process, which has no use for the songs: an engine whose service tells
        the end without them does this better.
        """
        while True:
            try:
                if not isinstance(await asyncio.to_thread(self.collect, call_id, 0.0), Pending):
                    return
            except Unreachable:
                raise
            except EngineError:
                return
            await asyncio.sleep(ENDED_SECONDS)

    async def progress(self, call_ids: Collection[str]) -> Mapping[str, float]:
        """The progress of those calls whose progress is known, 0 to 1, by id. Raises Unreachable."""
        return {}
