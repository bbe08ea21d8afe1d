"""The paths of things with an id, hundreds to a page: each route is looked up once, not once a thing."""

from functools import lru_cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

_NOBODY = UUID(int=0)


def path_to(route: str, pk: UUID) -> str:
    """The path that `reverse(route, args=[pk])` gives, of a route with one id."""
    before, after = around_id(route)
    return f"{before}{pk}{after}"


def around_id(route: str) -> tuple[str, str]:
    """What stands before and after the id in the paths of a route."""
    return _around_id(route, get_script_prefix())


@lru_cache(maxsize=256)
def _around_id(route: str, _script_prefix: str) -> tuple[str, str]:
    before, _, after = reverse(route, args=[_NOBODY]).rpartition(str(_NOBODY))
    return before, after
