"""The table of jobs beside its columns: by what it is searched, and what it refuses."""

from django.db import models
from django.db.models import F, Q

from generation.models.job_states import ACTIVE, TERMINAL, CallState, Status

INDEXES = (
    models.Index(fields=["owner", "-created_at", "-id"], name="job_by_owner"),
    # Every column by which the operator's list is filtered, so that whatever is chosen there is looked for in it alone.
    # Read from its end: rows that are always added at the beginning would leave each page of it half empty.
    models.Index(
        fields=[
            *("created_at", "id"),
            *("status", "engine", "genre", "error_code", "call_state", "owner", "cost_usd"),
        ],
        name="job_list",
    ),
    models.Index(fields=["request_id"], name="job_request", condition=~Q(request_id="")),
    models.Index(fields=["call_id"], name="job_call", condition=~Q(call_id="")),
    models.Index(fields=["owner", "created_at", "id"], name="job_queued", condition=Q(status="queued")),
    models.Index(fields=["turn_id", "created_at", "id"], name="job_line", condition=Q(status="queued")),
    # How many wait, and since when the first of them does.
    models.Index(fields=["created_at"], name="job_waiting", condition=Q(status="queued")),
    models.Index(fields=["turn_id", "created_at"], name="job_by_turn"),
    models.Index(fields=["created_at"], name="job_paid", condition=Q(expected_usd__isnull=False)),
    models.Index(fields=["finished_at"], name="job_address", condition=Q(address_key__isnull=False)),
    models.Index(fields=["lease_until"], name="job_leased", condition=Q(status="processing")),
    models.Index(fields=["lease_until"], name="job_parked", condition=~Q(call_state="")),
    models.Index(fields=["turn_id", "-claimed_at"], name="job_turns", condition=Q(claimed_at__isnull=False)),
    # The last jobs of an owner that have ended, for whoever hears of them late.
    models.Index(fields=["owner", "-finished_at"], name="job_ended", condition=Q(finished_at__isnull=False)),
    # What has ended in a stretch of time.
    models.Index(fields=["finished_at"], name="job_finished", condition=Q(finished_at__isnull=False)),
    models.Index(fields=["finished_at"], name="job_with_leftovers", condition=Q(leftovers=True)),
    # Exactly the jobs of `JobQuerySet.measured`, so that the last fifty are the first fifty of the index.
    models.Index(
        fields=["engine", "-finished_at"],
        name="job_measured",
        condition=Q(
            status="completed",
            attempt=1,
            claimed_at=F("started_at"),
            generate_seconds__isnull=False,
            store_seconds__isnull=False,
        ),
    ),
)
# What holds of every job, whoever writes it.
CONSTRAINTS = (
    models.CheckConstraint(name="job_status_known", condition=Q(status__in=Status.values)),
    models.CheckConstraint(
        name="job_progress_is_a_part",
        condition=Q(progress__isnull=True) | Q(progress__gte=0, progress__lte=1),
    ),
    models.CheckConstraint(
        name="job_leased_while_processing",
        condition=Q(status="processing", lease_owner__isnull=False, lease_until__isnull=False)
        | (~Q(status="processing") & Q(lease_owner__isnull=True, lease_until__isnull=True)),
    ),
    models.CheckConstraint(
        name="job_call_followed_while_processing",
        condition=Q(call_state="")
        | (Q(call_state__in=CallState.values, status="processing") & ~Q(call_id="")),
    ),
    models.CheckConstraint(
        name="job_finished_when_terminal",
        condition=Q(status__in=TERMINAL, finished_at__isnull=False)
        | Q(status__in=ACTIVE, finished_at__isnull=True),
    ),
    models.CheckConstraint(
        name="job_completed_has_a_track",
        condition=~Q(status="completed") | Q(first_track__isnull=False),
    ),
    models.CheckConstraint(
        name="job_failed_has_a_reason",
        condition=(Q(status="failed") & ~Q(error_code="")) | (~Q(status="failed") & Q(error_code="")),
    ),
)
