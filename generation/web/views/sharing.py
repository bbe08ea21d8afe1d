"""Sharing a track of one's own: who may hear it, and its link."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from generation.models import Track
from generation.models.track_sharing import NotShared, Visibility
from generation.web.http import Request, own_track, wants_fragment
from generation.web.shared import SharedTrack

SAID = {
    Visibility.PRIVATE: "Nobody else can hear it now. Its old link leads nowhere, for good.",
    Visibility.UNLISTED: "Whoever has the link can hear it.",
    Visibility.PUBLIC: "Anybody can hear it, and search engines may show it.",
}


class VisibilityForm(forms.Form):
    """Who may hear a track."""

    visibility = forms.ChoiceField(
        label="Who may hear it",
        choices=(
            (Visibility.PRIVATE, "Only you"),
            (Visibility.UNLISTED, "Whoever has the link"),
            (Visibility.PUBLIC, "Anybody, search engines too"),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: Request, track_id: UUID) -> HttpResponse:
    """Choose who may hear a track, and copy its link. Guests are told to sign up."""
    track = own_track(request, track_id)
    if request.method != "POST":
        return _page(request, track)
    form = VisibilityForm(request.POST)
    if not form.is_valid():
        return _page(request, track, status=422)
    chosen = Visibility(form.cleaned_data["visibility"])
    try:
        track.edit(visibility=chosen)
    except NotShared:
        return _page(request, own_track(request, track_id), status=409)
    if wants_fragment(request):
        return _page(request, own_track(request, track_id), said=SAID[chosen])
    messages.success(request, SAID[chosen])
    return redirect("track_share", track_id)


def _page(request: Request, track: Track, *, said: str = "", status: int = 200) -> HttpResponse:
    is_shared = track.visibility != Visibility.PRIVATE
    context = {
        "track": track,
        "form": VisibilityForm(initial={"visibility": track.visibility}),
        "shared": SharedTrack.of(request, track) if is_shared else None,
        "said": said,
    }
    return render(request, "pages/share.html", context, status=status)
