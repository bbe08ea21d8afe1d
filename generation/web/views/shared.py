"""Shared tracks as anybody may hear them: the page, the frame for other sites, audio, cover, oEmbed, reports."""

import logging
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, get_script_prefix, resolve
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import rates
from accounts.rates import TooOften
from generation.models import TrackReport
from generation.models.track_report import MAX_REPORT, Reason
from generation.storage import StorageError
from generation.tracks.delivery import deliver_shared
from generation.web.http import Request, wants_json
from generation.web.picture import cover_response
from generation.web.shared import COVER_SIZE, EMBED_HEIGHT, EMBED_WIDTH, SharedTrack, shared_track
from musicgen.client_address import client_network

logger = logging.getLogger(__name__)
# Until a worker has written the title that a track has now into its file.
ASK_AGAIN_SECONDS = 2
TOO_MANY_REPORTS = "Too many reports came from your address. Try again later."


class ReportForm(forms.Form):
    """What is wrong with a shared track."""

    reason = forms.ChoiceField(choices=Reason, widget=forms.RadioSelect, label="What is wrong with it?")
    words = forms.CharField(
        required=False,
        max_length=MAX_REPORT,
        label="Anything the operator should know (optional)",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@never_cache
@require_safe
def shared(request: Request, share_key: str) -> HttpResponse:
    """The page of a shared track."""
    return render(request, "pages/shared.html", {"shared": _about_to_be_heard(request, share_key)})


@never_cache
@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"], "form-action": ["'none'"]})  # type: ignore[arg-type]  # views have arguments
def embed(request: Request, share_key: str) -> HttpResponse:
    """A small player of a shared track for the frames of other sites. It needs no cookie and sets none."""
    return render(request, "pages/embed.html", {"shared": _about_to_be_heard(request, share_key)})


@require_safe
@vary_on_headers("Accept")
@cache_control(no_store=True)
def audio(request: Request, share_key: str) -> HttpResponse:
    """Send a listener to the audio by an address that ends soon. A script that accepts JSON is given it and its end."""
    track = shared_track(request, share_key).track
    try:
        delivery = deliver_shared(track)
    except StorageError as error:
        logger.error("No address can be signed for the audio of track %s: %s", track.pk, error)
        return HttpResponse(status=503)
    if delivery is None:
        return HttpResponse(status=503, headers={"Retry-After": str(ASK_AGAIN_SECONDS)})
    return JsonResponse(asdict(delivery)) if wants_json(request) else HttpResponseRedirect(delivery.url)


@require_safe
def cover(request: Request, share_key: str) -> HttpResponseBase:
    """The cover as PNG, for pages that show a link to the track."""
    response = cover_response(request, shared_track(request, share_key).track, COVER_SIZE)
    # Asked for anew each time, so that it ends with the sharing.
    response["Cache-Control"] = "public, no-cache"
    return response


@never_cache
@require_safe
def oembed(request: Request) -> HttpResponse:
    """What another site needs to show a shared track that somebody has named by its address (https://oembed.com)."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only JSON is given here.", status=501, content_type="text/plain; charset=utf-8")
    shared = shared_track(request, _key_in(request, request.GET.get("url", "")))
    width = min(EMBED_WIDTH, _size(request, "maxwidth", EMBED_WIDTH))
    height = min(EMBED_HEIGHT, _size(request, "maxheight", EMBED_HEIGHT))
    frame = {"shared": shared, "width": width, "height": height}
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": settings.SITE_NAME,
        "provider_url": request.build_absolute_uri("/"),
        "title": shared.track.title,
        "thumbnail_url": shared.cover,
        "thumbnail_width": COVER_SIZE,
        "thumbnail_height": COVER_SIZE,
        "html": render_to_string("components/embed_code.html", frame).strip(),
        "width": width,
        "height": height,
    }
    response = JsonResponse(answer)
    response["Access-Control-Allow-Origin"] = "*"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Request, share_key: str) -> HttpResponse:
    """Tell the operator that something is wrong with a shared track. Who does is not kept."""
    shared = shared_track(request, share_key)
    form = ReportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                rates.check("report", client_network(request), settings.REPORT_RATE)
            except TooOften as refused:
                form.add_error(None, TOO_MANY_REPORTS)
                response = render(request, "pages/report.html", {"shared": shared, "form": form}, status=429)
                response["Retry-After"] = str(refused.wait)
                return response
            TrackReport.objects.file(shared.track, **form.cleaned_data)
            return render(request, "pages/reported.html", {"shared": shared})
    return render(request, "pages/report.html", {"shared": shared, "form": form}, status=status)


def _about_to_be_heard(request: HttpRequest, share_key: str) -> SharedTrack:
    """The shared track, whose audio is made now if it still has another title: few press play within a second."""
    shared = shared_track(request, share_key)
    with suppress(StorageError):  # which is said to whoever presses
        deliver_shared(shared.track)
    return shared


def _key_in(request: HttpRequest, url: str) -> str:
    """The key in the address of a shared track's page on this site. Raises Http404 for any other address."""
    try:
        parts = urlsplit(url)
        match = resolve(f"/{parts.path.removeprefix(get_script_prefix())}")
    except (ValueError, Resolver404):
        raise Http404 from None
    if parts.netloc.lower() != request.get_host().lower() or match.url_name != "shared":
        raise Http404
    key: str = match.kwargs["share_key"]
    return key


def _size(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else default
