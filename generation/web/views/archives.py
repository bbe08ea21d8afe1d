"""Zips of many tracks: ordered, waited for, fetched from the storage by a signed URL."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from generation.archives import ordering
from generation.archives.delivery import signed_url
from generation.archives.ordering import ArchiveRefused, NotTheirs
from generation.audio.formats import FORMATS, SMALL_FORMAT
from generation.models import Archive
from generation.models.archive import MAX_TRACKS
from generation.storage import StorageError
from generation.web.http import Request, next_page, wants_fragment
from musicgen.client_address import client_key


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def archives(request: Request) -> HttpResponse:
    """The zips that one can still have. A POST orders one of the tracks that it names by `track`, in `format`."""
    if request.method == "POST":
        return _ordered(request)
    own = Archive.objects.visible_to(request.user)
    context = {"archives": own, "hours": settings.ARCHIVE_HOURS, "any_live": own.unended().exists()}
    return render(request, "pages/archives.html", context)


@never_cache
@require_safe
def archive(request: Request, archive_id: UUID) -> HttpResponse:
    """A zip: how far it is, and where to have it once it is ready. A script asks for the card alone, every 2 s.

    Its download starts by itself where it became ready before somebody's eyes, or just after the order (`start`).
    """
    shown = _own(request, archive_id)
    asks_again = wants_fragment(request) and request.htmx.target == f"archive-{shown.pk}"
    starts = shown.is_ready and (asks_again or "start" in request.GET)
    context = {"archive": shown, "starts": starts, "any_live": shown.is_unended}
    return render(request, "components/archive.html" if asks_again else "pages/archive.html", context)


@never_cache
@require_safe
def archive_file(request: Request, archive_id: UUID) -> HttpResponse:
    """Send the browser to the zip; to its page while it is being made, or where it cannot be had."""
    wanted = _own(request, archive_id)
    if not wanted.is_ready:
        return redirect("archive", wanted.pk)
    try:
        return HttpResponseRedirect(signed_url(wanted))
    except StorageError as error:
        messages.error(request, error.public)
        return redirect("archive", wanted.pk)


def _ordered(request: Request) -> HttpResponse:
    back = next_page(request, reverse("library"))
    format_name = request.POST.get("format") or SMALL_FORMAT
    ids = _ids(request.POST.getlist("track"))
    if format_name not in FORMATS or not ids:
        messages.error(request, "Choose the tracks that you want to download.")
        return redirect(back)
    if len(ids) > MAX_TRACKS:
        messages.error(request, f"A zip holds up to {MAX_TRACKS} tracks. Choose fewer.")
        return redirect(back)
    try:
        made = _order_those_left(request, ids, format_name)
    except NotTheirs:
        messages.error(request, "These tracks are not here any more.")
        return redirect(back)
    except ArchiveRefused as refused:
        messages.error(request, str(refused))
        return redirect(back)
    return redirect(f"{reverse('archive', args=[made.pk])}?start")


def _order_those_left(request: Request, ids: list[UUID], format_name: str) -> Archive:
    """Order a zip; tracks that were deleted since the page was drawn are left out. Raises NotTheirs where all were."""
    user, key = request.user, client_key(request)
    if not user.is_authenticated:
        raise NotTheirs(ids)
    try:
        return ordering.order_tracks(owner=user, track_ids=ids, format_name=format_name, address_key=key)
    except NotTheirs as missing:
        left = [track_id for track_id in ids if track_id not in missing.track_ids]
        if not left:
            raise
        return ordering.order_tracks(owner=user, track_ids=left, format_name=format_name, address_key=key)


def _ids(texts: list[str]) -> list[UUID]:
    """The ids that these texts are, each once."""
    found: dict[UUID, None] = {}
    for text in texts:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)


def _own(request: Request, archive_id: UUID) -> Archive:
    return get_object_or_404(Archive.objects.visible_to(request.user), pk=archive_id)
