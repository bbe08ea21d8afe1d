"""The paths of things with an id, hundreds to a page: each route is looked up once, not once a thing."""

from functools import cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

_NOBODY = UUID(int=0)


def path_to(route: str, pk: UUID) -> str:
    """The path that `reverse(route, args=[pk])` gives, of a route with one id."""
    before, after = _around_id(route, get_script_prefix())
    return f"{before}{pk}{after}"


@cache
def _around_id(route: str, _script_prefix: str) -> tuple[str, str]:
    before, _, after = reverse(route, args=[_NOBODY]).partition(str(_NOBODY))
    return before, after
