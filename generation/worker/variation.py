"""One variation of a job: have the engine make the music, master it, store it, save its track."""

import dataclasses
import logging
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Self, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generation.audio.master import master
from generation.engines.base import (
    Engine,
    EngineError,
    InProcessEngine,
    Music,
    Pending,
    RemoteEngine,
    Stopped,
    Unreachable,
)
from generation.models import Job, Lease, Track
from generation.models.job_event import EventKind
from generation.models.job_states import Stage
from generation.storage import Cancellation
from generation.tracks import store
from generation.worker import follower_bell
from generation.worker.database_retry import retry_while_database_away
from generation.worker.heartbeat import Heartbeat
from musicgen.backoff import Backoff, retry

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")
COLLECT_SECONDS = 1.0
ASK_AGAIN = Backoff(first=0.2, factor=2, longest=5)
STOP_LOOK_SECONDS = 0.1


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Seconds spent making and storing the music in this attempt, whoever worked on it."""

    generate: float = 0.0
    store: float = 0.0

    @classmethod
    def so_far(cls, job: Job) -> Self:
        """What the attempt at a job that was just claimed has taken: while a call was followed, it went on."""
        store = job.store_seconds or 0.0
        began = job.claimed_at or timezone.now()
        return cls(max(0.0, (timezone.now() - began).total_seconds() - store), store)

    def __add__(self, other: "Timing") -> "Timing":
        return Timing(self.generate + other.generate, self.store + other.store)


class CallOutOfReach(Exception):
    """The remote call goes on, but nobody could be asked for its result."""


class CallGoesOn(Exception):
    """The remote call is best waited for by a follower."""


class Variation:
    """The making of one of a job's tracks."""

    def __init__(self, lease: Lease, heartbeat: Heartbeat, index: int) -> None:
        self.lease = lease
        self.job = lease.job
        self.heartbeat = heartbeat
        self.index = index
        self.request = lease.job.request.variation(index)

    def make(self, engine: Engine) -> Timing:
        """Generate, master and store; the row is written only while the lease still holds."""
        began = time.monotonic()
        music = self._music(engine)
        self.heartbeat.at(Stage.MASTERING)
        audio = master(music.audio)
        self._leave_if_asked()
        made = time.monotonic()
        self.heartbeat.at(Stage.UPLOADING)
        track = store.store_master(
            self.job, self.index, music, audio, Cancellation(self.heartbeat.should_stop, self._unwanted)
        )
        timing = Timing(made - began, time.monotonic() - made)
        if self._unwanted():
            track.storage.delete(track.storage_key)
        self._leave_if_asked()
        retry_while_database_away(lambda: self._save(track, music.cost_usd))
        return timing

    def _save(self, track: Track, cost_usd: Decimal | None = None) -> None:
        with transaction.atomic():
            # The call has been paid for and its music is stored: from here on it is not asked for again.
            if not self.lease.keep_call(""):
                self.heartbeat.lost = True
                raise Stopped
            if self.job.tracks.filter(pk=track.pk).exists():
                return  # saved just before the database went away
            track.owner_id = self.job.owner_id  # a guest may have logged in to an account meanwhile
            track.save(force_insert=True)
            if cost_usd is not None:
                self.job.add_cost(cost_usd)
            self.job.note(EventKind.STORED, f"track {self.index + 1} of {self.job.request.variations}")

    def _music(self, engine: Engine) -> Music:
        self.heartbeat.at(Stage.GENERATING)
        if isinstance(engine, InProcessEngine):
            return engine.generate(self.request, self._on_progress, self.heartbeat.should_stop)
        if isinstance(engine, RemoteEngine):
            return self._remote_music(engine)
        raise TypeError(f"{type(engine).__name__} is neither an InProcessEngine nor a RemoteEngine.")

    def _remote_music(self, engine: RemoteEngine) -> Music:
        """Start a call, or go on with the one that an earlier attempt started and paid for.

        Raises CallGoesOn where a follower can wait for it instead.
        """
        call_id = self.job.call_id
        if not call_id:
            call_id = self._start_call(engine)
            if follower_bell.has_follower():
                raise CallGoesOn
        while True:
            if self.heartbeat.canceled:
                self._cancel_call(engine, call_id)
            self._leave_if_asked()
            try:
                result = self._collected(engine, call_id)
            except Unreachable as error:
                raise CallOutOfReach(error.detail) from error
            except EngineError:
                # The call has ended badly: another attempt needs a call of its own.
                retry_while_database_away(lambda: self.lease.keep_call(""))
                raise
            if isinstance(result, Pending):
                if result.progress is not None:
                    self._on_progress(result.progress)
                continue
            return result

    def _collected(self, engine: RemoteEngine, call_id: str) -> Music | Pending:
        if not follower_bell.has_follower():
            return self._ask(lambda: engine.collect(call_id, COLLECT_SECONDS))
        try:
            if self.lease.call_has_ended:
                result = self._ask(lambda: engine.collect(call_id, COLLECT_SECONDS))
            else:
                result = engine.collect(call_id, 0.0)
        except Unreachable as error:
            if self.lease.call_has_ended:
                raise
            raise CallGoesOn from error  # a follower may wait for longer
        if isinstance(result, Pending):
            raise CallGoesOn
        return result

    def _start_call(self, engine: RemoteEngine) -> str:
        call_id = self._ask(lambda: engine.start(self.request, str(self.job.pk)))
        if not retry_while_database_away(lambda: self.lease.keep_call(call_id)):
            self._cancel_call(engine, call_id)
            self.heartbeat.lost = True
            raise Stopped
        return call_id

    def _cancel_call(self, engine: RemoteEngine, call_id: str) -> None:
        try:
            engine.cancel(call_id)
        except EngineError:
            logger.warning(
                "Remote call %s of job %s could not be canceled", call_id, self.job.pk, exc_info=True
            )

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask a remote engine, again while it cannot be reached.

        Raises Unreachable after `JOB_ENGINE_PATIENCE_SECONDS`.
        """
        return retry(
            question,
            Unreachable,
            ASK_AGAIN,
            seconds=settings.JOB_ENGINE_PATIENCE_SECONDS,
            on_failure=self._log_unreachable,
            sleep=self._pause,
        )

    def _log_unreachable(self, error: Unreachable, pause: float) -> None:
        logger.warning("Job %s: %s Asking again.", self.job.pk, error.detail)

    def _pause(self, seconds: float) -> None:
        """Sleep, unless the work is to stop: raises Stopped then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._leave_if_asked()
            time.sleep(STOP_LOOK_SECONDS)

    def _on_progress(self, part: float) -> None:
        self.heartbeat.progress = min(1.0, max(0.0, (self.index + part) / self.job.request.variations))

    def _unwanted(self) -> bool:
        """Whether nobody wants what is stored. Of a job that was taken away, the other worker stores the same key."""
        return self.heartbeat.canceled and not self.heartbeat.lost

    def _leave_if_asked(self) -> None:
        if self.heartbeat.should_stop():
            raise Stopped
