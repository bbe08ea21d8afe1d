"""Playlists: all of one's own, one of them with its tracks in order, and putting tracks into them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from generation.models import Playlist, PlaylistEntry, Track
from generation.models.playlist import MAX_PLAYLIST_TRACKS, PlaylistFull
from generation.web.cards import Card
from generation.web.http import Request, next_page, wants_fragment
from generation.web.title_form import PlaylistForm
from generation.web.undo import Undo, say_with_undo
from musicgen.text_direction import isolated

COVERS = 4


@require_http_methods(["GET", "HEAD", "POST"])
def playlists(request: Request) -> HttpResponse:
    """All of one's own playlists; a POST makes one."""
    form = PlaylistForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and request.user.is_authenticated:
        try:
            made = Playlist.objects.all().make(request.user, form.cleaned_data["title"])
            return redirect("playlist", made.pk)
        except PlaylistFull as refused:
            form.add_error("title", str(refused))
    covers = PlaylistEntry.objects.filter(track__deleted_at=None).select_related("track")
    covers = covers.only("playlist_id", "track__genre", "track__seed", "track__key")
    first = Prefetch("entries", covers.order_by("position", "id")[:COVERS], to_attr="first")
    found = Playlist.objects.visible_to(request.user).with_facts().prefetch_related(first)
    context = {"playlists": found, "form": form}
    return render(request, "pages/playlists.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
def playlist(request: Request, playlist_id: UUID) -> HttpResponse:
    """A playlist with its tracks."""
    return _page(request, _own(request, playlist_id))


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: Request, playlist_id: UUID) -> HttpResponse:
    """Give a playlist another title; before that, its page with a field for it."""
    renamed = _own(request, playlist_id)
    form = PlaylistForm(request.POST if request.method == "POST" else None, initial={"title": renamed.title})
    if not form.is_valid():
        return _page(request, renamed, form, status=422 if form.is_bound else 200)
    undo = Undo(reverse("playlist_rename", args=[renamed.pk]), {"title": renamed.title})
    renamed.rename(form.cleaned_data["title"])
    say_with_undo(request, "Renamed.", undo)
    return redirect("playlist", renamed.pk)


@require_POST
def delete(request: Request, playlist_id: UUID) -> HttpResponse:
    """Delete a playlist, which can be taken back. Its tracks stay."""
    deleted = _own(request, playlist_id)
    deleted.discard()
    undo = Undo(reverse("playlist_restore", args=[deleted.pk]))
    say_with_undo(
        request, f"The playlist “{isolated(deleted.title)}” is deleted. Its tracks are still there.", undo
    )
    return redirect("playlists")


@require_POST
def restore(request: Request, playlist_id: UUID) -> HttpResponse:
    """Take back that a playlist was deleted."""
    mine = Playlist.objects.filter(owner_id=request.user.pk) if request.user.pk else Playlist.objects.none()
    restored = get_object_or_404(mine, pk=playlist_id)
    try:
        is_back = restored.restore()
    except PlaylistFull as refused:
        messages.error(request, str(refused))
        return redirect("playlists")
    if not is_back and restored.deleted_at is not None:
        messages.error(request, "It is too late to have this playlist back.")
        return redirect("playlists")
    return redirect("playlist", restored.pk)


@require_POST
def move(request: Request, playlist_id: UUID) -> HttpResponse:
    """Put one of its tracks, `track`, in front of another, `before`, or at the end; or one place `up` or `down`."""
    moved = _own(request, playlist_id)
    track_id = _uuid(request.POST.get("track", ""))
    before = _uuid(request.POST.get("before", "")) if request.POST.get("before") else None
    step = {"up": -1, "down": 1}.get(request.POST.get("to", ""))
    if step:
        before = _neighbour(moved, track_id, step)
    if not moved.move(track_id, before=before):
        raise Http404
    if wants_fragment(request):
        return HttpResponse(status=204)
    return redirect(f"{reverse('playlist', args=[moved.pk])}#track-{track_id}")


@require_POST
def remove(request: Request, playlist_id: UUID) -> HttpResponse:
    """Take one of its tracks out, which can be taken back. The track stays."""
    shortened = _own(request, playlist_id)
    track_id = _uuid(request.POST.get("track", ""))
    position = shortened.remove(track_id)
    if position is not None:
        back = f"{reverse('playlist_put_back', args=[shortened.pk])}?position={position}"
        say_with_undo(request, "Taken out of the playlist.", Undo(back, {"track": str(track_id)}))
    return redirect("playlist", shortened.pk)


@require_POST
def put_back(request: Request, playlist_id: UUID) -> HttpResponse:
    """Take back that a track was taken out: it stands where it stood."""
    lengthened = _own(request, playlist_id)
    tracks = _tracks(request, [request.POST.get("track", "")])
    text = request.GET.get("position", "")
    position = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
    try:
        lengthened.add(tracks, position=position)
    except PlaylistFull as refused:
        messages.error(request, str(refused))
    return redirect("playlist", lengthened.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: Request) -> HttpResponse:
    """Choose a playlist for tracks, each named by a `track`; then they are put in `playlist`, or in a new one.

    By POST too, for the tracks may be more than an address holds.
    """
    values = request.POST if request.method == "POST" else request.GET
    tracks = _tracks(request, values.getlist("track"))
    next_to = next_page(request, reverse("library"))
    form = PlaylistForm(request.POST if "title" in request.POST else None)
    if "title" in request.POST or "playlist" in request.POST:
        try:
            chosen = _chosen(request, form)
            if chosen is not None:
                _add(request, chosen, tracks)
                return redirect(next_to)
        except PlaylistFull as refused:
            messages.error(request, str(refused))
    found = Playlist.objects.visible_to(request.user).with_facts()
    holding = PlaylistEntry.objects.filter(track__in=tracks).values_list("playlist_id", flat=True)
    context = {
        "tracks": tracks,
        "playlists": found,
        "holding": set(holding) if len(tracks) == 1 else set(),
        "form": form,
        "next": next_to,
    }
    return render(request, "pages/choose_playlist.html", context, status=422 if form.errors else 200)


def _chosen(request: Request, form: PlaylistForm) -> Playlist | None:
    """The playlist that was chosen, or a new one; None where the new one's title is wrong. Raises PlaylistFull."""
    if request.POST.get("playlist"):
        return _own(request, _uuid(request.POST["playlist"]))
    if not form.is_valid() or not request.user.is_authenticated:
        return None
    return Playlist.objects.all().make(request.user, form.cleaned_data["title"])


def _add(request: Request, playlist: Playlist, tracks: Sequence[Track]) -> None:
    added = playlist.add(tracks)
    what = "The track is" if len(tracks) == 1 else f"{added} of {len(tracks)} tracks are"
    already = " already" if added == 0 else ""
    messages.success(request, f"{what}{already} in “{isolated(playlist.title)}”.")


def _page(
    request: Request, shown: Playlist, form: PlaylistForm | None = None, *, status: int = 200
) -> HttpResponse:
    tracks = Track.objects.with_job("engine", "input").defer("prompt", "takes", "tags")
    entries = shown.tracks.prefetch_related(Prefetch("track", tracks))
    cards = [Card.of_track(entry.track) for entry in entries]
    context: dict[str, Any] = {
        "playlist": shown,
        "cards": cards,
        "seconds": sum(card.duration for card in cards),
        "form": form,
        "reorder": len(cards) > 1,
    }
    return render(request, "pages/playlist.html", context, status=status)


def _own(request: Request, playlist_id: UUID) -> Playlist:
    return get_object_or_404(Playlist.objects.visible_to(request.user), pk=playlist_id)


def _tracks(request: Request, ids: Sequence[str]) -> list[Track]:
    """Own tracks of these ids, in their order. Raises Http404 where there is none, BadRequest for what is no id."""
    wanted = [_uuid(each) for each in ids[:MAX_PLAYLIST_TRACKS]]
    found = Track.objects.visible_to(request.user).only("pk", "title").in_bulk(wanted)
    if not found:
        raise Http404
    return [found[track_id] for track_id in wanted if track_id in found]


def _neighbour(playlist: Playlist, track_id: UUID, step: int) -> UUID | None:
    """In front of which track one comes to stand that goes one place up or down; None: at the end."""
    order: list[UUID] = list(playlist.tracks.values_list("track_id", flat=True))
    if track_id not in order:
        raise Http404
    place = order.index(track_id) + (step if step < 0 else step + 1)
    return order[max(0, place)] if place < len(order) else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest(f"“{isolated(text[:40])}” is not the id of anything.") from None
