"""The log of a job: what happened to it, one line each, for the operator."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

PRUNED_AT_ONCE = 5000


class EventKind(models.TextChoices):
    QUEUED = "queued"
    CLAIMED = "claimed"
    TAKEN_OVER = "taken_over", "taken over"
    STAGE = "stage"
    CALL = "call", "remote call"
    FOLLOWED = "followed"
    ADOPTED = "adopted"
    CALL_ENDED = "call_ended", "remote call ended"
    COLLECTING = "collecting"
    STORED = "stored"
    RESTORED = "restored"
    MISSING = "missing"
    RETRIED = "retried"
    HANDED_BACK = "handed_back", "handed back"
    RELEASED = "released"
    WOKEN = "woken"
    CANCEL_ASKED = "cancel_asked", "asked to cancel"
    CANCELED = "canceled"
    COMPLETED = "completed"
    FAILED = "failed"


class JobEventQuerySet(models.QuerySet["JobEvent"]):
    def outlived(self, now: datetime) -> "JobEventQuerySet":
        """Those that are older than JOB_EVENT_DAYS."""
        days = settings.JOB_EVENT_DAYS
        return self.none() if days is None else self.filter(at__lt=now - timedelta(days=days))

    def prune(self, now: datetime) -> int:
        """Delete old events, so many that it takes no time, and say how many."""
        old = self.outlived(now).order_by("at")[:PRUNED_AT_ONCE]
        return self.filter(pk__in=old.values("pk")).delete()[0]


class JobEvent(models.Model):
    """One thing that happened to a job, committed together with it. Kept for JOB_EVENT_DAYS."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey("generation.Job", on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=12, choices=EventKind)
    text = models.CharField(max_length=500, blank=True)

    objects = JobEventQuerySet.as_manager()

    class Meta:
        ordering = ("job", "id")
        # By a remote call its job is found, long after the job itself has forgotten it.
        indexes = (models.Index(fields=["text"], name="event_call", condition=Q(kind="call")),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.text}".strip()
