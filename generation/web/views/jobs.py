"""A job: its page, its card, and what may be done to it."""

import json
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseLocation

from accounts import rates
from accounts.rates import TooOften
from generation import jobs
from generation.engines.registry import UnknownEngine
from generation.engines.request import RequestError
from generation.models import Job
from generation.models.job_states import Status
from generation.models.quotas import QuotaExceeded
from generation.web.cards import JobCards, cards_of
from generation.web.http import Request, next_page, own_job, wants_fragment
from generation.web.undo import Undo, say_with_undo
from generation.web.words import too_many_orders
from musicgen.client_address import client_key, client_network


@require_safe
def job(request: Request, job_id: UUID) -> HttpResponse:
    """Everything about a job: what was asked for, how far it is, what became of it."""
    [cards] = cards_of([own_job(request, job_id)], with_dismissed=True)
    return render(request, "pages/job.html", {"each": cards, "any_live": bool(cards.live)})


@never_cache
@require_safe
def card(request: Request, job_id: UUID) -> HttpResponse:
    """What a page that shows a living job asks for again and again.

    `seen` is the token of what it shows: 204 if that is still so. The page swaps the part that shows the state;
    only where the card has changed its shape, as at the end, it is made to swap all of it.
    """
    [cards] = cards_of([own_job(request, job_id)])
    seen = request.GET.get("seen", "")
    if seen == cards.token:
        return HttpResponse(status=204)
    response = _fragment(request, cards)
    if seen.partition("-")[0] != cards.shape:
        response["HX-Retarget"] = response["HX-Reselect"] = f"#job-{job_id}"
        if not cards.live or cards.made > _made_in(seen):
            response["HX-Trigger"] = json.dumps({"announce": announcement(cards)})
    return response


@require_POST
def cancel(request: Request, job_id: UUID) -> HttpResponse:
    """End a job that waits, or ask for the end of one that is being made."""
    job = own_job(request, job_id)
    jobs.cancel(job=job)
    return _after(request, own_job(request, job_id))


@require_POST
def retry(request: Request, job_id: UUID) -> HttpResponse:
    """Order the same again."""
    job = own_job(request, job_id)
    try:
        rates.check("order", client_network(request), settings.ORDER_RATE)
        job = jobs.retry(job=job, address_key=client_key(request))
    except TooOften as error:
        messages.error(request, too_many_orders(error.wait))
    except (jobs.NotRetryable, jobs.OwnerGone, UnknownEngine, RequestError, QuotaExceeded) as error:
        messages.error(request, str(error))
    return _after(request, job)


@require_POST
def dismiss(request: Request, job_id: UUID) -> HttpResponse:
    """Take a job that failed or was canceled off the list of the latest ones."""
    job = own_job(request, job_id)
    if Job.objects.filter(pk=job.pk).dismiss(timezone.now()):
        say_with_undo(request, "Removed from the list.", Undo(reverse("job_restore", args=[job.pk])))
    create = reverse("create")
    if wants_fragment(request) and urlsplit(request.htmx.current_url or "").path != create:
        return HttpResponseLocation(create, target="#main", select="#main")
    return redirect(create)


@require_POST
def restore(request: Request, job_id: UUID) -> HttpResponse:
    """Put a job that was dismissed back on the list."""
    Job.objects.filter(pk=own_job(request, job_id).pk).restore()
    return redirect("create")


def _after(request: Request, job: Job) -> HttpResponse:
    if wants_fragment(request):
        [cards] = cards_of([own_job(request, job.pk)])
        return _fragment(request, cards)
    return redirect(next_page(request, reverse("job", args=[job.pk])))


def _fragment(request: Request, cards: JobCards) -> HttpResponse:
    return render(request, "components/job_update.html", {"each": cards})


def _made_in(seen: str) -> int:
    """How many pieces were there by a token of JobCards."""
    made = seen.partition("-")[0].rpartition(".")[2]
    return int(made) if made.isdecimal() else 0


def announcement(cards: JobCards) -> str:
    """What a screen reader says once a piece is ready or the job has ended."""
    request = cards.job.request
    ended = cards.job.status in (Status.FAILED, Status.CANCELED)
    if request.variations > 1 and cards.made and cards.job.status != Status.CANCELED:
        rest = ", the others could not be made" if ended else ""
        return f"{_counted(cards.made, request.variations)} {cards.title} {_are(cards.made)} ready{rest}."
    title = cards.cards[0].title if cards.cards and request.variations == 1 else cards.title
    if not ended:
        # Between the last track and the word that the job is done, the music is there already.
        return f"{title} is ready."
    return f"{title} {'could not be made' if cards.job.status == Status.FAILED else 'was canceled'}."


def _counted(made: int, variations: int) -> str:
    if made < variations:
        return f"{made} of {variations} variations of"
    return "Both variations of" if made == 2 else f"All {made} variations of"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
