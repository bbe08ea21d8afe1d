"""The library: all of one's own tracks."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.models import Track
from generation.web.cards import Card
from generation.web.http import Request

PER_PAGE = 24


@require_safe
def library(request: Request) -> HttpResponse:
    """Own tracks, newest first, or those that have every word of `q` in title or prompt."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    tracks = Track.objects.visible_to(request.user).matching(words)
    tracks = tracks.with_job("engine", "input")
    page = Paginator(tracks, PER_PAGE).get_page(request.GET.get("page"))
    cards = [Card.of_track(track) for track in page]
    return render(request, "pages/library.html", {"page": page, "cards": cards, "words": words})
