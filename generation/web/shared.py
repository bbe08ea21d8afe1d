"""A track as whoever has its link sees it: what is shown of it, and what is not.

Nothing here names its owner, their other music, or what they keep for themselves: tags, likes, ids of jobs.
"""

from dataclasses import dataclass
from typing import Self

from django.http import Http404, HttpRequest
from django.urls import reverse

from generation.models import Track
from generation.models.track_sharing import Visibility

# Of the frame in which other sites show a track, in CSS pixels.
EMBED_WIDTH, EMBED_HEIGHT = 480, 152
COVER_SIZE = 1200


@dataclass(frozen=True, slots=True)
class SharedTrack:
    """A shared track and its absolute addresses: of its page, its audio, its cover and the frame for other sites."""

    track: Track
    url: str
    audio: str
    cover: str
    embed: str
    oembed: str

    @classmethod
    def of(cls, request: HttpRequest, track: Track) -> Self:
        """The track at the address under which the request came. `track` is shared."""

        def absolute(route: str) -> str:
            return request.build_absolute_uri(reverse(route, args=[track.share_key]))

        url = absolute("shared")
        return cls(
            track=track,
            url=url,
            audio=absolute("shared_audio"),
            cover=absolute("shared_cover"),
            embed=absolute("shared_embed"),
            oembed=request.build_absolute_uri(reverse("oembed")),
        )

    @property
    def key(self) -> str:
        """The part of its addresses that nobody can guess."""
        return self.track.share_key or ""

    @property
    def is_listed(self) -> bool:
        """Whether search engines may show it."""
        return self.track.visibility == Visibility.PUBLIC


def shared_track(request: HttpRequest, key: str) -> SharedTrack:
    """The shared track with this key. Raises Http404 where none is shared under it, or not any more."""
    track = Track.objects.with_link(key).select_related("job").prefetch_related("renditions").first()
    if track is None:
        raise Http404("Nothing is shared at this address.")
    return SharedTrack.of(request, track)
