"""The reaper: what no worker does of itself, done again and again by every worker's main process."""

from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generation import closed_accounts, job_cleanup, suspensions
from generation.archives import making
from generation.archives import purging as archive_purging
from generation.audio.formats import LISTENING_FORMAT
from generation.models import Job, Track
from generation.queue import messages
from generation.retention.kinds import Kind, kinds
from generation.tracks import expiring, purging
from generation.worker import wakeups
from musicgen.logging import working_on

RENDITIONS_AT_ONCE = 10
WORDS_AT_ONCE = 300


def reap() -> int:
    """Do what no worker will do of itself, and say how many jobs, tracks and users that were.

    Jobs past their deadline or their last worker end, and those of suspended users. Of what was kept for a time that is
    over a part is deleted (`retention.kinds`): guests, tracks, archives, rows. Jobs whose worker died, jobs whose
    message was lost, jobs whose remote call no follower follows, archives that wait to be made, deleted tracks and
    archives that are still stored, files that no row names any more, and tracks that still lack what listeners are
    served are given a new message. Deleted users of whom nothing is left are removed. Tracks without the words by which
    they are found, as an earlier release stores them, are given these.
    """
    now, waiting = timezone.now(), messages.any_waiting()
    done = _expire(now) + wakeups.wake_for_jobs(now, messages.orders_waiting()) + job_cleanup.wake(now)
    done += wakeups.wake_for_unfollowed_calls(now)
    closed_accounts.clear_out()
    done += suspensions.cancel_orders()
    for kind in _kinds():
        kind.prune(now)
    done += making.wake(now) + archive_purging.wake(now)
    done += purging.wake(now) + expiring.wake(now) + closed_accounts.remove_rows()
    Track.objects.all().give_words(WORDS_AT_ONCE)
    # Only where no message waits, so that however long an outage lasts, none pile up.
    return done + (0 if waiting else _wake_for_renditions(now))


@cache
def _kinds() -> tuple[Kind, ...]:
    """This process's own, which know how far they are."""
    return kinds()


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
