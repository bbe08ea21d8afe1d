"""The pieces of the built-in composer that anybody may hear: one has them made, all hear them."""

import json
import logging
from dataclasses import asdict

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import rates
from accounts.rates import TooOften
from generation.engines.request import RequestError
from generation.models.quotas import QuotaExceeded
from generation.storage import StorageError
from generation.tracks.delivery import deliver_to_listener
from generation.web.demonstrations import NotNow, demonstration, order, piece_named
from generation.web.http import Request, wants_fragment, wants_json
from generation.web.words import too_many_orders
from musicgen.client_address import client_network

logger = logging.getLogger(__name__)
NOT_NOW = "This piece cannot be made at the moment. Order your own, or try again later."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def demo(request: Request, piece: str) -> HttpResponse:
    """One of the pieces: a POST has it made if it is not yet; a card that shows `seen` is answered by 204."""
    asked = piece_named(piece)
    trouble = ""
    shown = demonstration(asked)
    if request.method == "POST" and not shown.track and not shown.live:
        try:
            rates.check("order", client_network(request), settings.ORDER_RATE)
            order(asked)
            shown = demonstration(asked)
        except TooOften as refused:
            trouble = too_many_orders(refused.wait)
        except (NotNow, QuotaExceeded, RequestError):  # its words may be on the operator's list
            trouble = NOT_NOW
    if request.method == "POST" and not wants_fragment(request) and not trouble:
        return redirect("demo", piece)
    if shown.live and request.GET.get("seen") == shown.live.token:
        return HttpResponse(status=204)
    context = {"shown": shown, "trouble": trouble, "any_live": bool(shown.live)}
    if not wants_fragment(request):
        return render(request, "pages/demonstration.html", context)
    response = render(request, "components/demonstration.html", context)
    if shown.track:
        response["HX-Trigger"] = json.dumps({"announce": f"{asked.title} is ready."})
    return response


@require_safe
@vary_on_headers("Accept")
@cache_control(no_store=True)
def demo_audio(request: Request, piece: str) -> HttpResponse:
    """Send a listener to the audio of one of the pieces. A script that accepts JSON is given its signed URL."""
    track = demonstration(piece_named(piece)).track
    if track is None:
        raise Http404("This piece is not made yet.")
    try:
        delivery = deliver_to_listener(track)
    except StorageError as error:
        logger.error("No address can be signed for the audio of track %s: %s", track.pk, error)
        return HttpResponse(status=503)
    if delivery is None:
        raise Http404("This piece is not made yet.")
    return JsonResponse(asdict(delivery)) if wants_json(request) else HttpResponseRedirect(delivery.url)
