"""Every address that the site answers at, from its resolver, with values to put into it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
# With `--short` everybody asks by these. The owner alone asks by the others, which no route knows or Django answers as
# it answers one of these.
FEW_METHODS = ("GET", "POST", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """An address with places for values: `/jobs/%(job_id)s/card`, the names of the values, and who answers there."""

    template: str
    names: tuple[str, ...]
    view: Callable[..., Any] = field(compare=False, repr=False)

    def address(self, values: Mapping[str, object]) -> str:
        """The address with these values in their places. Raises KeyError for one that is not there."""
        return self.template % {name: values[name] for name in self.names}

    def __str__(self) -> str:
        return self.template.replace("%(", "<").replace(")s", ">")


def all_routes() -> list[Route]:
    """Every route, once each."""
    return list(dict.fromkeys(_routes(get_resolver(), "")))


def _routes(resolver: URLResolver, before: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        regex = before + pattern.pattern.regex.pattern.removeprefix("^").removesuffix("\\Z").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, regex)
        elif isinstance(pattern, URLPattern):
            for template, names in normalize(regex):
                yield Route(f"/{template}", tuple(names), pattern.callback)
