"""The heart of a track."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from generation.models import Track
from generation.web.http import Request, next_page, wants_json


@require_POST
def like(request: Request, track_id: UUID) -> HttpResponse:
    """Count a track among the favourites, with `favorite` 1, or no more. 204 to a script."""
    mine = Track.objects.visible_to(request.user).filter(pk=track_id)
    if not mine.update(favorite=request.POST.get("favorite") == "1"):
        raise Http404
    if wants_json(request):
        return HttpResponse(status=204)
    return redirect(next_page(request, reverse("track", args=[track_id])))
