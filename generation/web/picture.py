"""Covers as answers to a browser."""

from hashlib import blake2b

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from generation.covers.cover import VERSION
from generation.covers.pixels import cover_png
from generation.models import Track


def cover_response(request: HttpRequest, track: Track, size: int) -> HttpResponseBase:
    """A track's cover as PNG, `size` pixels wide and high, or 304 to whoever has it."""
    drawn_of = (VERSION, track.genre, track.seed, track.key, str(size))
    etag = f'"{blake2b(repr(drawn_of).encode(), digest_size=12).hexdigest()}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(cover_png(track.genre, track.seed, track.key, size), content_type="image/png")
    response["ETag"] = etag
    return response
