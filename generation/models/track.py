"""The track: one finished piece of music."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from generation.engines.request import MAX_TITLE, MusicRequest
from generation.models.job import Job
from generation.models.job_event import EventKind
from generation.models.stored_audio import StoredAudio
from generation.models.track_queries import TrackQuerySet
from generation.models.track_search import SOURCES, SearchTextField, search_text_of
from generation.models.track_sharing import NotShared, Visibility, new_share_key
from musicgen.text_direction import isolated

# Of a title that is made from a prompt; one that was given may be longer (MAX_TITLE).
MADE_TITLE = 60


class Track(StoredAudio):
    """One finished piece of music of a job: its master recording and what is known about it.

    A row exists only once the audio is stored and verified. `duration` in seconds, `sample_rate` in Hz,
    `bpm` beats per minute of what the `time_signature` counts (dotted quarters in 6/8 and 12/8; "" where it is not
    known), `lufs` integrated loudness, `true_peak_db` in dBTP, `peaks` int8 pairs of `samples_per_pixel` frames each,
    `score_version` that of an engine whose music has a score (ScoredEngine). `takes` are those of which it is the best
    (`diffusion.songs.Take` as JSON), none where there was one alone; `seed` is the best one's. `share_key` is the part
    of its link that nobody can guess, another each time that its sharing begins. `missing_since` is when a worker last
    looked for the master in vain; None where it is thought to be there. `master_format` is what the master is stored
    in, one of MASTER_FORMATS; `samples_md5` that of its samples (`audio.pcm`), empty for a WAV, which its checksum
    tells as well. Deleting leaves the row, without the
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
    master_format = models.CharField(max_length=10, default="wav", db_default="wav")
    samples_md5 = models.CharField(max_length=32, default="", db_default="", blank=True, editable=False)
    peaks = models.BinaryField()
    samples_per_pixel = models.PositiveIntegerField()

    bpm = models.FloatField(null=True, blank=True)
    key = models.CharField(max_length=20, blank=True)
    time_signature = models.CharField(max_length=10, blank=True, default="", db_default="")
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


def ends_at(made_at: datetime, warned_at: datetime) -> datetime:
    """When a track that was made then may be deleted at the earliest, if its owner was warned then (TRACK_DAYS)."""
    age, warning = timedelta(days=settings.TRACK_DAYS or 0), timedelta(days=settings.TRACK_WARNING_DAYS)
    return max(made_at + age, warned_at + warning)


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
