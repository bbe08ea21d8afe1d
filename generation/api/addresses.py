"""The absolute addresses of what an answer names."""

from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from musicgen.paths import around_id


class Addresses:
    """The addresses of one request: `addresses("api:job", job.pk)`. `site` is what they begin with."""

    def __init__(self, request: HttpRequest | Request) -> None:
        self.site = request.build_absolute_uri("/").removesuffix("/")
        self._around: dict[str, tuple[str, str]] = {}

    def __call__(self, route: str, pk: UUID | str) -> str:
        """The absolute address of what a route with one id leads to."""
        around = self._around.get(route)
        if around is None:
            before, after = around_id(route)
            around = self._around[route] = (self.site + before, after)
        return f"{around[0]}{pk}{around[1]}"


def addresses_of(request: HttpRequest | Request) -> Addresses:
    """The addresses of this request, made once."""
    found: Addresses | None = getattr(request, "addresses", None)
    if found is None:
        found = request.addresses = Addresses(request)  # type: ignore[union-attr]
    return found
