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
from generation.audio.formats import MASTER_FORMAT
from generation.models import Archive, Track
from generation.models.archive import DAY, MAX_TRACKS, ArchiveKind, ArchiveState
from generation.models.quotas import Holder
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
    """How many archives there may be, None for as many as one likes, and what is said beyond that."""

    most: int | None
    sentence: str


def order_tracks(*, owner: User, track_ids: Iterable[UUID], format_name: str) -> Archive:
    """Have a zip made of the owner's tracks in a format of `FORMATS`; or the one that is being made of the same.

    Raises NotTheirs, ArchiveRefused, and ValueError for no tracks or more than MAX_TRACKS.
    """
    wanted = list(dict.fromkeys(track_ids))
    if not 1 <= len(wanted) <= MAX_TRACKS:
        raise ValueError(f"Choose 1 to {MAX_TRACKS} tracks; these are {len(wanted)}.")
    own = set(Track.objects.visible_to(owner).filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := [track_id for track_id in wanted if track_id not in own]:
        raise NotTheirs(missing)
    ids = [str(track_id) for track_id in wanted]
    return _order(Archive(owner=owner, kind=ArchiveKind.TRACKS, track_ids=ids, format=format_name))


def order_everything(*, owner: User) -> Archive:
    """Have a zip made of all that is kept of a user; or the one that is being made. Raises ArchiveRefused."""
    return _order(Archive(owner=owner, kind=ArchiveKind.EVERYTHING, format=MASTER_FORMAT))


def _order(archive: Archive) -> Archive:
    with transaction.atomic():
        # The lock has two requests look one after the other. Orders of the same user are not held up by it.
        list(User.objects.select_for_update(no_key=True).filter(pk=archive.owner_id).values_list("pk"))
        unended = Archive.objects.unended().filter(owner_id=archive.owner_id)
        same = unended.filter(kind=archive.kind, format=archive.format)
        for made in same:
            if sorted(made.track_ids) == sorted(archive.track_ids):
                return made
        try:
            _check(archive, unended.count())
        except ArchiveRefused as refused:
            REFUSALS.add("archives_per_day" if refused.is_daily else "archives_at_once")
            raise
        archive.save(force_insert=True)
        messages.wake_for_archive(archive.pk)
    return archive


def _check(archive: Archive, being_made: int) -> None:
    """Raises ArchiveRefused where there would be more than may be."""
    now, kind = timezone.now(), Holder.of(archive.owner).kind
    at_once = settings.QUOTA_ARCHIVES_AT_ONCE[kind]
    if at_once is not None and being_made >= at_once:
        noun = "zip" if at_once == 1 else "zips"
        raise ArchiveRefused(
            f"You may have {at_once:,} {noun} made at once, and they are. Ask again when one of them is ready.",
            AT_ONCE_RETRY_SECONDS,
            is_daily=False,
        )
    bound = _bound_of_day(archive, kind)
    counted = Archive.objects.filter(owner_id=archive.owner_id, kind=archive.kind, created_at__gt=now - DAY)
    times = list(
        counted.exclude(state=ArchiveState.FAILED)
        .order_by("-created_at")
        .values_list("created_at", flat=True)
    )
    if bound.most is not None and len(times) >= bound.most:
        wait = times[bound.most - 1] + DAY - now if bound.most else DAY
        raise ArchiveRefused(f"{bound.sentence} {_again(wait, now)}", wait.total_seconds(), is_daily=True)


def _bound_of_day(archive: Archive, kind: str) -> _Bound:
    if archive.is_everything:
        return _Bound(EVERYTHING_PER_DAY, "All your data can be had once in 24 hours.")
    most = settings.QUOTA_ARCHIVES_PER_DAY[kind]
    noun = "zip" if most == 1 else "zips"
    return _Bound(most, f"You may have {most} {noun} made in 24 hours, and have.")


def _again(wait: timedelta, now: datetime) -> str:
    return f"Ask again from {now + wait:%H:%M} UTC on."
