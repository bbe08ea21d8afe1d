"""Pages that stay right while new things arrive, and that end: a cursor instead of a number."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from generation.api.problems import Problem
from generation.engines.request import FieldError
from generation.models.cursors import Cursor, in_order

CURSOR, PAGE_SIZE = "cursor", "page_size"
DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100


class CursorPages(BasePagination):
    """`{next, next_cursor, previous, previous_cursor, results}` in the order of the queryset's first field.

    A cursor or size that is none is a 400. Each page is one query.
    """

    _url = ""
    _next: Cursor | None = None
    _previous: Cursor | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        size = _page_size(request)
        ordering = _ordering(queryset)
        cursor = _cursor(request, queryset.model, ordering)
        rows = cursor.beyond(queryset) if cursor else in_order(queryset, ordering)
        found = list(rows[: size + 1])
        page, more = found[:size], len(found) > size
        backwards = cursor is not None and cursor.backwards
        if backwards:
            page.reverse()
        self._url = request.build_absolute_uri()
        if page:
            after, before = Cursor.at(page[-1], ordering), Cursor.at(page[0], ordering, backwards=True)
            self._next = after if backwards or more else None
            self._previous = before if (more if backwards else cursor) else None
        return page

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        return Response(
            {
                "next": self._link(self._next),
                "next_cursor": self._next and self._next.encode(),
                "previous": self._link(self._previous),
                "previous_cursor": self._previous and self._previous.encode(),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        def nullable(description: str, **more: str) -> dict[str, Any]:
            return {"type": ["string", "null"], "description": description, **more}

        properties = {
            "next": nullable("The following page. Null: this is the last.", format="uri"),
            "next_cursor": nullable("The `cursor` of the following page."),
            "previous": nullable("The page before. Null: this is the first.", format="uri"),
            "previous_cursor": nullable("The `cursor` of the page before."),
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
        cursor = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
        return [
            _parameter(CURSOR, "`next_cursor` or `previous_cursor` of a page.", cursor),
            _parameter(PAGE_SIZE, "How many at most.", size),
        ]

    def _link(self, cursor: Cursor | None) -> str | None:
        return None if cursor is None else replace_query_param(self._url, CURSOR, cursor.encode())


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _page_size(request: Request) -> int:
    asked = request.query_params.get(PAGE_SIZE)
    if asked is None:
        return DEFAULT_PAGE_SIZE
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= 3 and 1 <= int(asked) <= MAX_PAGE_SIZE):
        message = f"“{PAGE_SIZE}” must be a whole number from 1 to {MAX_PAGE_SIZE}."
        raise Problem.in_fields([FieldError(PAGE_SIZE, "out_of_range", message)])
    return int(asked)


def _ordering(queryset: models.QuerySet[Any]) -> str:
    return str((queryset.query.order_by or queryset.model._meta.ordering)[0])


def _cursor(request: Request, model: type[models.Model], ordering: str) -> Cursor | None:
    text = request.query_params.get(CURSOR)
    if text is None:
        return None
    kind = type(model._meta.get_field(ordering.removeprefix("-")))
    try:
        return Cursor.decode(text, ordering, kind)
    except ValueError as error:
        message = (
            "This cursor leads nowhere in this list. Follow the “next” of a page, or begin without a cursor."
        )
        raise Problem.in_fields([FieldError(CURSOR, "invalid", message)]) from error
