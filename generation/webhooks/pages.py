"""The account's pages of webhooks: added, tried, rotated, switched off and deleted, and what was delivered."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from generation.webhooks import outbox
from generation.webhooks.delivery import WebhookDelivery
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.endpoint import BY_OWNER, WebhookEndpoint
from generation.webhooks.form import WebhookForm
from generation.webhooks.removal import remove
from generation.webhooks.rules import NotAccepted
from musicgen.text_direction import isolated

PAGE_SIZE = 20
# A page is read anew while something is to be sent so soon that a reader waits for it.
SOON = timedelta(seconds=30)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show the webhooks. A POST adds one; its secret is on the page that answers, and nowhere else.

    There is no redirect, because the secret would have to be kept for the page after it.
    """
    if request.method != "POST":
        return _list(request, WebhookForm())
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        new, secret = WebhookEndpoint.objects.all().add(
            cast(User, request.user), jobs_url=_jobs_url(request), **form.cleaned_data
        )
    except NotAccepted as refused:
        form.add_error(None, str(refused))
        return _list(request, form, status=422)
    return _list(request, WebhookForm(), new=new, secret=secret)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Show one webhook and its deliveries. A POST changes it."""
    endpoint = _own(request, webhook_id)
    if request.method != "POST":
        return _page(request, endpoint)
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint, form=form, status=422)
    if not endpoint.change(jobs_url=_jobs_url(request), **form.cleaned_data):
        raise Http404
    messages.success(request, "The webhook is changed.")
    return redirect("webhook", endpoint.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Ask whether to make a new secret; a POST makes it, and the page that answers shows it this once."""
    endpoint = _own(request, webhook_id)
    if request.method != "POST":
        return render(request, "account/webhook_rotate.html", {"webhook": endpoint})
    secret = endpoint.rotate_secret()
    if secret is None:
        raise Http404
    return _page(request, endpoint, secret=secret)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Ask whether to delete a webhook; a POST deletes it."""
    endpoint = _own(request, webhook_id)
    if request.method == "POST":
        if remove(endpoint):
            messages.success(request, f"The webhook at {isolated(endpoint.origin)} is deleted.")
        return redirect("webhooks")
    return render(request, "account/webhook_delete.html", {"webhook": endpoint})


@login_required
@require_POST
def send_test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send a test message."""
    try:
        if not outbox.send_test(_own(request, webhook_id)):
            raise Http404
        messages.success(request, "A test message is being sent. Below you see what becomes of it.")
    except NotAccepted as refused:
        messages.error(request, str(refused))
    return redirect("webhook", webhook_id)


@login_required
@require_POST
def switch(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Switch a webhook `on` or off, as the form says."""
    endpoint = _own(request, webhook_id)
    if request.POST.get("on"):
        try:
            if endpoint.enable():
                messages.success(request, "The webhook is enabled: messages are sent from now on.")
        except NotAccepted as refused:
            messages.error(request, str(refused))
    elif endpoint.disable(BY_OWNER):
        messages.success(request, "The webhook is switched off: nothing is sent any more.")
    return redirect("webhook", webhook_id)


@login_required
@require_POST
def redeliver(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send a message again."""
    deliveries = WebhookDelivery.objects.filter(endpoint=_own(request, webhook_id))
    delivery = get_object_or_404(deliveries.select_related("endpoint"), pk=delivery_id)
    try:
        if not delivery.send_again():
            raise Http404
        messages.success(request, "The message is being sent again.")
    except NotAccepted as refused:
        messages.error(request, str(refused))
    return redirect("webhook", webhook_id)


def _own(request: HttpRequest, webhook_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects.visible_to(request.user), pk=webhook_id)


def _jobs_url(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("api:jobs"))


def _list(
    request: HttpRequest,
    form: WebhookForm,
    *,
    status: int = 200,
    new: WebhookEndpoint | None = None,
    secret: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "webhooks": WebhookEndpoint.objects.visible_to(request.user),
        "new": new,
        "secret": secret,
    }
    return render(request, "account/webhooks.html", context, status=status)


def _page(
    request: HttpRequest,
    endpoint: WebhookEndpoint,
    *,
    form: WebhookForm | None = None,
    status: int = 200,
    secret: str = "",
) -> HttpResponse:
    deliveries = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-created_at", "-id")
    page = Paginator(deliveries.prefetch_related("attempts"), PAGE_SIZE).get_page(request.GET.get("page"))
    stored = {"url": endpoint.url, "description": endpoint.description, "events": endpoint.events}
    context = {
        "webhook": endpoint,
        "form": form or WebhookForm(initial=stored),
        "page": page,
        "waits": any(map(_is_sent_soon, page)),
        "days_kept": settings.WEBHOOK_DELIVERY_DAYS,
        "secret": secret,
    }
    return render(request, "account/webhook.html", context, status=status)


def _is_sent_soon(delivery: WebhookDelivery) -> bool:
    due = delivery.next_attempt_at
    return delivery.status == DeliveryStatus.PENDING and due is not None and due < timezone.now() + SOON
