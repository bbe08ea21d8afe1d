"""The report: what somebody has to say to the operator about a track that is shared."""

import uuid
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from generation.models.track import Track

MAX_REPORT = 1000
# Of one track. By then the operator has enough to go by, and others are not to bury what is said of other tracks.
MAX_OPEN = 50


class Reason(models.TextChoices):
    """What a shared track may be reported for."""

    RIGHTS = "rights", "It uses somebody’s work without permission"
    HARM = "harm", "It is hateful or harmful"
    PRIVACY = "privacy", "It gives away private things about somebody"
    OTHER = "other", "Something else"


class TrackReportQuerySet(models.QuerySet["TrackReport"]):
    def open(self) -> "TrackReportQuerySet":
        """The reports that nobody has dealt with."""
        return self.filter(handled_at=None)

    def file(self, track: Track, *, reason: str, words: str = "") -> bool:
        """Keep a report of a shared track. False: it is shared no more, or as many are kept as the operator needs."""
        with transaction.atomic():
            # Of two at once one waits, and sharing does not end in between.
            shared = Track.objects.shared().select_for_update(no_key=True)
            if not shared.filter(pk=track.pk).values_list("pk"):
                return False
            if self.open().filter(track=track).count() >= MAX_OPEN:
                return False
            self.create(track=track, reason=reason, words=words)
        return True

    def handle(self, now: datetime) -> int:
        """Note that reports were dealt with, and say how many."""
        return self.open().update(handled_at=now)


class TrackReport(models.Model):
    """What a visitor reports about a shared track. Nothing is kept of who they are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=10, choices=Reason)
    words = models.TextField(max_length=MAX_REPORT, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    handled_at = models.DateTimeField(null=True, blank=True)

    objects = TrackReportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=["-created_at"], name="report_open", condition=Q(handled_at=None)),
            models.Index(fields=["-created_at", "id"], name="report_by_time"),
        )
        constraints = (
            models.CheckConstraint(name="report_reason_known", condition=Q(reason__in=Reason.values)),
        )

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.track}"
