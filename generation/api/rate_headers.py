"""`RateLimit` and `RateLimit-Policy`: how a caller stands, in the answers of the API.

After draft-ietf-httpapi-ratelimit-headers, whose fields are structured (RFC 9651): `"requests";q=1200;w=60` is the
policy, `"requests";r=1187;t=34` says that 1187 requests are left for the next 34 seconds.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from accounts.rates import Standing

_NOTED = "_rate_standing"
NAME = "requests"


def note_standing(request: HttpRequest, standing: Standing) -> None:
    """Have the answer to this request say how its caller stands."""
    setattr(request, _NOTED, standing)


class RateHeadersMiddleware:
    """Writes the headers into every answer of a request that was counted, whatever made the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        standing: Standing | None = getattr(request, _NOTED, None)
        if standing is not None:
            rate = standing.rate
            response["RateLimit-Policy"] = f'"{NAME}";q={rate.allowed};w={rate.seconds}'
            response["RateLimit"] = f'"{NAME}";r={standing.left};t={standing.reset}'
        return response
