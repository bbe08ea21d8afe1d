"""The verbs that span jobs, tracks, engines and the queue: submit, cancel, retry, delete a track or an owner, reap.

`running.run` is the one that makes the music. Nothing here speaks HTTP.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from generation import leftovers, purging, queue, waking
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.models import Job, JobEvent, Track
from generation.models.job_event import EventKind
from generation.tracks import LISTENING_FORMAT

RENDITIONS_AT_ONCE = 10


class NotRetryable(Exception):
    """The job has not failed and was not canceled, so there is nothing to order again."""


def submit(*, owner: User, request: MusicRequest, engine: str | None = None) -> Job:
    """Order music: the job and the message that wakes a worker, both or neither.

    `engine` is an alias of `settings.ENGINES`, by default the site's. Raises UnknownEngine, or RequestError
    naming the fields that are wrong; then nothing has changed.
    """
    alias = engine or settings.GENERATION_ENGINE
    chosen = get_engine(alias)
    request = chosen.normalize(request)
    request.check(chosen.capabilities)
    resolution = chosen.resolve(request)
    return _enqueue(
        Job(
            owner=owner,
            engine=alias,
            genre=resolution.request.genre or "",
            input=resolution.request.as_json(),
            reasons=list(resolution.reasons),
            notices=list(resolution.notices),
        )
    )


def retry(*, job: Job) -> Job:
    """Order the same again: a new job with the same input and seed.

    Raises NotRetryable, UnknownEngine, RequestError; then nothing has changed.
    """
    if not job.is_retryable:
        raise NotRetryable(f"Only a failed or canceled job can be tried again; this one is {job.status}.")
    job.request.check(get_engine(job.engine).capabilities)
    return _enqueue(
        Job(
            owner=job.owner,
            engine=job.engine,
            genre=job.genre,
            input=job.input,
            reasons=job.reasons,
            notices=job.notices,
            retry_of=job,
        )
    )


def cancel(*, job: Job) -> bool:
    """End a queued job at once, and have the worker of one that is processing stop. False: it has ended."""
    with transaction.atomic():
        asked = job.cancel()
        leftovers.see_to(job)
    return asked


def delete_track(*, track: Track) -> bool:
    """Delete a track for its owner at once, and have a worker delete what is stored of it.

    False: it was deleted before.
    """
    with transaction.atomic():
        if not track.discard():
            return False
        queue.wake_for_purge(track.pk)
    return True


def delete_owner(*, owner: User) -> bool:
    """Delete a user with everything that they have made.

    At once they are locked out and nameless, their tracks are deleted and their jobs canceled. The rows go when
    nothing is stored or worked on any more, so that no audio is left that nothing names. False: deleted before.
    """
    with transaction.atomic():
        if not owner.close():
            return False
        purging.clear_out_closed_accounts()
    return True


def reap() -> int:
    """Do what no worker will do of itself, and say how many jobs, tracks and users that were.

    Jobs past their deadline or their last worker end. Jobs whose worker died, jobs whose message was lost, jobs whose
    remote call no follower follows, deleted tracks that are still stored, and tracks that still lack what listeners
    are served are given a new message. Deleted users of whom nothing is left are removed, old lines of the jobs'
    logs too.
    """
    now = timezone.now()
    waiting = queue.messages_waiting()
    done = _expire(now) + waking.wake_for_jobs(now, waiting) + leftovers.wake(now)
    done += waking.wake_for_forsaken_calls(now)
    purging.clear_out_closed_accounts()
    done += purging.wake(now) + purging.remove_closed_accounts()
    JobEvent.objects.all().prune(now)
    # Only where no message waits, so that however long an outage lasts, none pile up.
    return done + (0 if waiting else _wake_for_renditions(now))


def _expire(now: datetime) -> int:
    done = 0
    for job in Job.objects.expired(now):
        with transaction.atomic():
            if job.expire():
                leftovers.see_to(job)
                done += 1
    return done


def _wake_for_renditions(now: datetime) -> int:
    done, grace = 0, timedelta(seconds=settings.RENDITION_GRACE_SECONDS)
    for track in Track.objects.rendition_due(now).defer("peaks")[:RENDITIONS_AT_ONCE]:
        with transaction.atomic():
            if track.postpone_rendition(grace):
                queue.wake_for_rendition(track.pk, LISTENING_FORMAT)
                done += 1
    return done


def _enqueue(job: Job) -> Job:
    with transaction.atomic():
        job.save(force_insert=True)
        job.note(EventKind.QUEUED, f"to try {job.retry_of_id} again" if job.retry_of_id else "")
        queue.wake_for_job(job.pk)
    return job
