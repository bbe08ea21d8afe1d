"""Jobs: the ledger of everything that was ordered, with what the operator may do to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.suspension import Suspended
from generation import jobs
from generation.admin.filters import engines, genres
from generation.admin.inlines import TracksOfJob
from generation.admin.read_only import (
    NOTHING,
    ReadOnlyAdmin,
    dollars,
    moment,
    one_line,
    pretty,
    price,
    seconds,
    state,
)
from generation.engines.registry import UnknownEngine
from generation.engines.request import RequestError
from generation.models import Job, Track
from generation.models.job_event import EventKind, JobEvent
from generation.models.quotas import QuotaExceeded
from generation.scheduling.estimates import estimate_of
from musicgen.admin_lists import Owner, Typed, When, offered, page_of
from musicgen.admin_lists.model_admin import any_of
from musicgen.admin_lists.typed import MOST_FOUND
from musicgen.admin_lists.window import MOST_LISTED, counted, without_jit
from musicgen.admin_log import log_change

PROMPT_SHOWN = 48
ERROR = "Error"


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Every job with its state, its times and why it failed; it can be canceled or tried again."""

    list_display = (
        "prompt",
        "outcome",
        "whose",
        "made_by",
        "ordered",
        "total",
        "times",
        "cost",
        "attempts",
    )
    list_filter = (
        *(Owner, When, "status", "error_code", offered("engine", "engine", engines)),
        *(offered("genre", "genre", genres), "call_state"),
    )
    list_select_related = ("owner",)
    owner_path = "owner"
    codes_in = ("request_id", "call_id")
    words_in = ("input__prompt",)
    summed = "cost_usd"
    search_help_text = (
        "The id of a job, a track, an owner, a request or a remote call, an e-mail address, or words: of tracks, the "
        f"newest {MOST_FOUND:,}, and of the prompts of the newest {MOST_LISTED:,} jobs of this list"
    )
    actions = ("cancel", "try_again")
    inlines = (TracksOfJob,)
    fieldsets = (
        (
            "Order",
            {
                "fields": (
                    *("id", "owner", "request_id", "engine", "genre"),
                    *("input_shown", "reasons_shown", "notices_shown"),
                )
            },
        ),
        ("State", {"fields": ("state", "stage", "progress", "attempt", "lost_workers", "retry_of")}),
        (ERROR, {"fields": ("error_code", "error_message", "error_detail", "error_retryable")}),
        ("Times", {"fields": ("timeline", "queued", "generating", "storing", "total", "left", "cost")}),
        (
            "Work",
            {
                "classes": ("collapse",),
                "fields": (
                    "lease_owner",
                    "lease_until",
                    "claimed_at",
                    "call_id",
                    "call_state",
                    "leftovers",
                    "run_after",
                    "woken_at",
                    "deadline_at",
                ),
            },
        ),
    )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may cancel and try again: whoever may change jobs, though there is no form for it."""
        return request.user.has_perm("generation.change_job")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, and what the jobs in it cost together, on this page and the others."""
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data and "cl" in answer.context_data:
            window = answer.context_data["cl"].window
            if window.total is not None:
                which = f"The newest {MOST_LISTED:,}" if window.has_more else "Together they"
                answer.context_data["subtitle"] = f"{which} cost {price(window.total)}"
        return answer

    def named(self, typed: Typed) -> Q | None:
        """Also by a track, and by a remote call that the job has forgotten since it ended."""
        conditions = [Q(pk__in=keys) for keys in (_by_track(typed), _by_call(typed)) if keys]
        named = super().named(typed)
        return any_of([*conditions, named] if named is not None else conditions)

    def with_words(self, queryset: QuerySet[Job], typed: Typed) -> Q:
        """Of all tracks, and of the prompts of the window: a job that has no track stands in no index of words."""
        of_tracks = Track.objects.kept().matching(typed.text).order_by("-created_at", "index", "id")
        with without_jit(queryset.db):
            found = list(of_tracks.values_list("job_id", flat=True)[:MOST_FOUND])
        return super().with_words(queryset, typed) | Q(pk__in=found)

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        """Without the error of a job that has none; one that is to be tried again may have one."""
        return [
            (title, fields)
            for title, fields in super().get_fieldsets(request, obj)
            if title != ERROR or (obj is not None and (obj.error_code or obj.error_detail))
        ]

    @admin.display
    def prompt(self, job: Job) -> str:
        words = job.request.prompt
        return words if len(words) <= PROMPT_SHOWN else f"{words[:PROMPT_SHOWN].rstrip()}…"

    @admin.display(description="owner")
    def whose(self, job: Job) -> SafeString:
        return page_of(job.owner)

    @admin.display(description="engine, genre", ordering="engine")
    def made_by(self, job: Job) -> str:
        return ", ".join(name for name in (job.engine, job.genre) if name)

    @admin.display(description="queue + make + store", ordering="generate_seconds")
    def times(self, job: Job) -> SafeString:
        parts = (job.queue_seconds, job.generate_seconds, job.store_seconds)
        return one_line(" + ".join(NOTHING if part is None else f"{part:,.1f}" for part in parts))

    @admin.display(description="tries", ordering="attempt")
    def attempts(self, job: Job) -> str:
        return f"{job.attempt}, {job.lost_workers} lost" if job.lost_workers else str(job.attempt)

    @admin.display(ordering="created_at")
    def ordered(self, job: Job) -> SafeString:
        return moment(job.created_at)

    @admin.display(ordering="status")
    def state(self, job: Job) -> SafeString:
        return state(job.status)

    @admin.display(description="state", ordering="status")
    def outcome(self, job: Job) -> SafeString:
        """Its state, and of one that failed why."""
        if not job.error_code:
            return state(job.status)
        return format_html("{}<div>{}</div>", state(job.status), job.get_error_code_display())

    @admin.display
    def queued(self, job: Job) -> SafeString:
        return seconds(job.queue_seconds)

    @admin.display(ordering="generate_seconds")
    def generating(self, job: Job) -> SafeString:
        return seconds(job.generate_seconds)

    @admin.display(ordering="store_seconds")
    def storing(self, job: Job) -> SafeString:
        return seconds(job.store_seconds)

    @admin.display
    def total(self, job: Job) -> SafeString:
        return seconds(job.elapsed_seconds)

    @admin.display(ordering="cost_usd")
    def cost(self, job: Job) -> SafeString:
        return dollars(job.cost_usd)

    @admin.display(description="time left")
    def left(self, job: Job) -> str:
        return estimate_of(job).words or NOTHING

    @admin.display(description="input")
    def input_shown(self, job: Job) -> SafeString:
        return pretty(job.input)

    @admin.display(description="how the prompt was read")
    def reasons_shown(self, job: Job) -> str:
        return " ".join(job.reasons)

    @admin.display(description="notices")
    def notices_shown(self, job: Job) -> str:
        return " ".join(job.notices)

    @admin.display
    def timeline(self, job: Job) -> SafeString:
        """What happened when, with the seconds since the order: its log, or what its row knows without one."""
        moments = [(event.at, str(event)) for event in job.events.all()] or sorted(
            (when, what) for what, when in _moments(job) if when is not None
        )
        return format_html_join(
            "",
            "<div>{} · +{} · {}</div>",
            (
                (date_format(when, "Y-m-d H:i:s"), seconds((when - job.created_at).total_seconds()), what)
                for when, what in moments
            ),
        )

    @admin.action(description="Cancel selected jobs", permissions=["operate"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        selected = counted(chosen)
        canceled = jobs.cancel_many(
            chosen=chosen, note=lambda ids: log_change(request.user, Job, ids, "Canceled.")
        )
        if canceled:
            self.message_user(
                request, f"Canceled: {canceled:,}. One that is being worked on stops within a second."
            )
        if canceled < selected:
            ended = type(selected)(selected - canceled)
            self.message_user(
                request, f"Left as they are, because they had ended: {ended}.", messages.WARNING
            )

    @admin.action(description="Try selected jobs again", permissions=["operate"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        refusals = [refusal for job in chosen if (refusal := _tried_again(job, request))]
        ordered = len(chosen) - len(refusals)
        if ordered:
            self.message_user(request, f"Ordered again: {ordered}.")
        if refusals:
            reasons = " ".join(dict.fromkeys(refusals))
            self.message_user(request, f"Not ordered again: {len(refusals)}. {reasons}", messages.WARNING)


def _by_track(typed: Typed) -> list[UUID]:
    return typed.keys(Track.objects.all(), "pk", key="job_id")


def _by_call(typed: Typed) -> list[UUID]:
    calls = (
        JobEvent.objects.filter(kind=EventKind.CALL, text=typed.code)
        if typed.code
        else JobEvent.objects.none()
    )
    return list(calls.order_by().values_list("job_id", flat=True)[:MOST_FOUND])


def _moments(job: Job) -> tuple[tuple[str, datetime | None], ...]:
    return (
        ("queued", job.created_at),
        ("claimed", job.started_at),
        ("asked to cancel", job.cancel_requested_at),
        (job.status, job.finished_at),
    )


def _tried_again(job: Job, request: HttpRequest) -> str:
    """Order the job again. Why that was refused, or an empty string."""
    try:
        with transaction.atomic():
            again = jobs.retry(job=job)
            log_change(request.user, Job, [job.pk], f"Ordered again as {again.pk}.")
    except (jobs.NotRetryable, UnknownEngine, RequestError, QuotaExceeded, Suspended) as error:
        return str(error)
    return ""
