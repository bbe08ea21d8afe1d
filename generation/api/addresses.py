"""The absolute addresses of what an answer names."""

from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from musicgen.paths import path_to


class Addresses:
    """The addresses of one request: `addresses("api:job", job.pk)`."""

    def __init__(self, request: HttpRequest | Request) -> None:
        self._site = request.build_absolute_uri("/").removesuffix("/")

    def __call__(self, route: str, pk: UUID) -> str:
        """The absolute address of what a route with one id leads to."""
        return self._site + path_to(route, pk)


def addresses_of(request: HttpRequest | Request) -> Addresses:
    """The addresses of this request, made once."""
    found: Addresses | None = getattr(request, "addresses", None)
    if found is None:
        found = request.addresses = Addresses(request)  # type: ignore[union-attr]
    return found
