"""A track's audio, stems and notes for players and downloads: redirects to signed URLs, and MIDI."""

import logging
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from generation.audio.formats import DELIVERED
from generation.models import Track
from generation.storage import StorageError, content_disposition
from generation.tracks import scores
from generation.tracks.delivery import deliver, listening_format
from generation.web.http import Request, own_track

logger = logging.getLogger(__name__)
RETRY_AFTER = 2


@require_safe
@cache_control(no_store=True)
def track_audio(request: Request, track_id: UUID) -> HttpResponse:
    """Send a listener to a track's audio in `format`, or in the best one for listening if none is named.

    With `download` set, to be saved under the track's title. 202 and a page that asks again while the format is
    still being made.
    """
    track = own_track(request, track_id)
    wanted = request.GET.get("format") or listening_format(track)
    if wanted not in DELIVERED:
        raise Http404(f"There is no audio format “{wanted[:20]}”.")
    try:
        delivery = deliver(track, wanted, download=bool(request.GET.get("download")))
    except StorageError as error:
        return _out_of_reach(request, track, error)
    except scores.NoScore as error:
        return _without_score(request, track, error)
    if delivery is not None:
        return HttpResponseRedirect(delivery.url)
    context = {"track": track, "format": wanted, "retry_after": RETRY_AFTER}
    response = render(request, "pages/making.html", context, status=202)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


@require_safe
@cache_control(no_store=True)
def track_midi(request: Request, track_id: UUID) -> HttpResponse:
    """A track's score as a MIDI file, to be saved under its title."""
    track = own_track(request, track_id)
    try:
        notes = scores.midi_of(track)
    except scores.NoScore as error:
        return _without_score(request, track, error)
    response = HttpResponse(notes, content_type=scores.MIDI_TYPE)
    response["Content-Disposition"] = content_disposition(track.title, "mid")
    return response


def _without_score(request: Request, track: Track, error: scores.NoScore) -> HttpResponse:
    status = 410 if isinstance(error, scores.OutdatedScore) else 409
    return render(request, "pages/no_score.html", {"track": track, "reason": str(error)}, status=status)


def _out_of_reach(request: Request, track: Track, error: StorageError) -> HttpResponse:
    logger.error("No address can be signed for the audio of track %s: %s", track.pk, error)
    return render(request, "pages/out_of_reach.html", {"track": track, "reason": error.public}, status=503)
