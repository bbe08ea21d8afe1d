"""What a worker does with a job: claim it, have the engine make the music, master it, store it, finish it."""

import dataclasses
import logging
import os
import socket
import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.exceptions import TimeoutException

from generation import job_cleanup
from generation.audio.formats import LISTENING_FORMAT
from generation.engines.base import ENGINE_TIMEOUT, INTERNAL, EngineError, Stopped
from generation.engines.registry import UnknownEngine, get_engine
from generation.models import Job
from generation.models.job_states import ErrorCode, Stage
from generation.queue import messages
from generation.storage import Abandoned, StorageError
from generation.worker import follower_bell, wakeups
from generation.worker.database_retry import AWAY, retry_while_database_away
from generation.worker.heartbeat import Heartbeat
from generation.worker.variation import CallGoesOn, CallOutOfReach, Timing, Variation
from musicgen.backoff import Backoff

logger = logging.getLogger(__name__)
OUT_OF_REACH_SECONDS = 30.0
BACKOFF = Backoff(first=1, factor=4, longest=60)
NOT_STORED = "The music was made but could not be stored."
TOO_SLOW = "Storing it took longer than a job may. Try a shorter duration, or try again later."


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: an error code of the contract, a sentence, and whether another attempt may help.

    `detail` is what only the operator is told.
    """

    code: str
    message: str
    retryable: bool
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Postponed:
    """Why an attempt ended that is not to be counted, and after how many seconds the next one may begin."""

    delay: float
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """The attempt goes on elsewhere, in a remote call that a follower waits for."""


Outcome = Failure | Postponed | Waiting | None


def run_next() -> bool:
    """Work on the job whose turn it is. False: there is none to be had."""
    while (job := Job.objects.all().next_in_turn(timezone.now())) is not None:
        if _work_on(job):
            return True
    return False


def run(job_id: uuid.UUID) -> None:
    """Work on a job until it ends or is due for another attempt. Leaves quietly if it is not to be had."""
    job = Job.objects.filter(pk=job_id).first()
    if job is not None:
        _work_on(job)


def _work_on(job: Job) -> bool:
    """Claim the job and make one attempt at it. False: another worker was faster."""
    lease_owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex}"
    if not job.claim(lease_owner):
        return False
    timing = Timing.so_far(job)
    with Heartbeat(job, lease_owner) as heartbeat:
        outcome = _attempt(job, lease_owner, heartbeat, timing)
    retry_while_database_away(lambda: _end(job, lease_owner, heartbeat, timing, outcome))
    return True


def _end(job: Job, lease_owner: str, heartbeat: Heartbeat, timing: Timing, outcome: Outcome) -> None:
    """Finish the attempt. What is done twice, because nobody heard that it was done, does nothing the second time."""
    if heartbeat.lost:
        _leave(job)
        return
    with transaction.atomic():
        if isinstance(outcome, Failure):
            ended = _settle(job, lease_owner, outcome)
        elif isinstance(outcome, Postponed):
            ended = _hand_back(job, lease_owner, outcome)
        elif isinstance(outcome, Waiting):
            ended = _park(job, lease_owner, timing)
        else:
            ended = _complete(job, lease_owner, timing)
        if ended or job.end_canceled(lease_owner):
            job_cleanup.schedule_cleanup(job)
    wakeups.wake_for_place(job)


def _leave(job: Job) -> None:
    """Leave a job that was taken away. What this worker stored last may be more than anybody wants."""
    logger.warning("Job %s has ended or was taken by another worker; this work is thrown away", job.pk)
    with transaction.atomic():
        if job.note_leftovers(timezone.now()):
            messages.wake_for_leftovers(job.pk)


def _complete(job: Job, lease_owner: str, timing: Timing) -> bool:
    """Finish the job, and have its tracks made into what listeners are served."""
    completed = job.complete(lease_owner, generate_seconds=timing.generate, store_seconds=timing.store)
    if completed:
        for track in job.kept_tracks:
            messages.wake_for_rendition(track.pk, LISTENING_FORMAT)
    return completed


def _attempt(job: Job, lease_owner: str, heartbeat: Heartbeat, timing: Timing) -> Outcome:
    """Make and store every track that the job still lacks. What went wrong is told, not raised."""
    try:
        engine = get_engine(job.engine)
        request = job.request
        for index in range(request.variations):
            if not job.tracks.filter(index=index).exists():
                Variation(job, lease_owner, heartbeat, index).make(engine, timing)
    except (Stopped, Abandoned):
        return None
    except CallGoesOn:
        return Waiting()
    except CallOutOfReach as error:
        return Postponed(OUT_OF_REACH_SECONDS, str(error))
    except EngineError as error:
        return Failure(error.code, error.message, error.retryable, error.detail)
    except AWAY as error:
        return Postponed(0, f"The database was away for long: {error}")
    except StorageError as error:
        logger.warning("Job %s: its music could not be stored: %s", job.pk, error)
        # Even what a person must set right is tried again: services refuse by mistake too.
        return Failure(ErrorCode.STORAGE_FAILED, f"{NOT_STORED} {error.public}", True, str(error))
    except UnknownEngine as error:
        return Failure(ErrorCode.ENGINE_UNAVAILABLE, str(error), False)
    except TimeoutException:
        if heartbeat.stage == Stage.UPLOADING:
            return Failure(ErrorCode.STORAGE_FAILED, f"{NOT_STORED} {TOO_SLOW}", False)
        return Failure(
            ENGINE_TIMEOUT, "Making this music took longer than a job may. Try a shorter duration.", False
        )
    except Exception:
        logger.exception("Job %s failed", job.pk)
        return Failure(INTERNAL, "Something went wrong while making this music. Try again.", True)
    return None


def _settle(job: Job, lease_owner: str, failure: Failure) -> bool:
    """Try again later what may go better then, a few times; else say why the job failed."""
    if failure.retryable and job.attempts_used < settings.JOB_MAX_ATTEMPTS:
        delay = BACKOFF.pause(job.attempts_used)
        return job.retry_later(lease_owner, delay=delay, detail=failure.detail) and _wake(job, delay)
    return job.fail(
        lease_owner,
        code=failure.code,
        message=failure.message,
        retryable=failure.retryable,
        detail=failure.detail,
    )


def _hand_back(job: Job, lease_owner: str, postponed: Postponed) -> bool:
    return job.hand_back(lease_owner, delay=postponed.delay, detail=postponed.reason) and _wake(
        job, postponed.delay
    )


def _park(job: Job, lease_owner: str, timing: Timing) -> bool:
    parked = job.follow(lease_owner, store_seconds=timing.store)
    if parked:
        transaction.on_commit(follower_bell.ring)
    return parked


def _wake(job: Job, delay: float) -> bool:
    messages.wake_for_job(job.pk, delay=delay)
    return True
