"""Which jobs: whose they are, which a worker may take, and which need somebody to look after them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Min, OuterRef, Prefetch, Q, Subquery

from generation.models.job_states import ACTIVE, Status

if TYPE_CHECKING:
    from generation.models.job import Job

# A message that was sent so long ago and has not brought its job to a worker may be lost.
WAKE_PATIENCE = timedelta(seconds=3)
LEFTOVERS_PATIENCE = timedelta(seconds=30)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """The jobs that this user may see: their own, none for someone not logged in."""
        return self.filter(owner_id=user.pk) if user.pk else self.none()

    def active(self) -> "JobQuerySet":
        return self.filter(status__in=ACTIVE)

    def queued(self) -> "JobQuerySet":
        return self.filter(status=Status.QUEUED)

    def claimable(self, now: datetime) -> "JobQuerySet":
        """Queued and due, or processing under a lease that ran out; wanted, and not past what a job may cost."""
        return self.filter(
            Q(status=Status.QUEUED, run_after__lte=now) | Q(status=Status.PROCESSING, lease_until__lt=now),
            cancel_requested_at=None,
            lost_workers__lt=settings.JOB_MAX_LOST_WORKERS,
            deadline_at__gt=now,
        )

    def expired(self, now: datetime) -> "JobQuerySet":
        """Alive, without a worker, and unwanted, past its deadline or past the workers it may lose."""
        over = Q(deadline_at__lte=now) | Q(lost_workers__gte=settings.JOB_MAX_LOST_WORKERS)
        return self.filter(
            Q(status=Status.QUEUED) | Q(status=Status.PROCESSING, lease_until__lt=now),
            over | Q(cancel_requested_at__isnull=False),
        )

    def unattended(self, now: datetime) -> "JobQuerySet":
        """Claimable jobs for which no message has been sent for a while, the longest waiting first."""
        return self.claimable(now).filter(woken_at__lt=now - WAKE_PATIENCE).order_by("woken_at")

    def with_leftovers(self, now: datetime) -> "JobQuerySet":
        """Ended jobs that may have left a remote call or stored audio behind, and no message on its way about it."""
        return self.exclude(status__in=ACTIVE).filter(
            leftovers=True, finished_at__lt=now - LEFTOVERS_PATIENCE, woken_at__lt=now - LEFTOVERS_PATIENCE
        )

    def next_in_turn(self, now: datetime) -> "Job | None":
        """The job that a worker should take: one whose worker died, else the oldest of the owner whose turn it is."""
        claimable = self.claimable(now)
        orphaned = claimable.filter(status=Status.PROCESSING).order_by("lease_until").first()
        if orphaned is not None:
            return orphaned
        queued = claimable.filter(status=Status.QUEUED)
        turns = queued.by_owner().order_by(F("served_at").asc(nulls_first=True), "head", "owner_id")
        turn = turns.values_list("owner_id", flat=True).first()
        return queued.filter(owner_id=turn).order_by("created_at", "id").first() if turn else None

    def by_owner(self) -> "models.QuerySet[Any, Any]":
        """For each owner: their oldest of these jobs (`head`), how many, and when a worker last took one of theirs."""
        from generation.models.job import Job  # which imports this module

        last = Job.objects.filter(owner_id=OuterRef("owner_id"), claimed_at__isnull=False)
        served_at = Subquery(last.order_by("-claimed_at").values("claimed_at")[:1])
        return (
            self.order_by()
            .values("owner_id")
            .annotate(head=Min("created_at"), jobs=models.Count("pk"), served_at=served_at)
        )

    def measured(self, engine: str) -> "JobQuerySet":
        """The completed jobs of an engine whose one attempt was timed from the beginning to the end."""
        return self.filter(
            engine=engine,
            status=Status.COMPLETED,
            attempt=1,
            claimed_at=F("started_at"),
            generate_seconds__isnull=False,
            store_seconds__isnull=False,
        )

    def shown(self) -> "JobQuerySet":
        """Without completed jobs whose tracks are all deleted, and without those that were tried again."""
        from generation.models.job import Job  # which imports this module

        with_music = Job.objects.filter(pk=OuterRef("pk"), tracks__isnull=False, tracks__deleted_at=None)
        tried_again = Job.objects.filter(retry_of=OuterRef("pk"))
        return self.filter(~Q(status=Status.COMPLETED) | Exists(with_music)).exclude(Exists(tried_again))

    def with_tracks(self) -> "JobQuerySet":
        """Load each job's tracks and their renditions beside it, in two more queries for any number of jobs.

        Their peaks stay where they are: they are many bytes, and only a waveform wants them.
        """
        from generation.models.track import Track  # which imports the job

        tracks = Prefetch("tracks", queryset=Track.objects.defer("peaks"))
        return self.prefetch_related(tracks, "tracks__renditions")
