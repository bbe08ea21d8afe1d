"""What may be kept of an answer, where the view does not say."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

PRIVATE = "private, no-cache"


class PrivateByDefaultMiddleware:
    """Pages and lists show what belongs to somebody: only their own browser may keep one, and asks before it shows it.

    What says itself how long it may be kept, as static files, audio and signed redirects do, is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response
