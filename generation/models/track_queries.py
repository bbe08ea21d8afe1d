"""Which tracks: whose they are, which are shared or found, and which are to be deleted, by their owners or with age."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.expressions import RawSQL

from accounts.managers import DEMONSTRATIONS_ID
from accounts.models import User
from generation.models.job import Job
from generation.models.track_search import NO_WORDS, SOURCES, condition_for, search_text_of
from generation.models.track_sharing import Visibility

if TYPE_CHECKING:
    from generation.models.track import Track  # noqa: F401 - named in quotes below

PURGE_GRACE = timedelta(minutes=5)
# How long a track that was deleted on a page can be had back.
UNDO_FOR = timedelta(minutes=10)
FORGIVEN_AT_ONCE = 1000


class _HasTag(Func):
    """Whether a JSON list holds a string, for databases without `contains` on JSON (SQLite)."""

    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
    arg_joiner = ") WHERE json_each.value = "
    output_field = models.BooleanField()


class TrackQuerySet(models.QuerySet["Track"]):
    def visible_to(self, user: Any) -> "TrackQuerySet":
        """The tracks that this user may see and change: their own, and none that were deleted."""
        return self.kept().filter(owner_id=user.pk) if user.pk else self.none()

    def with_job(self, *fields: str) -> "TrackQuerySet":
        """Load each track's job beside it, of which only these fields: a job has much that lists do not show."""
        left = {field.name for field in Job._meta.concrete_fields} - {"id", *fields}
        return self.select_related("job").defer(*(f"job__{name}" for name in left))

    def kept(self) -> "TrackQuerySet":
        return self.filter(deleted_at=None)

    def shared(self) -> "TrackQuerySet":
        """The tracks that whoever has their link may hear: none of somebody who is suspended."""
        return self.without_suspended().exclude(visibility=Visibility.PRIVATE)

    def without_suspended(self) -> "TrackQuerySet":
        """The tracks but for those of suspended users."""
        # Not by a join, for whoever locks such tracks would lock their owners, too.
        return self.kept().exclude(Exists(User.objects.suspended().filter(pk=OuterRef("owner_id"))))

    def with_link(self, share_key: str) -> "TrackQuerySet":
        """The shared track that this key leads to, if any."""
        return self.none() if "\0" in share_key else self.shared().filter(share_key=share_key)

    def public(self) -> "TrackQuerySet":
        """The tracks that search engines may list."""
        return self.without_suspended().filter(visibility=Visibility.PUBLIC)

    def bar_sharing(self) -> int:
        """End the sharing of tracks, so that their owners cannot begin it again, and say of how many."""
        return self.update(sharing_barred=True, visibility=Visibility.PRIVATE, share_key=None)

    def matching(self, query: str) -> "TrackQuerySet":
        """Tracks that have every word of a query: in title, prompt, tags, genre, key or tempo."""
        if not query.strip():
            return self
        condition = condition_for(query)
        return self.none() if condition is None else self.filter(condition)

    def give_words(self, at_most: int) -> int:
        """Write down by which words tracks are found that have none yet, and say of how many.

        A process of a release before there were any, which runs on while another is deployed, stores such tracks.
        """
        # Written out, for SQLite looks into the index `track_wordless` for what is written so alone.
        wordless = self.kept().filter(RawSQL("search_text = ''", (), models.BooleanField()))
        with transaction.atomic(using=self.db):
            # A title that is changed meanwhile waits, and is written down again by the one who changes it.
            found = list(
                wordless.select_for_update(no_key=True).only("pk", *SOURCES).order_by("pk")[:at_most]
            )
            for track in found:
                self.filter(pk=track.pk).update(search_text=search_text_of(track) or NO_WORDS)
        return len(found)

    def tagged(self, tag: str) -> "TrackQuerySet":
        """Tracks that have exactly this tag."""
        if connections[self.db].features.supports_json_field_contains:
            return self.filter(tags__contains=[tag])
        return self.filter(_HasTag("tags", Value(tag)))

    def rendition_due(self, now: datetime) -> "TrackQuerySet":
        """Tracks that should have been made into what listeners are served by now."""
        return self.without_suspended().filter(rendition_due_at__lt=now)

    def unpurged(self) -> "TrackQuerySet":
        """Deleted tracks whose audio is still stored."""
        return self.filter(deleted_at__isnull=False, purged_at=None)

    def to_purge(self, now: datetime) -> "TrackQuerySet":
        """Unpurged tracks whose audio is to be deleted now, not after a while."""
        return self.unpurged().filter(purge_after__lte=now)

    def without_message(self, now: datetime) -> "TrackQuerySet":
        """Tracks to purge whose message has not been sent since they were due, or must have been lost."""
        unsent = Q(purge_woken_at=None) | Q(purge_woken_at__lt=F("purge_after"))
        return self.to_purge(now).filter(unsent | Q(purge_woken_at__lt=now - PURGE_GRACE))

    def discard(self, now: datetime, *, woken_at: datetime | None = None) -> int:
        """Delete tracks for their owners, at once and for good, and say how many; the stored audio follows.

        `woken_at` is when the message was sent about that; without one it is sent by the reaper.
        """
        return self.kept().update(deleted_at=now, purge_after=now, purge_woken_at=woken_at, **_wordless())

    def unwanted(self) -> "TrackQuerySet":
        """Tracks that nobody has said they want to keep: no favorites, not shared, in no playlist.

        None of those who may use the admin, who are locked, or whose the pieces are that everybody may hear.
        """
        lists = apps.get_model("generation.PlaylistEntry").objects.filter(track=OuterRef("pk"))
        plain = self.kept().filter(favorite=False, visibility=Visibility.PRIVATE).exclude(Exists(lists))
        owners = {"owner__is_active": True, "owner__is_staff": False, "owner__deleted_at": None}
        return plain.filter(**owners).exclude(owner_id=DEMONSTRATIONS_ID)

    def ageing(self, now: datetime) -> "TrackQuerySet":
        """Unwanted tracks that will be older than TRACK_DAYS in TRACK_WARNING_DAYS, of which nobody was warned."""
        if settings.TRACK_DAYS is None:
            return self.none()
        age = timedelta(days=max(0, settings.TRACK_DAYS - settings.TRACK_WARNING_DAYS))
        return self.unwanted().filter(created_at__lt=now - age, warned_at=None)

    def warned_long_ago(self, now: datetime) -> "TrackQuerySet":
        """Tracks older than TRACK_DAYS whose owner was warned TRACK_WARNING_DAYS ago."""
        if settings.TRACK_DAYS is None:
            return self.none()
        warned = now - timedelta(days=settings.TRACK_WARNING_DAYS)
        made = now - timedelta(days=settings.TRACK_DAYS)
        return self.kept().filter(warned_at__lt=warned, created_at__lt=made)

    def too_old(self, now: datetime) -> "TrackQuerySet":
        """Those of them that are still unwanted."""
        return self.warned_long_ago(now).unwanted()

    def forgive(self, now: datetime) -> int:
        """Take back the warning of some whose time is over but that somebody wants to keep, and say of how many.

        Should they be unwanted again, it is given again.
        """
        oldest = (
            self.warned_long_ago(now).order_by("warned_at").values_list("pk", flat=True)[:FORGIVEN_AT_ONCE]
        )
        ids = set(oldest)
        wanted = ids - set(self.unwanted().filter(pk__in=ids).values_list("pk", flat=True)) if ids else ids
        return self.filter(pk__in=wanted).update(warned_at=None) if wanted else 0

    def withdraw(self, now: datetime) -> int:
        """Delete tracks for their owners, who can have them back for UNDO_FOR, and say how many.

        Then the reaper wakes somebody who deletes their words and their audio. Until then shared ones keep their link,
        which leads nowhere and works again for those that are had back.
        """
        return self.kept().update(deleted_at=now, purge_after=now + UNDO_FOR, purge_woken_at=None)

    def withdrawn(self) -> "TrackQuerySet":
        """Deleted tracks of which nothing is gone yet."""
        return self.unpurged().exclude(title="")

    def restore(self, now: datetime) -> int:
        """Give withdrawn tracks back to their owners, and say how many; not those whose time is over."""
        back = self.withdrawn().filter(purge_after__gt=now)
        return back.update(deleted_at=None, purge_after=None, purge_woken_at=None)

    def forget(self, now: datetime) -> int:
        """Delete the words of deleted tracks, so that none can be had back; their audio is due. Say of how many."""
        return self.unpurged().update(purge_after=now, **_wordless())

    def postpone_purge(self, until: datetime) -> int:
        """Have the audio of deleted tracks deleted no sooner than that, and say of how many."""
        return self.unpurged().filter(purge_after__lt=until).update(purge_after=until)


def _wordless() -> dict[str, Any]:
    """Nothing of what a track's owner has said about it."""
    words: dict[str, Any] = {"title": "", "prompt": "", "tags": [], "search_text": "", "warned_at": None}
    return words | {"favorite": False, "visibility": Visibility.PRIVATE, "share_key": None}
