"""What a worker does with a job: claim it, have the engine make the music, master it, store it, finish it."""

import logging
import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.exceptions import TimeoutException

from generation import job_cleanup
from generation.audio.formats import LISTENING_FORMAT
from generation.engines.base import Engine, InProcessEngine, RemoteEngine
from generation.engines.registry import get_engine
from generation.models import Job, Lease
from generation.models.lease import new_owner
from generation.queue import messages
from generation.worker import follower_bell, wakeups
from generation.worker.database_retry import retry_while_database_away
from generation.worker.heartbeat import Heartbeat
from generation.worker.outcomes import Done, Failure, Outcome, Postponed, Waiting, outcome_of
from generation.worker.remote_call import RemoteCall
from generation.worker.variation import Timing, Variation
from musicgen.backoff import Backoff
from musicgen.logging import working_on

logger = logging.getLogger(__name__)
BACKOFF = Backoff(first=1, factor=4, longest=60)


def run_next() -> bool:
    """Work on the job whose turn it is. False: there is none to be had."""
    while (job := Job.objects.all().next_in_turn(timezone.now())) is not None:
        if _work_on(job, logging.INFO):
            return True
    return False


def run(job_id: uuid.UUID) -> None:
    """Work on a job until it ends or is due for another attempt. Leaves quietly if it is not to be had."""
    job = Job.objects.filter(pk=job_id).first()
    if job is not None:
        _work_on(job, logging.DEBUG)  # somebody watches it, who need not read that in the log


def _work_on(job: Job, level: int) -> bool:
    """Claim the job and make one attempt at it, and log that at this level. False: another worker was faster."""
    with working_on(job.pk):
        lease = job.claim(new_owner())
        if lease is None:
            return False
        logger.log(level, "Attempt %d, with the engine %s", job.attempt, job.engine)
        Attempt(lease).run()
        logger.log(level, "The job is %s now", job.status)
        return True


class Attempt:
    """One attempt at a job that this worker has claimed."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.job = lease.job
        self.heartbeat = Heartbeat(lease)
        self.timing = Timing.so_far(lease.job)

    def run(self) -> None:
        """Make what the job lacks, and finish, whatever came of it."""
        with self.heartbeat:
            outcome = self._make()
        retry_while_database_away(lambda: self.end(outcome))

    def end(self, outcome: Outcome) -> None:
        """Finish. What is done twice, because no answer came the first time, does nothing the second time."""
        if self.heartbeat.lost:
            self._leave()
            return
        with transaction.atomic():
            if self._move(outcome) or self.lease.end_canceled():
                job_cleanup.schedule_cleanup(self.job)
        wakeups.wake_for_place(self.job)

    def _make(self) -> Outcome:
        """Make and store every track that the job still lacks."""
        try:
            engine = get_engine(self.job.engine)
            while lacking := self.job.lacking():
                self.timing += self._made(engine, lacking[0])
        except (Exception, TimeoutException) as error:
            return outcome_of(error, self.job, self.heartbeat.stage)
        return Done()

    def _made(self, engine: Engine, index: int) -> Timing:
        """Make the next that is lacking; of a remote engine all at once."""
        if isinstance(engine, InProcessEngine):
            return Variation(self.lease, self.heartbeat, index).make(engine)
        if isinstance(engine, RemoteEngine):
            return RemoteCall(self.lease, self.heartbeat, engine).make()
        raise TypeError(f"{type(engine).__name__} is neither an InProcessEngine nor a RemoteEngine.")

    def _move(self, outcome: Outcome) -> bool:
        match outcome:
            case Done():
                return self._complete()
            case Waiting():
                return self._follow()
            case Postponed():
                return self._hand_back(outcome)
            case Failure():
                return self._fail(outcome)

    def _complete(self) -> bool:
        """Finish the job, and have its tracks made into what listeners are served."""
        completed = self.lease.complete(
            generate_seconds=self.timing.generate, store_seconds=self.timing.store
        )
        if completed:
            for track in self.job.kept_tracks:
                messages.wake_for_rendition(track.pk, LISTENING_FORMAT)
        return completed

    def _follow(self) -> bool:
        followed = self.lease.follow(store_seconds=self.timing.store)
        if followed:
            transaction.on_commit(follower_bell.ring)
        return followed

    def _fail(self, failure: Failure) -> bool:
        """Try again later what may go better then, a few times; else note why the job failed."""
        may_be_repeated = failure.retryable and not failure.is_final
        if not may_be_repeated or self.job.attempts_used >= settings.JOB_MAX_ATTEMPTS:
            return self.lease.fail(
                code=failure.code,
                message=failure.message,
                retryable=failure.retryable,
                detail=failure.detail,
            )
        delay = BACKOFF.pause(self.job.attempts_used)
        retried = self.lease.retry_later(delay=delay, detail=failure.detail)
        if retried:
            messages.wake_for_job(self.job.pk, delay=delay)
        return retried

    def _hand_back(self, postponed: Postponed) -> bool:
        handed_back = self.lease.hand_back(delay=postponed.delay, detail=postponed.reason)
        if handed_back:
            messages.wake_for_job(self.job.pk, delay=postponed.delay)
        return handed_back

    def _leave(self) -> None:
        """Leave a job that was taken away. What this worker stored last may be more than anybody wants."""
        logger.warning("Job %s has ended or is another worker's; this work is thrown away", self.job.pk)
        with transaction.atomic():
            if self.job.note_leftovers(timezone.now()):
                messages.wake_for_leftovers(self.job.pk)
