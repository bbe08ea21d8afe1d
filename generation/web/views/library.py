"""The library: all of one's own tracks."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.views.decorators.http import require_safe

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.titles import genre_title
from generation.composer.theory import KEY_NAMES
from generation.web.http import Request, wants_fragment
from generation.web.library_page import VIEWS, LibraryPage
from generation.web.library_query import SORTS, LibraryQuery
from generation.web.words import engine_title

VIEW_COOKIE = "library_view"
VIEW_KEPT_SECONDS = 365 * 24 * 60 * 60
FORM = "library-form"
# What a script asks for, by the id of the place that it is for.
PARTS = {"more": "components/library_cards.html", "results": "components/library_results.html"}
FORMS_KEPT = 256
_KEYS = [key for key in KEY_NAMES if key.endswith(("major", "minor"))]


@require_safe
def library(request: Request) -> HttpResponse:
    """Own tracks that have the words and pass the filters of the address, in its order; what is wrong in it is said.

    A script gets the part of it that it asks for.
    """
    query, left_out = LibraryQuery.of(request.GET)
    view = _view(request)
    page = LibraryPage(request.user, query, request.GET, view)
    context = {"page": page, "query": query, "view": view, "left_out": left_out}
    if wants_fragment(request) and request.htmx.target in PARTS:
        response = render(request, PARTS[request.htmx.target], context)
        if request.htmx.trigger == FORM:
            response["HX-Replace-Url"] = reverse("library") + (query.address if query.params else "")
        return response
    context["form"] = _form(query, view, tuple(settings.ENGINES), get_script_prefix())
    response = render(request, "pages/library.html", context)
    if request.GET.get("view") in VIEWS:
        response.set_cookie(
            VIEW_COOKIE,
            view,
            max_age=VIEW_KEPT_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _view(request: Request) -> str:
    for asked in (request.GET.get("view"), request.COOKIES.get(VIEW_COOKIE)):
        if asked in VIEWS:
            return asked
    return VIEWS[0]


@lru_cache(maxsize=FORMS_KEPT)
def _form(query: LibraryQuery, view: str, engines: tuple[str, ...], _script_prefix: str) -> str:
    """The head of the library, which is the same whenever the same is asked."""
    choices = {
        "request": {"path": reverse("library")},
        "query": query,
        "view": view,
        "genres": [(name, genre_title(name)) for name in GENRES],
        "keys": [(key, key) for key in _KEYS],
        "engines": [(alias, engine_title(alias)) for alias in engines],
        "sorts": [(name, words) for name, (words, _) in SORTS.items()],
        "views": [(name, name.capitalize()) for name in VIEWS],
    }
    return render_to_string("components/library_filters.html", choices)
