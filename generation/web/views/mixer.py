"""Where the mixer of a track's page finds the stems."""

import logging
from uuid import UUID

from django.http import JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from generation.audio.formats import MIXER
from generation.models import Track
from generation.storage import StorageError
from generation.tracks import scores
from generation.tracks.delivery import deliver
from generation.web.http import Request, own_track

logger = logging.getLogger(__name__)
RETRY_AFTER = 2
# The stems are played twice, each time with more to mix than the music took.
_TIMES_THE_MUSIC = 2.5


@require_safe
@cache_control(no_store=True)
def track_mixer(request: Request, track_id: UUID) -> JsonResponse:
    """Tell the signed address and the size of the stems for the mixer.

    202 while a worker makes them, which asking for them starts, with the seconds that this takes where they are known.
    """
    track = own_track(request, track_id)
    try:
        delivery = deliver(track, MIXER.name)
    except scores.NoScore as error:
        status = 410 if isinstance(error, scores.OutdatedScore) else 409
        return JsonResponse({"detail": str(error)}, status=status)
    except StorageError as error:
        logger.error("No address can be signed for the stems of track %s: %s", track.pk, error)
        return JsonResponse({"detail": error.public}, status=503)
    if delivery is not None:
        return JsonResponse({"url": delivery.url, "size": delivery.size})
    making = {"seconds": making_seconds(track)}
    return JsonResponse(making, status=202, headers={"Retry-After": str(RETRY_AFTER)})


def making_seconds(track: Track) -> int | None:
    """How long a worker will take to make the stems, judged by how long the music took."""
    if track.job.generate_seconds is None:
        return None
    return round(_TIMES_THE_MUSIC * track.job.generate_seconds / track.job.request.variations)
