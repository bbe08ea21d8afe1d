"""Ordering an archive: whose tracks, how many at once and in a day, and once however often it is pressed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.suspension import refuse_suspended
from generation.audio.formats import DEFAULT_FORMAT
from generation.models import Archive, Track
from generation.models.archive import DAY, MAX_TRACKS, ArchiveKind, ArchiveQuerySet, ArchiveState
from generation.models.quota_limits import GUEST, USER, Holder, wait_for_others
from generation.queue import messages
from musicgen.metrics.names import REFUSALS

EVERYTHING_PER_DAY = 1
# Until one of those that are being made has ended; when that will be, nobody knows for sure.
AT_ONCE_RETRY_SECONDS = 30


class ArchiveRefused(Exception):
    """No archive is made now. Its text is for whoever asked; `retry_after` in whole seconds.

    `is_daily`: as many were made as may be in a day, and else as many are being made as may be at once.
    """

    def __init__(self, sentence: str, retry_after: float, *, is_daily: bool) -> None:
        super().__init__(sentence)
        self.retry_after = max(1, ceil(retry_after))
        self.is_daily = is_daily


class NotTheirs(Exception):
    """Some of the tracks are not there, or not this user's: `track_ids`."""

    def __init__(self, track_ids: list[UUID]) -> None:
        super().__init__(f"There is no track {track_ids[0]}, or it is not yours.")
        self.track_ids = track_ids


@dataclass(frozen=True, slots=True)
class _Bound:
    """How many archives there may be, None for as many as one likes, what is said beyond that, and which count."""

    most: int | None
    sentence: str
    counted: ArchiveQuerySet


def order_tracks(
    *, owner: User, track_ids: Iterable[UUID], format_name: str, address_key: UUID | None = None
) -> Archive:
    """Have a zip made of the owner's tracks in a format of `FORMATS`; or the one that is being made of the same.

    `address_key` is the `client_key` of the address that asked: guests of one count as one.
    Raises NotTheirs, ArchiveRefused, Suspended, and ValueError for no tracks or more than MAX_TRACKS.
    """
    wanted = list(dict.fromkeys(track_ids))
    if not 1 <= len(wanted) <= MAX_TRACKS:
        raise ValueError(f"Choose 1 to {MAX_TRACKS} tracks; these are {len(wanted)}.")
    own = set(Track.objects.visible_to(owner).filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := [track_id for track_id in wanted if track_id not in own]:
        raise NotTheirs(missing)
    ids = [str(track_id) for track_id in wanted]
    archive = Archive(owner=owner, kind=ArchiveKind.TRACKS, track_ids=ids, format=format_name)
    return _order(archive, address_key)


def order_everything(*, owner: User, address_key: UUID | None = None) -> Archive:
    """Have a zip made of all that is kept of a user; or the one that is being made.

    Raises ArchiveRefused, Suspended.
    """
    # Of its tracks it has the masters, whichever format they are in.
    return _order(Archive(owner=owner, kind=ArchiveKind.EVERYTHING, format=DEFAULT_FORMAT), address_key)


def _order(archive: Archive, address_key: UUID | None) -> Archive:
    archive.address_key = address_key if archive.owner.is_guest else None
    holder = Holder.of(archive.owner, archive.address_key)
    with transaction.atomic():
        # Two requests look one after the other: those of a guest from two addresses, and those of all who count as one.
        refuse_suspended(archive.owner)
        wait_for_others([holder.turn_id.bytes[:8]])
        unended = Archive.objects.unended()
        same = unended.filter(owner_id=archive.owner_id, kind=archive.kind, format=archive.format)
        for made in same:
            if sorted(made.track_ids) == sorted(archive.track_ids):
                return made
        try:
            _check(archive, holder)
        except ArchiveRefused as refused:
            REFUSALS.add("archives_per_day" if refused.is_daily else "archives_at_once")
            raise
        archive.save(force_insert=True)
        messages.wake_for_archive(archive.pk)
    return archive


def _check(archive: Archive, holder: Holder) -> None:
    """Raises ArchiveRefused where there would be more than may be."""
    now, at_once = timezone.now(), settings.QUOTA_ARCHIVES_AT_ONCE[holder.kind]
    being_made = Archive.objects.unended().filter(holder_id=holder.turn_id)
    if at_once is not None and being_made.count() >= at_once:
        raise ArchiveRefused(
            f"{_who(holder)} may have {_zips(at_once)} made at once, and "
            f"{'it is' if at_once == 1 else 'they are'}. Ask again when {'it' if at_once == 1 else 'one of them'} "
            f"is ready.{_advice(holder, settings.QUOTA_ARCHIVES_AT_ONCE)}",
            AT_ONCE_RETRY_SECONDS,
            is_daily=False,
        )
    bound = _bound_of_day(archive, holder)
    counted = bound.counted.filter(kind=archive.kind, created_at__gt=now - DAY)
    times = list(
        counted.exclude(state=ArchiveState.FAILED)
        .order_by("-created_at")
        .values_list("created_at", flat=True)
    )
    if bound.most is not None and len(times) >= bound.most:
        wait = times[bound.most - 1] + DAY - now if bound.most else DAY
        raise ArchiveRefused(f"{bound.sentence} {_again(wait, now)}", wait.total_seconds(), is_daily=True)


def _bound_of_day(archive: Archive, holder: Holder) -> _Bound:
    if archive.is_everything:
        # Each may have their own, whoever else is at their address.
        own = Archive.objects.filter(owner_id=archive.owner_id)
        return _Bound(EVERYTHING_PER_DAY, "All your data can be had once in 24 hours.", own)
    most = settings.QUOTA_ARCHIVES_PER_DAY[holder.kind]
    sentence = f"{_who(holder)} may have {_zips(most or 0)} made in 24 hours, and have."
    sentence += _advice(holder, settings.QUOTA_ARCHIVES_PER_DAY)
    return _Bound(most, sentence, Archive.objects.filter(holder_id=holder.turn_id))


def _who(holder: Holder) -> str:
    return "All guests of one address together" if holder.kind == GUEST else "You"


def _zips(number: int) -> str:
    return f"{number:,} zip{'' if number == 1 else 's'}"


def _advice(holder: Holder, quota: dict[str, int | None]) -> str:
    """What guests can do who may have fewer than somebody with an account."""
    theirs, most = quota[USER], quota[holder.kind] or 0
    may_more = settings.SIGNUP_OPEN and (theirs is None or theirs > most)
    return " With an account you may have more." if holder.kind == GUEST and may_more else ""


def _again(wait: timedelta, now: datetime) -> str:
    return f"Ask again from {now + wait:%H:%M} UTC on."
