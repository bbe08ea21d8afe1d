"""The paths of things with an id, hundreds to a page: each route is looked up once, not once a thing."""

from functools import lru_cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

# Stands for an id in what is the same for every id.
NOBODY = UUID(int=0)


def path_to(route: str, pk: UUID | None = None) -> str:
    """The path that `reverse` gives of a route with this one id, or without any."""
    if pk is None:
        return _path_of(route, get_script_prefix())
    before, after = around_id(route)
    return f"{before}{pk}{after}"


def around_id(route: str) -> tuple[str, str]:
    """What stands before and after the id in the paths of a route."""
    return _around_id(route, get_script_prefix())


@lru_cache(maxsize=256)
def _around_id(route: str, _script_prefix: str) -> tuple[str, str]:
    before, _, after = reverse(route, args=[NOBODY]).rpartition(str(NOBODY))
    return before, after


@lru_cache(maxsize=256)
def _path_of(route: str, _script_prefix: str) -> str:
    return reverse(route)
