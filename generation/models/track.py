"""The track: one finished piece of music."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.managers import DEMONSTRATIONS_ID
from accounts.models import User
from generation.engines.request import MAX_TITLE, MusicRequest
from generation.models.job import Job
from generation.models.job_event import EventKind
from generation.models.stored_audio import StoredAudio
from generation.models.track_search import NO_WORDS, SOURCES, SearchTextField, condition_for, search_text_of
from musicgen.text_direction import isolated

# Of a title that is made from a prompt; one that was given may be longer (MAX_TITLE).
MADE_TITLE = 60
PURGE_GRACE = timedelta(minutes=5)
# How long a track that was deleted on a page can be had back.
UNDO_FOR = timedelta(minutes=10)
FORGIVEN_AT_ONCE = 1000


class Visibility(models.TextChoices):
    """Who may hear a track: its owner; whoever has its link; the same, and search engines may list it."""

    PRIVATE = "private"
    UNLISTED = "unlisted"
    PUBLIC = "public"


class NotShared(Exception):
    """A track that its owner may not share. The message is for them, `code` for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
        """The tracks that whoever has their link may hear."""
        return self.kept().exclude(visibility=Visibility.PRIVATE)

    def with_link(self, share_key: str) -> "TrackQuerySet":
        """The shared track that this key leads to, if any."""
        return self.none() if "\0" in share_key else self.shared().filter(share_key=share_key)

    def public(self) -> "TrackQuerySet":
        """The tracks that search engines may list."""
        return self.kept().filter(visibility=Visibility.PUBLIC)

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
        return self.kept().filter(rendition_due_at__lt=now)

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


class Track(StoredAudio):
    """One finished piece of music of a job: its master recording and what is known about it.

    A row exists only once the audio is stored and verified. `duration` in seconds, `sample_rate` in Hz,
    `lufs` integrated loudness, `true_peak_db` in dBTP, `peaks` int8 pairs of `samples_per_pixel` frames each,
    `score_version` that of an engine whose music has a score (ScoredEngine). `takes` are those of which it is the best
    (`diffusion.songs.Take` as JSON), none where there was one alone; `seed` is the best one's. `share_key` is the part
    of its link that nobody can guess, another each time that its sharing begins. `missing_since` is when a worker last
    looked for the master in vain; None where it is thought to be there. Deleting leaves the row, without the
    words of its owner, as the ledger of its job, after its audio is gone too (`purged_at`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="tracks")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tracks")
    index = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=MAX_TITLE)
    prompt = models.TextField()
    genre = models.CharField(max_length=40, blank=True)
    seed = models.BigIntegerField()
    tags = models.JSONField(default=list, blank=True)
    favorite = models.BooleanField(default=False)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    share_key = models.CharField(max_length=22, null=True, blank=True, unique=True, editable=False)
    sharing_barred = models.BooleanField(default=False, db_default=False)

    duration = models.FloatField()
    sample_rate = models.PositiveIntegerField()
    channels = models.PositiveSmallIntegerField()
    peaks = models.BinaryField()
    samples_per_pixel = models.PositiveIntegerField()

    bpm = models.FloatField(null=True, blank=True)
    key = models.CharField(max_length=20, blank=True)
    lufs = models.FloatField(null=True, blank=True)
    true_peak_db = models.FloatField(null=True, blank=True)
    score_version = models.PositiveSmallIntegerField(null=True, blank=True)
    takes = models.JSONField(default=list, db_default=[], blank=True)

    search_text = SearchTextField(default="", db_default="", editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    rendition_due_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    # When its owner was warned that it is to be deleted, because it is older than TRACK_DAYS.
    warned_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    missing_since: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    purge_after = models.DateTimeField(null=True, blank=True)
    purge_woken_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "index", "id")
        indexes = (
            # The orders of its owner's lists, which go on from a value and an id.
            models.Index(
                fields=["owner", "-created_at", "-id"], name="track_by_owner", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["owner", "title", "id"], name="track_by_title", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["owner", "duration", "id"], name="track_by_duration", condition=Q(deleted_at=None)
            ),
            # Every column by which the operator's list is filtered, as the jobs have it.
            models.Index(
                fields=[
                    *("created_at", "-index", "-id"),
                    *("genre", "storage_type", "visibility", "deleted_at", "owner"),
                ],
                name="track_list",
            ),
            models.Index(
                fields=["-created_at"], name="track_public", condition=Q(visibility="public", deleted_at=None)
            ),
            models.Index(
                fields=["created_at", "id"],
                name="track_ageing",
                condition=Q(deleted_at=None, favorite=False, visibility="private", warned_at=None),
            ),
            models.Index(
                fields=["warned_at"],
                name="track_warned",
                condition=Q(deleted_at=None, warned_at__isnull=False),
            ),
            models.Index(
                fields=["rendition_due_at"],
                name="track_rendition_due",
                condition=Q(rendition_due_at__isnull=False),
            ),
            models.Index(
                fields=["purge_after"],
                name="track_to_purge",
                condition=Q(deleted_at__isnull=False, purged_at=None),
            ),
            models.Index(fields=["id"], name="track_wordless", condition=Q(search_text="", deleted_at=None)),
        )
        constraints = (
            models.UniqueConstraint(fields=["job", "index"], name="track_one_per_variation"),
            models.CheckConstraint(name="track_has_length", condition=Q(duration__gt=0)),
            models.CheckConstraint(
                name="track_visibility_known", condition=Q(visibility__in=Visibility.values)
            ),
            models.CheckConstraint(
                name="track_has_link_while_shared",
                condition=Q(visibility="private", share_key=None)
                | Q(~Q(visibility="private"), share_key__isnull=False, purged_at=None, sharing_barred=False),
            ),
        )

    def __str__(self) -> str:
        return isolated(self.title)

    @staticmethod
    def id_for(job: Job, index: int) -> uuid.UUID:
        """The id of a job's track number `index`: always the same, so that storing it again overwrites itself."""
        return uuid.uuid5(job.pk, str(index))

    @property
    def asked_bpm(self) -> float | None:
        """The tempo that was asked for, where another one came out."""
        asked: float | None = self.job.asked["bpm"]
        return asked if asked and self.bpm and asked != self.bpm else None

    @property
    def asked_key(self) -> str | None:
        """The key that was asked for, where another one came out."""
        asked: str | None = self.job.asked["key"]
        return asked if asked and self.key and asked != self.key else None

    @property
    def key_prefix(self) -> str:
        """Where everything stored of this track lies."""
        return f"tracks/{self.job_id}/{self.pk}"

    def edit(
        self,
        *,
        title: str | None = None,
        tags: list[str] | None = None,
        favorite: bool | None = None,
        visibility: str | None = None,
        only_as_seen: bool = False,
    ) -> bool:
        """Change what its owner may change; None leaves it as it is. False: it was deleted meanwhile.

        With `only_as_seen` False also where its owner has changed it since it was read. Raises NotShared.
        """
        changes = {"title": title, "tags": tags, "favorite": favorite, "visibility": visibility}
        given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
        mine = self._mine(only_as_seen=only_as_seen)
        if visibility == Visibility.PRIVATE:
            given["share_key"] = None
        elif visibility is not None:
            self._check_sharing()
            given["share_key"] = Coalesce(F("share_key"), Value(new_share_key()))
            mine = mine.filter(sharing_barred=False)
        if not given:
            return mine.exists()
        if title is None and tags is None:
            return mine.update(**given) == 1
        with transaction.atomic():
            # Another change at the same time waits for this one, and then counts it in.
            locked = mine.select_for_update(no_key=True).only(*SOURCES).first()
            if locked is None:
                return False
            locked.title = locked.title if title is None else title
            locked.tags = locked.tags if tags is None else tags
            return mine.update(**given, search_text=search_text_of(locked)) == 1

    def discard(self, *, only_as_seen: bool = False) -> bool:
        """Delete for its owner, at once and for good; the stored audio follows. False: it was deleted before.

        With `only_as_seen` False also where its owner has changed it since it was read.
        """
        now = timezone.now()
        return self._mine(only_as_seen=only_as_seen).discard(now, woken_at=now) == 1

    def postpone_rendition(self, at_least: timedelta, at_most: timedelta | None = None) -> bool:
        """Have what listeners are served asked for again after half the track's age, within these bounds.

        So the pauses between attempts grow by half each time. False: it is there or was given up meanwhile, or somebody
        else has just postponed it.
        """
        now = timezone.now()
        delay = max(at_least, (now - self.created_at) / 2)
        due = now + (delay if at_most is None else min(delay, at_most))
        mine = Track.objects.kept().filter(pk=self.pk, rendition_due_at=self.rendition_due_at)
        return mine.exclude(rendition_due_at=None).update(rendition_due_at=due) == 1

    def note_missing(self) -> None:
        """Note that the master cannot be read, and that nothing is to be made of it; not if it was moved meanwhile."""
        now = timezone.now()
        where_it_was = self.where_it_was().filter(deleted_at=None)
        with transaction.atomic():
            if where_it_was.update(missing_since=now, rendition_due_at=None) and self.missing_since is None:
                self.job.note(EventKind.MISSING, f"track {self.index + 1}: {self.storage_key}")
        self.missing_since = now

    def note_found(self) -> None:
        """Note that the master can be read after all."""
        Track.objects.filter(pk=self.pk).exclude(missing_since=None).update(missing_since=None)
        self.missing_since = None

    def note_purge_wake(self, now: datetime) -> bool:
        """Note that a message to delete the stored audio is being sent. False: somebody else just sent one."""
        return (
            Track.objects.to_purge(now)
            .filter(pk=self.pk, purge_woken_at=self.purge_woken_at)
            .update(purge_woken_at=now)
            == 1
        )

    def _check_sharing(self) -> None:
        """Raises NotShared where the operator has ended it, and for guests, who may be gone tomorrow."""
        asked = Track.objects.filter(pk=self.pk).values_list("sharing_barred", "owner__is_guest").first()
        is_barred, is_guest = asked or (False, False)
        if is_barred:
            raise NotShared(
                "sharing_barred", "The operator of this site has ended the sharing of this track."
            )
        if is_guest:
            raise NotShared(
                "account_needed", "Sharing needs an account. Signing up keeps what you have made."
            )

    def _mine(self, *, only_as_seen: bool) -> TrackQuerySet:
        mine = Track.objects.kept().filter(pk=self.pk)
        if not only_as_seen:
            return mine
        return mine.filter(
            title=self.title, tags=self.tags, favorite=self.favorite, visibility=self.visibility
        )


def ends_at(made_at: datetime, told_at: datetime) -> datetime:
    """When a track that was made then may be deleted at the earliest, if its owner was warned then (TRACK_DAYS)."""
    age, warning = timedelta(days=settings.TRACK_DAYS or 0), timedelta(days=settings.TRACK_WARNING_DAYS)
    return max(made_at + age, told_at + warning)


def new_share_key() -> str:
    """128 bits that nobody can guess, as 22 characters for an address."""
    return secrets.token_urlsafe(16)


def title_for(request: MusicRequest, index: int) -> str:
    """The title of one of an order's tracks: as it was given, else made from the prompt.

    Where there are several, the number is added, and as much of the title is kept as leaves it within MAX_TITLE.
    """
    title = request.title or _from_prompt(request.prompt)
    if request.variations == 1:
        return title
    number = f" ({index + 1})"
    return f"{_shortened(title, MAX_TITLE - len(number))}{number}"


def _from_prompt(prompt: str) -> str:
    """The beginning of a prompt, cut at a word, with a capital."""
    words = " ".join(prompt.split())
    if len(words) > MADE_TITLE:
        words = words[:MADE_TITLE].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"
    return words[:1].upper() + words[1:]


def _shortened(title: str, longest: int) -> str:
    return title if len(title) <= longest else title[: longest - 1].rstrip() + "…"
