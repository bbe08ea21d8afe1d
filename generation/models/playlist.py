"""The playlist: tracks of one owner in an order of their own."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Count, F, Max, Q, Sum
from django.utils import timezone

from accounts.models import User
from generation.models.track import Track
from musicgen.text_direction import isolated

MAX_PLAYLISTS = 500
MAX_PLAYLIST_TRACKS = 1000
MAX_PLAYLIST_TITLE = 100
# So long a deleted playlist can be taken back.
RESTORABLE = timedelta(hours=1)


class PlaylistFull(Exception):
    """There is no room for more playlists, or for more tracks in one. The message is for its owner."""


class PlaylistQuerySet(models.QuerySet["Playlist"]):
    def visible_to(self, user: Any) -> "PlaylistQuerySet":
        """The playlists that this user may see and change: their own, and none that were deleted."""
        return self.kept().filter(owner_id=user.pk) if user.pk else self.none()

    def kept(self) -> "PlaylistQuerySet":
        return self.filter(deleted_at=None)

    def with_facts(self) -> "PlaylistQuerySet":
        """Load beside each how many tracks it has, as `track_count`, and how many seconds they last, as `seconds`."""
        kept = Q(entries__track__deleted_at=None)
        return self.annotate(
            track_count=Count("entries", filter=kept), seconds=Sum("entries__track__duration", filter=kept)
        )

    def make(self, owner: User, title: str) -> "Playlist":
        """A new playlist. Raises PlaylistFull where the owner has as many as they may."""
        with transaction.atomic():
            self.check_room(owner)
            return self.create(owner=owner, title=title)

    def check_room(self, owner: User) -> None:
        """Raises PlaylistFull where the owner has as many as they may. Call it in the transaction that adds one."""
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # of two at once one waits
        if self.kept().filter(owner=owner).count() >= MAX_PLAYLISTS:
            raise PlaylistFull(f"You have {MAX_PLAYLISTS} playlists already. Delete one first.")

    def outlived(self, now: datetime) -> "PlaylistQuerySet":
        """Those that were deleted too long ago to be taken back."""
        return self.filter(deleted_at__lt=now - RESTORABLE)

    def prune(self, now: datetime) -> int:
        """Remove the playlists that were deleted too long ago to be taken back, and say how many."""
        return self.outlived(now).delete()[0]


class Playlist(models.Model):
    """Tracks of one owner in an order of their own, each of them once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="playlists")
    title = models.CharField(max_length=MAX_PLAYLIST_TITLE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )

    objects = PlaylistQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at", "id")
        indexes = (
            models.Index(
                fields=["owner", "-changed_at", "-id"], name="playlist_by_owner", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["deleted_at"], name="playlist_deleted", condition=Q(deleted_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return isolated(self.title)

    @property
    def tracks(self) -> "models.QuerySet[PlaylistEntry]":
        """The entries whose tracks are there, in order."""
        return self.entries.filter(track__deleted_at=None).order_by("position", "id")

    def rename(self, title: str) -> bool:
        """Give it another title. False: it was deleted meanwhile."""
        return self._mine().update(title=title, changed_at=timezone.now()) == 1

    def discard(self) -> bool:
        """Delete it, for `RESTORABLE` to be taken back. Its tracks stay. False: it was deleted before."""
        return self._mine().update(deleted_at=timezone.now()) == 1

    def restore(self) -> bool:
        """Take back that it was deleted. False: it was not, or too long ago. Raises PlaylistFull, as `make`."""
        lately = Q(deleted_at__gt=timezone.now() - RESTORABLE)
        with transaction.atomic():
            Playlist.objects.all().check_room(self.owner)
            return Playlist.objects.filter(lately, pk=self.pk).update(deleted_at=None) == 1

    def add(self, tracks: Iterable[Track], *, position: int | None = None) -> int:
        """Put tracks at its end, or the first at a position, and say how many were not in it before.

        Raises PlaylistFull; then nothing has changed.
        """
        with transaction.atomic():
            self._lock()
            held = set(self.entries.values_list("track_id", flat=True))
            new = [track for track in dict.fromkeys(tracks) if track.pk not in held]
            if len(held) + len(new) > MAX_PLAYLIST_TRACKS:
                raise PlaylistFull(
                    f"A playlist holds {MAX_PLAYLIST_TRACKS} tracks, and “{isolated(self.title)}” has {len(held)}."
                )
            start = self._end() if position is None else position
            self.entries.filter(position__gte=start).update(position=F("position") + len(new))
            PlaylistEntry.objects.bulk_create(
                PlaylistEntry(playlist=self, track=track, position=start + place)
                for place, track in enumerate(new)
            )
            self._touch()
        return len(new)

    def remove(self, track_id: uuid.UUID) -> int | None:
        """Take a track out, and say at which position it was; None where it was not in it."""
        with transaction.atomic():
            self._lock()
            entry = self.entries.filter(track_id=track_id).first()
            if entry is None:
                return None
            entry.delete()
            self._touch()
        return entry.position

    def move(self, track_id: uuid.UUID, *, before: uuid.UUID | None) -> bool:
        """Put a track in front of another, or at the end. False: one of them is not in it."""
        with transaction.atomic():
            self._lock()
            concerned = self.entries.filter(Q(track_id=track_id) | Q(track_id=before))
            places = dict(concerned.values_list("track_id", "position"))
            start = places.get(track_id)
            target = self._end() if before is None else places.get(before)
            if start is None or target is None:
                return False
            if start < target:
                between, step, place = Q(position__gt=start, position__lt=target), -1, target - 1
            else:
                between, step, place = Q(position__gte=target, position__lt=start), 1, target
            self.entries.filter(between).update(position=F("position") + step)
            self.entries.filter(track_id=track_id).update(position=place)
            self._touch()
        return True

    def _mine(self) -> PlaylistQuerySet:
        return Playlist.objects.kept().filter(pk=self.pk)

    def _lock(self) -> None:
        """Of two who change its order at once one waits."""
        Playlist.objects.select_for_update(no_key=True).get(pk=self.pk)

    def _end(self) -> int:
        last: int | None = self.entries.aggregate(last=Max("position"))["last"]
        return 0 if last is None else last + 1

    def _touch(self) -> None:
        Playlist.objects.filter(pk=self.pk).update(changed_at=timezone.now())


class PlaylistEntry(models.Model):
    """A track's place in a playlist. Positions rise; there may be gaps between them.

    A deleted track keeps its place while it can be taken back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="entries")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="playlist_entries")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position", "id")
        indexes = (models.Index(fields=["playlist", "position", "id"], name="entry_in_order"),)
        constraints = (models.UniqueConstraint(fields=["playlist", "track"], name="entry_one_per_track"),)

    def __str__(self) -> str:
        return f"{self.playlist_id}: {self.track_id}"
