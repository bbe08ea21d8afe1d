"""Which jobs: whose they are, which a worker may take, and which need somebody to look after them."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Case, Exists, F, Min, OuterRef, Prefetch, Q, Subquery, Value, When
from django.utils import timezone

from generation.engines.registry import remote_engines
from generation.models.job_states import ACTIVE, CallState, Status

if TYPE_CHECKING:
    from generation.models.job import Job

# A message that was sent so long ago and has not brought its job to a worker may be lost.
WAKE_GRACE = timedelta(seconds=3)
CLEANUP_GRACE = timedelta(seconds=30)
# A call that no follower has adopted for so long is looked after by a worker.
FOLLOWER_GRACE = timedelta(minutes=1)

# Longer than a day's quotas and the turns of an evening need it.
ADDRESS_KEPT_FOR = timedelta(days=2)
FORGOTTEN_AT_ONCE = 1000
# Columns that no answer to an owner shows.
NOT_SHOWN = (
    *("woken_at", "deadline_at", "leftovers", "lost_workers", "lease_owner", "call_indexes", "error_detail"),
    *("address_key", "ordered_seconds", "genre", "first_track", "resolved_fields", "dismissed_at"),
    *("stored_seconds", "expected_usd", "calls_begun", "request_id"),
)
NOT_SHOWN_OF_TRACKS = (
    *("owner", "peaks", "samples_per_pixel", "prompt", "genre", "seed", "checksum", "created_at"),
    *("rendition_due_at", "purge_after", "purge_woken_at", "purged_at", "search_text"),
    *("warned_at", "samples_md5"),
)
NEVER = datetime.min.replace(tzinfo=UTC)


class Turn(NamedTuple):
    """What decides who is next, in the order in which it does: when a worker last took one of their jobs, then their
    oldest job. `jobs` is how many they have. Guests of one address are one (`Job.turn_id`)."""

    served_at: datetime
    head: datetime
    turn_id: UUID
    jobs: int


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """The jobs that this user may see: their own, none for someone not logged in."""
        return self.filter(owner_id=user.pk) if user.pk else self.none()

    def active(self) -> "JobQuerySet":
        return self.filter(status__in=ACTIVE)

    def queued(self) -> "JobQuerySet":
        return self.filter(status=Status.QUEUED)

    def charged(self) -> "JobQuerySet":
        """Those that count against the quotas of a day: not what failed or was canceled before it cost anything.

        A canceled job has cost something once a worker has begun it, a failed one where its engine named a price.
        """
        unpaid = Q(cost_usd=None) | Q(cost_usd__lte=0)
        return self.exclude(Q(status=Status.CANCELED, started_at=None) | Q(status=Status.FAILED) & unpaid)

    def claimable(self, now: datetime) -> "JobQuerySet":
        """Queued and due, or processing under a lease that ran out; wanted, and not past what a job may cost.

        While its remote call is followed, no worker may take it, and none is lost with it.
        """
        lapsed = Q(status=Status.PROCESSING, lease_until__lt=now) & ~Q(call_state=CallState.FOLLOWED)
        return self.filter(
            Q(status=Status.QUEUED, run_after__lte=now) | lapsed,
            Q(lost_workers__lt=settings.JOB_MAX_LOST_WORKERS) | ~Q(call_state=""),
            cancel_requested_at=None,
            deadline_at__gt=now,
        )

    def takeable(self, now: datetime) -> "JobQuerySet":
        """Claimable, and waiting for nothing else: neither for a place at a remote engine that has as many calls in
        flight as it may, nor for another job of those of whom as many are being made as QUOTA_RUNNING allows."""
        full = [engine for engine, left in self.model.objects.places_left().items() if not left]
        busy = self.model.objects.at_running_quota()
        claimable = self.claimable(now)
        if full:
            claimable = claimable.exclude(status=Status.QUEUED, engine__in=full)
        return claimable.exclude(status=Status.QUEUED, turn_id__in=busy) if busy else claimable

    def at_running_quota(self) -> list[UUID]:
        """Whose turns must wait (`Job.turn_id`), because as many of their jobs are being made as QUOTA_RUNNING allows.

        Counted in the rows as `places_left` is. One query, or none where there is no such quota.
        """
        limits = {kind: limit for kind, limit in settings.QUOTA_RUNNING.items() if limit is not None}
        if not limits:
            return []
        is_guest = Q(address_key__isnull=False) | Q(owner__is_guest=True)
        kind = Case(When(is_guest, then=0), When(owner__is_staff=True, then=2), default=1)
        at_work = self.filter(status=Status.PROCESSING).order_by().values("turn_id")
        rows = at_work.annotate(running=models.Count("pk"), kind=Min(kind)).filter(
            running__gte=min(limits.values())
        )
        names = ("guest", "user", "staff")
        return [row["turn_id"] for row in rows if row["running"] >= limits.get(names[row["kind"]], math.inf)]

    def places_left(self) -> dict[str, int]:
        """How many more jobs each remote engine may be given, where these are all that there are.

        Counted in the rows, so that all workers of all machines keep to it. Two that take a job at the same moment may
        both take the last place. One query, or none where there is no remote engine.
        """
        limits = {alias: engine.max_in_flight for alias, engine in remote_engines().items()}
        if not limits:
            return {}
        in_flight = self.filter(status=Status.PROCESSING, engine__in=limits).order_by()
        taken = dict(in_flight.values_list("engine").annotate(models.Count("pk")))
        return {alias: max(0, limit - taken.get(alias, 0)) for alias, limit in limits.items()}

    def held_by(self, owner: str) -> "JobQuerySet":
        """The job that is under this lease, if it still is."""
        return self.filter(status=Status.PROCESSING, lease_owner=owner)

    def without_worker(self) -> "JobQuerySet":
        """No worker works on them: their remote calls are followed, or have ended and nobody has collected them."""
        return self.filter(status=Status.PROCESSING).exclude(call_state="")

    def followed_by(self, follower: str) -> "JobQuerySet":
        """Those whose calls a follower follows: its name is how the owners of its leases begin."""
        return self.filter(
            status=Status.PROCESSING, call_state=CallState.FOLLOWED, lease_owner__startswith=follower
        )

    def adoptable(self, now: datetime) -> "JobQuerySet":
        """Followed by nobody, wanted, and in time."""
        return self.filter(
            status=Status.PROCESSING,
            call_state=CallState.FOLLOWED,
            lease_until__lt=now,
            cancel_requested_at=None,
            deadline_at__gt=now,
        )

    def unfollowed(self, now: datetime) -> "JobQuerySet":
        """Adoptable for so long that there seems to be no follower for them."""
        return self.adoptable(now).filter(lease_until__lt=now - FOLLOWER_GRACE)

    def renew_leases(self, follower: str, now: datetime) -> int:
        """Renew all leases of a follower in one UPDATE, and say how many jobs it holds.

        Not those past their deadline: they are left to the reaper.
        """
        until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        return self.followed_by(follower).filter(deadline_at__gt=now).update(lease_until=until)

    def report_progress(self, now: datetime, parts: Mapping[str, float]) -> int:
        """Note progress of jobs, by the owners of their leases, and renew those, in one UPDATE; say how many held."""
        if not parts:
            return 0
        rows = ", ".join(["(%s, %s)"] * len(parts))
        until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        moments = [connection.ops.adapt_datetimefield_value(moment) for moment in (until, now)]
        pairs: list[Any] = list(chain.from_iterable(parts.items()))
        with connection.cursor() as cursor:
            # A CASE with hundreds of branches costs Django ten times as much.
            cursor.execute(
                f"UPDATE {self.model._meta.db_table} SET progress = part.column2, lease_until = %s "  # noqa: S608
                f"FROM (VALUES {rows}) AS part "
                f"WHERE lease_owner = part.column1 AND call_state = '{CallState.FOLLOWED}' AND deadline_at > %s",
                [moments[0], *pairs, moments[1]],
            )
            return cursor.rowcount

    def expired(self, now: datetime) -> "JobQuerySet":
        """Alive, without a worker, and unwanted, past its deadline or past the workers it may lose."""
        over = Q(deadline_at__lte=now) | Q(lost_workers__gte=settings.JOB_MAX_LOST_WORKERS, call_state="")
        return self.filter(
            Q(status=Status.QUEUED) | Q(status=Status.PROCESSING, lease_until__lt=now),
            over | Q(cancel_requested_at__isnull=False),
        )

    def without_message(self, now: datetime) -> "JobQuerySet":
        """Takeable jobs for which no message has been sent for a while, the longest waiting first."""
        return self.takeable(now).filter(woken_at__lt=now - WAKE_GRACE).order_by("woken_at")

    def with_old_addresses(self, now: datetime) -> "JobQuerySet":
        """Those of which it is still known from which address guests ordered them, though no quota asks for it."""
        return self.filter(address_key__isnull=False, finished_at__lt=now - ADDRESS_KEPT_FOR)

    def forget_addresses(self, now: datetime) -> int:
        """Forget from which address guests ordered what has ended some days ago, and say of how many jobs."""
        some = self.with_old_addresses(now).order_by("finished_at").values("pk")[:FORGOTTEN_AT_ONCE]
        return self.filter(pk__in=some).update(address_key=None)

    def with_leftovers(self, now: datetime) -> "JobQuerySet":
        """Ended jobs that may have left a remote call or stored audio behind, and no message on its way about it."""
        return self.exclude(status__in=ACTIVE).filter(
            leftovers=True, finished_at__lt=now - CLEANUP_GRACE, woken_at__lt=now - CLEANUP_GRACE
        )

    def next_in_turn(self, now: datetime) -> "Job | None":
        """The job that a worker should take.

        One whose remote call has ended, else one whose worker died, else the oldest of the owner whose turn it is.
        """
        takeable = self.takeable(now)
        # Descending, "ended" comes before the "" of a dead worker's.
        begun = takeable.filter(status=Status.PROCESSING).order_by("-call_state", "lease_until", "id").first()
        if begun is not None:
            return begun
        queued = takeable.filter(status=Status.QUEUED)
        turns = queued.turns()
        if not turns:
            return None
        return queued.filter(turn_id=turns[0].turn_id).order_by("created_at", "id").first()

    def turns(self) -> "list[Turn]":
        """Whose turn it is to have one of these jobs taken, the next one first. Two queries."""
        lines = self.order_by().values("turn_id").annotate(head=Min("created_at"), jobs=models.Count("pk"))
        heads = {each["turn_id"]: (each["head"], each["jobs"]) for each in lines}
        last = self.model.objects.filter(turn_id=OuterRef("turn_id"), claimed_at__isnull=False)
        served_at = Subquery(last.order_by("-claimed_at").values("claimed_at")[:1])
        # Asked for the oldest jobs alone: beside the counts it would be looked up for each job of the queue.
        oldest = self.order_by().filter(
            turn_id__in=heads, created_at__in={head for head, _ in heads.values()}
        )
        served = dict(oldest.values_list("turn_id", served_at))
        now = timezone.now()  # of somebody whose oldest job was taken between the two
        return sorted(
            Turn(served.get(turn, now) or NEVER, head, turn, jobs) for turn, (head, jobs) in heads.items()
        )

    def measured(self, engine: str) -> "JobQuerySet":
        """The completed jobs of an engine whose one attempt was timed from the beginning to the end."""
        return self._timed().filter(engine=engine)

    def engines_used(self) -> list[str]:
        """The engines of which there are measured jobs: a look into the index of those for each engine."""
        names: list[str] = []
        while True:
            more = self._timed().filter(engine__gt=names[-1]) if names else self._timed()
            name = more.order_by("engine").values_list("engine", flat=True).first()
            if name is None:
                return names
            names.append(name)

    def _timed(self) -> "JobQuerySet":
        return self.filter(
            status=Status.COMPLETED,
            attempt=1,
            claimed_at=F("started_at"),
            generate_seconds__isnull=False,
            store_seconds__isnull=False,
        )

    def dismiss(self, now: datetime) -> int:
        """Take those that failed or were canceled off the lists of their owners, and say how many."""
        ended_badly = self.filter(status__in=(Status.FAILED, Status.CANCELED), dismissed_at=None)
        return ended_badly.update(dismissed_at=now)

    def restore(self) -> int:
        """Put those that were dismissed back on the lists, and say how many."""
        return self.filter(dismissed_at__isnull=False).update(dismissed_at=None)

    def shown(self) -> "JobQuerySet":
        """Without completed jobs whose tracks are all deleted, and without those that were tried again.

        Of those that were dismissed only what has music.
        """
        kept = apps.get_model("generation.Track").objects.kept().filter(job=OuterRef("pk")).order_by()
        # Not Exists: beside an "or" PostgreSQL makes that a table of the tracks of everybody.
        has_music = Subquery(kept.values(one=Value(1))[:1])
        tried_again = self.model.objects.filter(retry_of=OuterRef("pk"))
        needs_music = Q(status=Status.COMPLETED) | Q(dismissed_at__isnull=False)
        shown = self.alias(has_music=has_music).filter(~needs_music | Q(has_music=1))
        return shown.exclude(Exists(tried_again))

    def with_tracks(self) -> "JobQuerySet":
        """Load each job's tracks beside it, in one more query for any number of jobs, of both what is shown.

        What only the workers or a waveform want stays where it is: reading it takes half of a list's time.
        """
        tracks = apps.get_model("generation.Track").objects.kept().defer(*NOT_SHOWN_OF_TRACKS)
        tracks = tracks.order_by()  # `kept_tracks` has them in order
        loaded = Prefetch("tracks", queryset=tracks, to_attr="loaded_tracks")
        return self.defer(*NOT_SHOWN).prefetch_related(loaded)
