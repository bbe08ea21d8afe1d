"""Tracks that are older than TRACK_DAYS and that nobody has said they want to keep: warned of, and then deleted.

Their owners are warned TRACK_WARNING_DAYS before: by mail, guests on the page of their library. Where nobody can be,
because the site sends no mail or the mail does not go out, nothing is deleted.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from generation.models import Track
from generation.models.track_sharing import Visibility
from generation.queue import messages
from generation.retention.rounds import Rounds

LOOKED_AT_ONCE = 500
DELETED_AT_ONCE = 200
MAILED_AT_ONCE = 20
# A mail that did not go out is tried again after this.
TRY_AGAIN = timedelta(hours=1)


def delete(now: datetime) -> int:
    """Delete some of the tracks whose time is over, and say how many; their audio follows."""
    Track.objects.all().forgive(now)
    oldest = Track.objects.all().too_old(now).order_by("warned_at")
    some = list(oldest.values_list("pk", flat=True)[:DELETED_AT_ONCE])
    # By its own columns, which are looked at once more where somebody has just made it a favorite or shared it.
    still = Track.objects.all().warned_long_ago(now).filter(favorite=False, visibility=Visibility.PRIVATE)
    return still.filter(pk__in=some).discard(now) if some else 0


class Warnings:
    """Warns the owners of tracks that are to be deleted. Of some none can be warned, so it goes in rounds."""

    def __init__(self) -> None:
        self.rounds = Rounds("created_at", LOOKED_AT_ONCE)

    def begin(self, now: datetime) -> int:
        """Note that some guests are warned, and have workers mail some others; say how many tracks and mails."""
        part = self.rounds.part(Track.objects.all().ageing(now))
        ageing = Track.objects.filter(pk__in=part, warned_at=None)
        warned = ageing.filter(owner__is_guest=True).update(warned_at=now)
        mailed = sum(_claim(owner, now) for owner in _mailable(ageing, now)[:MAILED_AT_ONCE])
        if mailed < MAILED_AT_ONCE:
            self.rounds.go_on()
        return warned + mailed


def _mailable(tracks: "QuerySet[Track]", now: datetime) -> "QuerySet[User]":
    """The owners of these tracks who have an address and were sent no such mail of late."""
    if not settings.EMAIL_URL:
        return User.objects.none()
    due = Q(track_mail_after=None) | Q(track_mail_after__lte=now)
    return User.objects.filter(due, pk__in=tracks.values("owner"), is_guest=False, is_active=True)


def _claim(owner: User, now: datetime) -> bool:
    """Have a worker send somebody the mail. False: another has just done so."""
    mine = User.objects.filter(pk=owner.pk, track_mail_after=owner.track_mail_after)
    with transaction.atomic():
        claimed = mine.update(track_mail_after=now + TRY_AGAIN) == 1
        if claimed:
            messages.wake_for_track_warning(owner.pk)
    return claimed
