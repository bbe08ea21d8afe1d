"""A track's audio, stems and notes for players and downloads: redirects to signed URLs, and MIDI."""

import logging
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from generation.audio.formats import DELIVERED, encoded_as
from generation.models import Track
from generation.storage import StorageError
from generation.tracks import scores
from generation.tracks.delivery import deliver, deliver_to_listener, is_made, listening_format
from generation.tracks.missing import AudioMissing
from generation.tracks.rendition_requests import take_failure
from generation.web.http import Request, own_track, wants_json
from generation.web.words import format_title
from musicgen.text_direction import isolated

logger = logging.getLogger(__name__)
RETRY_AFTER = 2
# How often a page asks by itself: for five minutes. Stems of a long track take one, and there may be a line.
MOST_TRIES = 150


@require_safe
@vary_on_headers("Accept")
@cache_control(no_store=True)
def track_audio(request: Request, track_id: UUID) -> HttpResponse:
    """Send a listener to a track's audio in `format`, or in the best one for listening if none is named.

    With `download` set, to be saved under the track's title. 202 while the format is still being made, with a page that
    asks again; `tries` counts how often it has. A script that accepts JSON is given the signed URL and when it ends.
    """
    track = own_track(request, track_id)
    asked = request.GET.get("format")
    if asked and asked not in DELIVERED:
        raise Http404(f"There is no audio format “{asked[:20]}”.")
    download = bool(request.GET.get("download"))
    is_heard = not asked and not download
    wanted = asked or (listening_format(track) if is_heard else encoded_as(listening_format(track)))
    made = track.missing_since or is_made(track, wanted, download=download)
    reason = None if made else take_failure(track.pk, wanted)
    if reason is not None:
        return _not_made(request, track, wanted, reason)
    try:
        delivery = deliver_to_listener(track) if is_heard else deliver(track, wanted, download=download)
    except AudioMissing as error:
        return _missing(request, track, wanted, error)
    except StorageError as error:
        return _out_of_reach(request, track, error)
    except scores.NoScore as error:
        return _without_score(request, track, error)
    if delivery is None:
        return _being_made(request, track, wanted)
    return JsonResponse(asdict(delivery)) if wants_json(request) else HttpResponseRedirect(delivery.url)


@require_safe
@vary_on_headers("Accept")
@cache_control(no_store=True)
def track_midi(request: Request, track_id: UUID) -> HttpResponse:
    """A track's score as a MIDI file, to be saved under its title; with `quantised` set every note on its grid."""
    track = own_track(request, track_id)
    quantised = bool(request.GET.get("quantised"))
    try:
        notes = scores.midi_of(track, quantised=quantised)
    except scores.NoScore as error:
        return _without_score(request, track, error)
    response = HttpResponse(notes, content_type=scores.MIDI_TYPE)
    response["Content-Disposition"] = scores.midi_disposition(track, quantised=quantised)
    return response


def _being_made(request: Request, track: Track, wanted: str) -> HttpResponse:
    """The page asks again by itself, but not for ever."""
    tries = _count(request.GET.get("tries", ""))
    context = {
        "track": track,
        "what": format_title(wanted),
        "again": _address(request, wanted, tries=tries + 1),
        "first": _address(request, wanted),
        "retry_after": RETRY_AFTER if tries < MOST_TRIES else None,
    }
    detail = f"The {format_title(wanted)} of “{isolated(track.title)}” is being made."
    response = _answer(request, "pages/making.html", context, detail, status=202)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def _not_made(request: Request, track: Track, wanted: str, reason: str) -> HttpResponse:
    context = {"track": track, "what": format_title(wanted), "reason": reason}
    context["again"] = _address(request, wanted)
    return _answer(request, "pages/not_made.html", context, reason, status=503)


def _missing(request: Request, track: Track, wanted: str, error: AudioMissing) -> HttpResponse:
    context = {"track": track, "what": format_title(wanted), "reason": error.public}
    return _answer(request, "pages/not_made.html", context, error.public, status=410)


def _without_score(request: Request, track: Track, error: scores.NoScore) -> HttpResponse:
    status = 410 if isinstance(error, scores.OutdatedScore) else 409
    context = {"track": track, "reason": str(error)}
    return _answer(request, "pages/no_score.html", context, str(error), status=status)


def _out_of_reach(request: Request, track: Track, error: StorageError) -> HttpResponse:
    logger.error("No address can be signed for the audio of track %s: %s", track.pk, error)
    context = {"track": track, "reason": error.public}
    return _answer(request, "pages/out_of_reach.html", context, error.public, status=503)


def _answer(
    request: Request, page: str, context: dict[str, Any], detail: str, *, status: int
) -> HttpResponse:
    """A page, or to a script one sentence."""
    if wants_json(request):
        return JsonResponse({"detail": detail}, status=status)
    return render(request, page, context, status=status)


def _address(request: Request, wanted: str, **more: int) -> str:
    """The address of this download."""
    return f"{request.path}?{urlencode({'format': wanted, 'download': 1, **more})}"


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 0
