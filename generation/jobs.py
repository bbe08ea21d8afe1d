"""The verbs that span jobs, tracks, engines and the queue: submit, cancel, retry, delete a track or an owner, end the
sharing of tracks.

`worker/attempt.py` makes the music. Nothing here speaks HTTP.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.suspension import refuse_suspended
from generation import closed_accounts, job_cleanup
from generation.engines import blocklist
from generation.engines.registry import get_engine
from generation.engines.request import CheckedRequest, MusicRequest
from generation.models import IdempotencyKey, Job, Playlist, Track, TrackReport, WebhookEndpoint, quotas
from generation.models.job_cancels import cancel_all
from generation.models.job_event import EventKind
from generation.models.job_order import filled_in
from generation.models.job_states import ACTIVE
from generation.models.quotas import Asked, Holder
from generation.queue import messages
from generation.scheduling.prices import expected_usd
from generation.webhooks.removal import remove
from musicgen.logging import name_job, this_request

CANCELED_AT_ONCE = 1000


class NotRetryable(Exception):
    """The job has not failed and was not canceled, so there is nothing to order again."""


class OwnerGone(Exception):
    """The guest who orders was deleted in this moment, for not having been here for long. Nothing was stored."""

    def __init__(self) -> None:
        super().__init__(
            "What this browser had was deleted just now, because it was not used for long. Order again."
        )


def submit(
    *,
    owner: User,
    request: MusicRequest,
    engine: str | None = None,
    key: IdempotencyKey | None = None,
    address_key: UUID | None = None,
) -> Job:
    """Order music: the job, the message that wakes a worker, and the client's key for the order; all or none.

    `engine` is an alias of `settings.ENGINES`, by default the site's; `address_key` is the `client_key` of the address
    that it came from, under which guests take turns. Raises UnknownEngine, RequestError naming the fields that are
    wrong, KeyTaken, QuotaExceeded or Suspended; then nothing has changed.
    """
    alias = engine or settings.GENERATION_ENGINE
    checked = blocklist.checked(get_engine(alias), request)
    return submit_checked(owner=owner, request=checked, engine=alias, key=key, address_key=address_key)


def submit_checked(
    *,
    owner: User,
    request: CheckedRequest,
    engine: str,
    key: IdempotencyKey | None = None,
    address_key: UUID | None = None,
) -> Job:
    """Order music by a request that this engine has checked. What the engine would draw is decided here.

    Raises KeyTaken, QuotaExceeded and Suspended, as `submit`.
    """
    if key is None:  # with one, the same order may have been taken in this moment
        quotas.check_early(Holder.of(owner, address_key), _asked(engine, request))
    resolution = get_engine(engine).resolve(request)
    return _enqueue(
        Job(
            owner=owner,
            engine=engine,
            genre=resolution.request.genre or "",
            input=resolution.request.as_json(),
            resolved_fields=filled_in(request, resolution.request),
            readings=[asdict(reading) for reading in resolution.readings],
            reasons=list(resolution.reasons),
            notices=list(resolution.notices),
        ),
        key,
        address_key,
    )


def retry(*, job: Job, key: IdempotencyKey | None = None, address_key: UUID | None = None) -> Job:
    """Order the same again: a new job with the same input and seed.

    Raises NotRetryable, UnknownEngine, RequestError, KeyTaken, QuotaExceeded, Suspended; then nothing has changed.
    """
    if not job.is_retryable:
        raise NotRetryable(f"Only a failed or canceled job can be tried again; this one is {job.status}.")
    request = blocklist.checked(get_engine(job.engine), job.request)
    return _enqueue(
        Job(
            owner=job.owner,
            engine=job.engine,
            genre=request.genre or "",
            input=request.as_json(),
            resolved_fields=job.resolved_fields,
            readings=job.readings,
            reasons=job.reasons,
            notices=job.notices,
            retry_of=job,
        ),
        key,
        address_key,
    )


def cancel(*, job: Job) -> bool:
    """End a queued job at once, and have the worker of one that is processing stop. False: it has ended."""
    with transaction.atomic():
        asked = job.cancel()
        job_cleanup.schedule_cleanup(job)
    return asked


def cancel_many(*, chosen: QuerySet[Job], note: Callable[[Sequence[UUID]], None] | None = None) -> int:
    """Cancel all of these that have not ended, each as `cancel` does, and say how many those were.

    In transactions of CANCELED_AT_ONCE jobs of a few statements each, so that no worker waits long for a row. `note` is
    called in each of them with the ids of those that were canceled in it.
    """
    active = chosen.filter(status__in=ACTIVE).order_by("pk")
    ids = list(active.values_list("pk", flat=True))
    count = 0
    for start in range(0, len(ids), CANCELED_AT_ONCE):
        with transaction.atomic():
            canceled = cancel_all(Job.objects.filter(pk__in=ids[start : start + CANCELED_AT_ONCE]))
            job_cleanup.schedule_cleanups(canceled.ended)
            if note is not None:
                note([*canceled.ended, *canceled.stopping])
        count += canceled.count
    return count


def delete_track(*, track: Track, only_as_seen: bool = False) -> bool:
    """Delete a track for its owner at once, and have a worker delete what is stored of it.

    False: it was deleted before, or, with `only_as_seen`, its owner has changed it since it was read.
    """
    with transaction.atomic():
        if not track.discard(only_as_seen=only_as_seen):
            return False
        messages.wake_for_purge(track.pk)
    return True


def end_sharing(*, tracks: QuerySet[Track]) -> int:
    """End the sharing of tracks for good, as the operator's answer to what was reported of them; say of how many."""
    with transaction.atomic():
        chosen = Track.objects.filter(pk__in=list(tracks.values_list("pk", flat=True)))
        TrackReport.objects.filter(track__in=chosen).handle(timezone.now())
        return chosen.bar_sharing()


def delete_owner(*, owner: User, unused_since: datetime | None = None) -> bool:
    """Delete a user with everything that they have made.

    At once they are locked out and nameless, their tracks are deleted and their jobs canceled. The rows go when
    nothing is stored or worked on any more, so that no audio is left that nothing names. False: deleted before; with
    `unused_since` also for who is no guest, was here or has ordered after that, or for whom something is being made.
    """
    with transaction.atomic():
        # First the jobs, then their owner, then the webhooks in the order of their ids, as whoever stores a track or
        # ends a job does (`record_end`): else each of the two could wait for what the other holds.
        active = Job.objects.active().filter(owner_id=owner.pk).order_by("pk")
        at_work = list(active.select_for_update(no_key=True).values_list("pk"))
        if unused_since is not None and at_work:
            return False
        if not owner.close(unused_since=unused_since):
            return False
        IdempotencyKey.objects.filter(owner_id=owner.pk).delete()
        Playlist.objects.filter(owner_id=owner.pk).delete()
        closed_accounts.clear_out(owner)
        for endpoint in WebhookEndpoint.objects.filter(owner_id=owner.pk).order_by("pk"):
            remove(endpoint)
    return True


def _enqueue(job: Job, key: IdempotencyKey | None, address_key: UUID | None) -> Job:
    asked = _asked(job.engine, job.request)
    job.ordered_seconds, job.stored_seconds, job.expected_usd = asked.seconds, asked.stored_seconds, asked.usd
    job.address_key = address_key if job.owner.is_guest else None
    job.request_id = this_request()
    with transaction.atomic():
        refuse_suspended(job.owner)
        if job.owner.is_guest and not job.owner.note_use():
            raise OwnerGone
        if key is not None:
            key.claim(job)
        # After the key: an order that was taken before and is sent again is not refused.
        quotas.check(Holder.of(job.owner, job.address_key), asked)
        job.save(force_insert=True)
        job.note(EventKind.QUEUED, f"to try {job.retry_of_id} again" if job.retry_of_id else "")
        messages.wake_for_job(job.pk)
    name_job(job.pk)
    return job


def _asked(engine: str, request: MusicRequest) -> Asked:
    """How much an order uses. All takes are made, and one of each variation is kept."""
    kept = request.duration * request.variations
    seconds = kept * request.takes
    return Asked(seconds, kept, expected_usd(engine, seconds))
