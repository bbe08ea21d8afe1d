"""The reaper: what no worker does of itself, done again and again by every worker's main process."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import sessions
from accounts.models import CachedValue, RateCount
from generation import closed_accounts, job_cleanup
from generation.archives import making
from generation.archives import purging as archive_purging
from generation.audio.formats import LISTENING_FORMAT
from generation.models import Archive, IdempotencyKey, Job, JobEvent, Playlist, Track, WebhookDelivery
from generation.queue import messages
from generation.tracks import expiring, purging
from generation.worker import wakeups
from musicgen.logging import working_on

RENDITIONS_AT_ONCE = 10


def reap() -> int:
    """Do what no worker will do of itself, and say how many jobs, tracks and users that were.

    Jobs past their deadline or their last worker end, archives past theirs are deleted. Jobs whose worker died, jobs
    whose message was lost, jobs whose remote call no follower follows, archives that wait to be made, deleted tracks
    and archives that are still stored, files that no row names any more, and tracks that still lack what listeners are
    served are given a new message. Deleted users of whom nothing is left are removed, old lines of the jobs' logs, old
    keys of orders, old deliveries to webhooks, playlists that were deleted a while ago, what was counted of rates that
    are over, sessions that are over, and the addresses of guests too.
    """
    now, waiting = timezone.now(), messages.any_waiting()
    done = _expire(now) + wakeups.wake_for_jobs(now, messages.orders_waiting()) + job_cleanup.wake(now)
    done += wakeups.wake_for_unfollowed_calls(now)
    closed_accounts.clear_out()
    archive_purging.discard_expired(now)
    done += making.wake(now) + archive_purging.wake(now)
    Archive.objects.all().prune(now)
    done += purging.wake(now) + expiring.wake(now) + closed_accounts.remove_rows()
    JobEvent.objects.all().prune(now)
    IdempotencyKey.objects.all().prune(now)
    Job.objects.all().forget_addresses(now)
    RateCount.objects.all().prune(now)
    CachedValue.objects.all().prune(now)
    sessions.prune(now)
    WebhookDelivery.objects.all().prune(now)
    Playlist.objects.all().prune(now)
    # Only where no message waits, so that however long an outage lasts, none pile up.
    return done + (0 if waiting else _wake_for_renditions(now))


def _expire(now: datetime) -> int:
    done = 0
    for job in Job.objects.expired(now):
        with working_on(job.pk), transaction.atomic():
            if job.expire():
                job_cleanup.schedule_cleanup(job)
                done += 1
    return done


def _wake_for_renditions(now: datetime) -> int:
    done, grace = 0, timedelta(seconds=settings.RENDITION_GRACE_SECONDS)
    for track in Track.objects.rendition_due(now).defer("peaks", "search_text")[:RENDITIONS_AT_ONCE]:
        with transaction.atomic():
            if track.postpone_rendition(grace):
                messages.wake_for_rendition(track.pk, LISTENING_FORMAT)
                done += 1
    return done
