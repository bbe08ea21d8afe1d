"""Having a worker make a track's audio in another format, and hearing that it could not.

What is kept of that is known to all processes and forgotten within a minute or a few. Nothing rests on it.
"""

from uuid import UUID

from django.core.cache import cache

from generation.audio.formats import MIXER, STEMS
from generation.models import Track
from generation.queue import messages
from generation.tracks import scores
from generation.tracks.files import rendition_in

ASK_AGAIN_SECONDS = 30
FAILURE_SECONDS = 30


def ask_for(track: Track, format_name: str) -> None:
    """Ask a worker to make the format, with one message however often this is called meanwhile.

    Raises NoScore where stems are asked for that nobody can make.
    """
    seconds = ASK_AGAIN_SECONDS
    if format_name in (STEMS.name, MIXER.name):
        if rendition_in(track, STEMS.name) is None:
            scores.engine_of(track)
        seconds += round(track.duration)  # they are played anew
    if cache.add(_asked(track.pk, format_name), True, seconds):
        messages.wake_for_rendition(track.pk, format_name)


def note_end(track_id: UUID, format_name: str) -> None:
    """Have the format asked for again at once if need be: the track may have been renamed while it was made."""
    cache.delete(_asked(track_id, format_name))


def note_failure(track_id: UUID, format_name: str, reason: str) -> None:
    """Keep for whoever waits why a format was not made, in a sentence for the track's owner."""
    cache.set(_failed(track_id, format_name), reason, FAILURE_SECONDS)


def take_failure(track_id: UUID, format_name: str) -> str | None:
    """Why a format could not be made just now, said once: who asks for it after that has it tried again."""
    reason: str | None = cache.get(_failed(track_id, format_name))
    if reason is not None:
        cache.delete_many([_failed(track_id, format_name), _asked(track_id, format_name)])
    return reason


def _asked(track_id: UUID, format_name: str) -> str:
    return f"rendition:{track_id}:{format_name}"


def _failed(track_id: UUID, format_name: str) -> str:
    return f"rendition-failed:{track_id}:{format_name}"
