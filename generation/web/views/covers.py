"""A track's cover as a picture, to be shared or set beside the audio."""

from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from generation.web.http import Request, own_track
from generation.web.picture import cover_response

SIZES = ("512", "1200")
# It never changes while covers are drawn as they are.
CACHE_CONTROL = f"private, max-age={7 * 24 * 3600}, immutable"


@require_safe
def track_cover(request: Request, track_id: UUID) -> HttpResponseBase:
    """The cover as PNG, `size` pixels wide and high: 512, or 1200. 304 to whoever has it."""
    track = own_track(request, track_id)
    size = request.GET.get("size", SIZES[0])
    if size not in SIZES:
        raise Http404(
            f"There is no cover of the size “{size[:20]}”; there is one of {' and one of '.join(SIZES)}."
        )
    response = cover_response(request, track, int(size))
    response["Cache-Control"] = CACHE_CONTROL
    return response
