"""Pages, compressed on their way."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageGZipMiddleware(GZipMiddleware):
    """Compresses pages alone.

    Their only secrets are CSRF tokens, which Django masks anew each time, and Django pads what it compresses by a
    random length (BREACH). Answers of the API keep their strong ETags, and audio is compressed by itself.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
