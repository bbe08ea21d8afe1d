"""How an attempt at a job may end, and what each exception that ends one means for the job."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from django_q.exceptions import TimeoutException

from generation.engines.base import ENGINE_TIMEOUT, INTERNAL, EngineError, Stopped
from generation.engines.registry import UnknownEngine
from generation.models import Job
from generation.models.job_states import ErrorCode, Stage
from generation.storage import Abandoned, StorageError
from generation.worker.database_retry import AWAY
from generation.worker.remote_call import CallGoesOn, CallOutOfReach

logger = logging.getLogger(__name__)
OUT_OF_REACH_SECONDS = 30.0
NOT_STORED = "The music was made but could not be stored."
TOO_SLOW = "Storing it took longer than a job may. Try a shorter duration, or try again later."


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """All is stored, or the work was stopped."""


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: an error code of the contract, a sentence, and whether another attempt may help.

    `detail` is for the operator alone. `is_final`: the job is not attempted again by itself, though its owner may order
    the same again.
    """

    code: str
    message: str
    retryable: bool
    detail: str = ""
    is_final: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Postponed:
    """Why an attempt ended that is not to be counted, and after how many seconds the next one may begin."""

    delay: float
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """The attempt goes on elsewhere, in a remote call that a follower waits for."""


Outcome = Done | Failure | Postponed | Waiting


def outcome_of(error: BaseException, job: Job, stage: str) -> Outcome:
    """What an exception that was raised at a stage of the work on a job means for it."""
    for kind, meaning in MEANINGS:
        if isinstance(error, kind):
            return meaning(error, job, stage)
    logger.error("Job %s failed", job.pk, exc_info=error)
    return Failure(INTERNAL, "Something went wrong while making this music. Try again.", True)


def _stopped(error: Stopped | Abandoned, job: Job, stage: str) -> Done:
    return Done()


def _goes_on(error: CallGoesOn, job: Job, stage: str) -> Waiting:
    return Waiting()


def _out_of_reach(error: CallOutOfReach, job: Job, stage: str) -> Postponed:
    return Postponed(OUT_OF_REACH_SECONDS, str(error))


def _engine_failed(error: EngineError, job: Job, stage: str) -> Failure:
    return Failure(error.code, error.message, error.retryable, error.detail)


def _database_away(error: Exception, job: Job, stage: str) -> Postponed:
    return Postponed(0, f"The database was away for long: {error}")


def _not_stored(error: StorageError, job: Job, stage: str) -> Failure:
    logger.warning("Job %s: its music could not be stored: %s", job.pk, error)
    # Even what a person must set right is tried again: services refuse by mistake too. But where there is no room, and
    # there was none for a minute, nothing is made once more; the songs of a remote call need not be.
    is_final = error.is_full and not job.call_id
    return Failure(ErrorCode.STORAGE_FAILED, f"{NOT_STORED} {error.public}", True, str(error), is_final)


def _engine_unknown(error: UnknownEngine, job: Job, stage: str) -> Failure:
    return Failure(ErrorCode.ENGINE_UNAVAILABLE, str(error), False)


def _took_too_long(error: TimeoutException, job: Job, stage: str) -> Failure:
    if stage == Stage.UPLOADING:
        return Failure(ErrorCode.STORAGE_FAILED, f"{NOT_STORED} {TOO_SLOW}", False)
    message = "Making this music took longer than a job may. Try a shorter duration."
    return Failure(ENGINE_TIMEOUT, message, False)


# The first that fits counts.
MEANINGS: tuple[tuple[type | tuple[type, ...], Callable[[Any, Job, str], Outcome]], ...] = (
    ((Stopped, Abandoned), _stopped),
    (CallGoesOn, _goes_on),
    (CallOutOfReach, _out_of_reach),
    (EngineError, _engine_failed),
    (AWAY, _database_away),
    (StorageError, _not_stored),
    (UnknownEngine, _engine_unknown),
    (TimeoutException, _took_too_long),
)
