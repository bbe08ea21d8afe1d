"""A track: its page, its title, its end."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.audio.formats import STEMS
from generation.engines.request import MAX_TAG, MAX_TAGS
from generation.models import Track
from generation.models.track_tags import add_tag, remove_tag
from generation.tracks.missing import AudioMissing
from generation.tracks.scores import has_score, outline_of
from generation.web.cards import Card
from generation.web.http import Request, next_page, own_track, wants_fragment
from generation.web.title_form import TitleForm
from generation.web.undo import Undo, say_with_undo
from generation.web.versions import versions_of
from generation.web.views.selection import changed, clean_tag, withdraw
from musicgen.text_direction import isolated


@require_safe
def track(request: Request, track_id: UUID) -> HttpResponse:
    """Everything about a track."""
    return _page(request, own_track(request, track_id))


@require_safe
def title(request: Request, track_id: UUID) -> HttpResponse:
    """The title on a track's page, as it is when nobody renames it."""
    shown = own_track(request, track_id)
    return render(request, "components/track_title.html", {"track": shown, "returns": True})


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: Request, track_id: UUID) -> HttpResponse:
    """Give a track another title; before that, its page with a field for it. A script gets the title alone."""
    renamed = own_track(request, track_id)
    form = TitleForm(request.POST if request.method == "POST" else None, initial={"title": renamed.title})
    if not form.is_valid():
        return _renaming(request, renamed, form)
    undo = Undo(reverse("track_rename", args=[renamed.pk]), {"title": renamed.title})
    renamed.edit(title=form.cleaned_data["title"])
    say_with_undo(request, "Renamed.", undo)
    if not wants_fragment(request):
        return redirect("track", renamed.pk)
    renamed.title = form.cleaned_data["title"]
    response = render(request, "components/track_title.html", {"track": renamed, "returns": True})
    changed = {"track": str(renamed.pk), "title": isolated(renamed.title)}
    response["HX-Trigger"] = json.dumps({"track-changed": changed})
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, track_id: UUID) -> HttpResponse:
    """Delete a track by a POST, so that it can be had back for a while. Without script it is asked for first."""
    doomed = own_track(request, track_id)
    next_to = next_page(request, reverse("library"))
    if request.method == "POST":
        withdraw(request, Track.objects.visible_to(request.user).filter(pk=doomed.pk))
        return changed(request, next_to)
    return render(request, "pages/delete_track.html", {"track": doomed, "next": next_to})


@require_POST
def tags(request: Request, track_id: UUID) -> HttpResponse:
    """Put a tag on a track, or take one off. A script gets the tags alone."""
    mine = Track.objects.visible_to(request.user).filter(pk=own_track(request, track_id).pk)
    error = ""
    if "remove" in request.POST:
        remove_tag(mine, request.POST["remove"])
    elif (tag := clean_tag(request.POST.get("tag", ""))) is None:
        error = f"Write a tag of 1 to {MAX_TAG} characters."
    elif add_tag(mine, tag).full:
        error = f"A track has at most {MAX_TAGS} tags."
    shown = own_track(request, track_id)
    if wants_fragment(request):
        return render(
            request, "components/track_tags.html", {"track": shown, "error": error, "returns": True}
        )
    if error:
        messages.error(request, error)
    return redirect("track", shown.pk)


def _renaming(request: Request, track: Track, form: TitleForm) -> HttpResponse:
    if wants_fragment(request):
        return render(request, "components/track_title.html", {"track": track, "form": form})
    return _page(request, track, form, status=422 if form.is_bound else 200)


def _page(
    request: Request, track: Track, form: TitleForm | None = None, *, status: int = 200
) -> HttpResponse:
    scored = has_score(track)
    context = {
        "track": track,
        "card": Card.of_track(track),
        "form": form,
        "outline": outline_of(track) if scored else None,
        "midi": scored,
        "stems": scored or any(made.format == STEMS.name for made in track.renditions.all()),
        "versions": versions_of(track),
        "missing": AudioMissing(track).public if track.missing_since else "",
    }
    return render(request, "pages/track.html", context, status=status)
