"""The home page: order music, and see what was ordered last."""

from functools import cache
from urllib.parse import urlencode
from zlib import crc32

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseLocation

from accounts import rates
from accounts.guests import GuestsNotAllowed, ordering_user
from accounts.rates import TooOften
from generation.jobs import OwnerGone
from generation.models import Job
from generation.models.quotas import QuotaExceeded
from generation.scheduling.prices import free_engine, used_up
from generation.web.cards import cards_of
from generation.web.demonstrations import demonstrations
from generation.web.entered import values_of
from generation.web.http import Request, holder_of, wants_fragment
from generation.web.order_form import OrderForm
from generation.web.refill import first_form, keep
from generation.web.words import too_many_orders
from musicgen.client_address import client_key, client_network

RECENT = 12
# So many refusals in a row are explained in full.
PATIENT_REFUSALS = 20
# Of one address; a page asks after each pause in typing. Counted in steps, as it matters little.
NOTICES_RATE, NOTICES_STEPS = "300/min", 10
SAME_MUSIC = "You have just ordered this. The same seed gives the same music: change or clear it for another."
EXAMPLES = (
    "Lo-fi beats for a rainy evening, warm piano",
    "Ambient drift over a frozen lake",
    "Epic cinematic rise with strings and taiko",
    "Late-night jazz trio, brushes and upright bass",
    "Driving house, bright arpeggios",
    "Rock with crunchy guitars and a steady beat",
)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request) -> HttpResponse:
    """The form and the newest jobs; a POST orders music."""
    if request.method == "POST":
        return _order(request)
    return _page(request, first_form(request))


@require_POST
def redraw(request: Request) -> HttpResponse:
    """The form anew with what was entered, as for another engine. By POST, for lyrics are longer than an address."""
    form = OrderForm(initial=values_of(request.POST))
    form.is_redrawn = True  # among its options the engine is chosen
    return _page(request, form)


@require_POST
def notices(request: Request) -> HttpResponse:
    """What there is to say of the order as it stands in the form, for the page to show before it is sent.

    204 where the page shows just that (`notices_seen`), or has asked too often to be answered more.
    """
    if rates.count("notices", client_network(request), NOTICES_RATE, steps=NOTICES_STEPS).is_over:
        return HttpResponse(status=204)
    form = OrderForm(request.POST)
    form.refused = frozenset(request.POST.getlist("refused"))
    said = (*form.notices, *_repetition(request, form))
    seen = crc32("\n".join(said).encode()) if said else ""
    if str(seen) == request.POST.get("notices_seen", ""):
        return HttpResponse(status=204)
    return render(request, "components/order_notices.html", {"notices": said, "seen": seen})


def _order(request: Request) -> HttpResponse:
    try:
        rates.check("order", client_network(request), settings.ORDER_RATE)
    except TooOften as refused:
        return _too_often(request, refused)
    form = OrderForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        job = _ordered(request, form)
    except GuestsNotAllowed:
        return _log_in_first(request, form)
    except QuotaExceeded as refused:
        return _refused(request, form, str(refused), refused.retry_after)
    except TooOften as refused:
        return _refused(request, form, too_many_orders(refused.wait), refused.wait)
    return redirect(f"{reverse('create')}?job={job.pk}#job-{job.pk}")


def _ordered(request: Request, form: OrderForm) -> Job:
    """Order what the form says. A guest who was deleted in this moment, for not being here for long, is a new one."""
    try:
        with ordering_user(request) as owner:
            return form.order(owner, address_key=client_key(request))
    except OwnerGone:
        logout(request)
        with ordering_user(request) as owner:
            return form.order(owner, address_key=client_key(request))


def _repetition(request: Request, form: OrderForm) -> tuple[str, ...]:
    """That the newest order was the same one, if its seed was typed: then its music would be the same."""
    if not request.POST.get("seed"):
        return ()
    newest = Job.objects.visible_to(request.user).first()
    return (SAME_MUSIC,) if newest and not newest.is_retryable and form.gives_music_of(newest) else ()


def _too_often(request: Request, refused: TooOften) -> HttpResponse:
    """The form as it was filled in; to who goes on all the same, a page that costs nothing."""
    if refused.standing.number <= refused.standing.rate.allowed + PATIENT_REFUSALS:
        return _refused(request, OrderForm(request.POST), too_many_orders(refused.wait), refused.wait)
    return HttpResponse(_drawn_once(), status=429, headers={"Retry-After": str(refused.wait)})


@cache
def _drawn_once() -> str:
    return loader.render_to_string("429.html")


def _refused(request: Request, form: OrderForm, message: str, retry_after: int) -> HttpResponse:
    """The form with all that was entered, and why it cannot be ordered now."""
    form.add_error(None, message)
    response = _form(request, form, status=429)
    response["Retry-After"] = str(retry_after)
    return response


def _log_in_first(request: Request, form: OrderForm) -> HttpResponse:
    """Send somebody to log in, and from there back to all that they had entered."""
    keep(request, form)
    log_in = f"{reverse('account_login')}?{urlencode({'next': reverse('create')})}"
    if wants_fragment(request):
        return HttpResponseLocation(log_in, target="#main", select="#main")
    return redirect(log_in)


def _form(request: Request, form: OrderForm, *, status: int) -> HttpResponse:
    """The page with what is wrong with the order; who asked for its newest jobs alone is given the form alone."""
    response = _page(request, form, status=status)
    if wants_fragment(request):
        response["HX-Retarget"] = response["HX-Reselect"] = "#order"
    return response


def _page(request: Request, form: OrderForm, *, status: int = 200) -> HttpResponse:
    recent = Job.objects.visible_to(request.user).shown().prefetch_related("tracks")
    jobs = cards_of(recent[:RECENT])
    context = {"form": form, "jobs": jobs, "any_live": any(each.live for each in jobs)}
    if not jobs:
        context |= {"examples": EXAMPLES, "demonstrations": demonstrations()}
    context["used_up"] = used_up(form.alias, holder_of(request))
    if context["used_up"]:
        context["free_engine"] = free_engine()
    context["worker_missing"] = any(each.worker_missing for each in jobs)
    return render(request, "pages/create.html", context, status=status)
