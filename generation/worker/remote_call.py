"""The remote call that makes what a job lacks: started, waited for or left to a follower, its songs stored."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.conf import settings

from generation.engines.base import INTERNAL, EngineError, Pending, RemoteEngine, Song, Stopped, Unreachable
from generation.models import Lease
from generation.models.job_states import Stage
from generation.worker import follower_bell
from generation.worker.database_retry import retry_while_database_away
from generation.worker.heartbeat import Heartbeat
from generation.worker.variation import Timing, Variation
from musicgen.backoff import Backoff, retry

logger = logging.getLogger(__name__)
Reply = TypeVar("Reply")
COLLECT_SECONDS = 1.0
ASK_AGAIN = Backoff(first=0.2, factor=2, longest=5)
STOP_LOOK_SECONDS = 0.1
NOT_AS_ASKED = "The engine gave something else than was asked for. Try again."


class CallOutOfReach(Exception):
    """The remote call goes on, but nobody could be asked for its result."""


class CallGoesOn(Exception):
    """The remote call is best waited for by a follower."""


class RemoteCall:
    """The making of all that a job lacks by one call of a remote engine."""

    def __init__(self, lease: Lease, heartbeat: Heartbeat, engine: RemoteEngine) -> None:
        self.lease = lease
        self.job = lease.job
        self.heartbeat = heartbeat
        self.engine = engine

    def make(self) -> Timing:
        """Start a call, or go on with the one that an earlier attempt started and paid for, and store its songs.

        A song that could not be made leaves the others alone: they are stored before its error is raised. Raises
        CallGoesOn where a follower can wait for the call instead.
        """
        began = time.monotonic()
        self.heartbeat.at(Stage.GENERATING)
        call_id = self.job.call_id
        if not call_id:
            call_id = self._start()
            if follower_bell.has_follower():
                raise CallGoesOn
        songs = self._wait(call_id)
        lacking = self.job.lacking()
        # A call whose indexes are not noted made one song: the first that was lacking.
        indexes = self.job.call_indexes or lacking[:1]
        if len(songs) != len(indexes):
            retry_while_database_away(self.lease.forget_call)
            detail = f"Call {call_id} gave {len(songs)} songs in the place of {len(indexes)}."
            raise EngineError(INTERNAL, NOT_AS_ASKED, retryable=True, detail=detail)
        wanted = [(index, song) for index, song in zip(indexes, songs, strict=True) if index in lacking]
        return self._store(wanted, began)

    def _store(self, songs: Sequence[tuple[int, Song]], began: float) -> Timing:
        timing = Timing()
        failed: list[EngineError] = []
        for place, (index, song) in enumerate(songs):
            try:
                music = song()
            except EngineError as error:
                failed.append(error)
                continue
            # The call has been paid for: with the last of its songs stored it is not asked for again.
            is_last = place == len(songs) - 1 and not failed
            timing += Variation(self.lease, self.heartbeat, index).store(music, began, forget_call=is_last)
            began = time.monotonic()
        if failed or not songs:
            retry_while_database_away(self.lease.forget_call)
        if failed:
            raise min(failed, key=lambda error: error.retryable)
        return timing

    def _start(self) -> str:
        lacking = self.job.lacking()
        requests = [self.job.variation(index) for index in lacking]
        call_id = self._ask(lambda: self.engine.start(requests, str(self.job.pk)))
        if not retry_while_database_away(lambda: self.lease.keep_call(call_id, lacking)):
            self._cancel(call_id)
            self.heartbeat.lost = True
            raise Stopped
        return call_id

    def _wait(self, call_id: str) -> Sequence[Song]:
        stored = self.job.request.variations - len(self.job.lacking())
        while True:
            if self.heartbeat.canceled:
                self._cancel(call_id)
            self._leave_if_asked()
            try:
                result = self._collected(call_id)
            except Unreachable as error:
                raise CallOutOfReach(error.detail) from error
            except EngineError:
                # The call has ended badly: another attempt needs a call of its own.
                retry_while_database_away(self.lease.forget_call)
                raise
            if not isinstance(result, Pending):
                return result
            if result.progress is not None:
                self._on_progress(result.progress, stored)

    def _collected(self, call_id: str) -> Sequence[Song] | Pending:
        if not follower_bell.has_follower():
            return self._ask(lambda: self.engine.collect(call_id, COLLECT_SECONDS))
        try:
            if self.lease.call_has_ended:
                result = self._ask(lambda: self.engine.collect(call_id, COLLECT_SECONDS))
            else:
                result = self.engine.collect(call_id, 0.0)
        except Unreachable as error:
            if self.lease.call_has_ended:
                raise
            raise CallGoesOn from error  # a follower may wait for longer
        if isinstance(result, Pending):
            raise CallGoesOn
        return result

    def _cancel(self, call_id: str) -> None:
        try:
            self.engine.cancel(call_id)
        except EngineError:
            logger.warning(
                "Remote call %s of job %s could not be canceled", call_id, self.job.pk, exc_info=True
            )

    def _ask(self, question: Callable[[], Reply]) -> Reply:
        """Ask the engine, again while it cannot be reached. Raises Unreachable after JOB_ENGINE_PATIENCE_SECONDS."""
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

    def _on_progress(self, part: float, stored: int) -> None:
        """The call is so far: with the tracks stored before, so far is the job."""
        variations = self.job.request.variations
        songs = len(self.job.call_indexes) or 1
        self.heartbeat.progress = min(1.0, max(0.0, (stored + part * songs) / variations))

    def _leave_if_asked(self) -> None:
        if self.heartbeat.should_stop():
            raise Stopped
