"""A track: its page, its title, its end."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import jobs
from generation.audio.formats import STEMS
from generation.models import Track
from generation.tracks.scores import has_score
from generation.web.cards import Card
from generation.web.http import Request, next_page, own_track
from generation.web.title_form import TitleForm


@require_safe
def track(request: Request, track_id: UUID) -> HttpResponse:
    """Everything about a track."""
    shown = own_track(request, track_id)
    return _page(request, shown, TitleForm(initial={"title": shown.title}))


@require_POST
def rename(request: Request, track_id: UUID) -> HttpResponse:
    """Give a track another title."""
    renamed = own_track(request, track_id)
    form = TitleForm(request.POST)
    if not form.is_valid():
        return _page(request, renamed, form, status=422)
    Track.objects.visible_to(request.user).filter(pk=renamed.pk).update(title=form.cleaned_data["title"])
    messages.success(request, "Renamed.")
    return redirect("track", renamed.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, track_id: UUID) -> HttpResponse:
    """Ask whether to delete a track; a POST deletes it."""
    doomed = own_track(request, track_id)
    next_to = next_page(request, reverse("library"))
    if request.method == "POST":
        title = doomed.title
        if jobs.delete_track(track=doomed):
            messages.success(request, f"“{title}” is deleted.")
        return redirect(next_to)
    return render(request, "pages/delete_track.html", {"track": doomed, "next": next_to})


def _page(request: Request, track: Track, form: TitleForm, *, status: int = 200) -> HttpResponse:
    scored = has_score(track)
    context = {
        "track": track,
        "card": Card.of_track(track),
        "form": form,
        "again": _again(track),
        "midi": scored,
        "stems": scored or any(made.format == STEMS.name for made in track.renditions.all()),
    }
    return render(request, "pages/track.html", context, status=status)


def _again(track: Track) -> str:
    """The query that fills the form of an order with what this track was made of, apart from the seed."""
    asked = {"prompt": track.prompt, "genre": track.genre, "duration": f"{track.job.request.duration:g}"}
    return urlencode(asked)
