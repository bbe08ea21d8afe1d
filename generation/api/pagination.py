"""Pages that stay right while new things arrive: a cursor instead of a number."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from generation.api.problems import Problem
from generation.engines.request import FieldError

MAX_PAGE_SIZE = 100


class CursorPages(CursorPagination):
    """`{next, previous, results}` in the order of the queryset. A cursor or size that is none is a 400."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    cursor_query_description = "Where the page begins: follow `next` and `previous` instead of making one."
    page_size_query_description = f"How many at most, 1 to {MAX_PAGE_SIZE}."

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DjangoValidationError, ValueError, OverflowError) as error:
            if "cursor" not in request.query_params:
                raise
            raise _bad_cursor() from error

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor: Cursor | None = super().decode_cursor(request)
        except NotFound as error:
            raise _bad_cursor() from error
        if cursor is not None and "\0" in str(cursor.position):
            raise _bad_cursor()
        return cursor

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get("page_size")
        if asked is None:
            return self.page_size
        if not (
            asked.isascii() and asked.isdecimal() and len(asked) <= 3 and 1 <= int(asked) <= MAX_PAGE_SIZE
        ):
            message = f"“page_size” must be a whole number from 1 to {MAX_PAGE_SIZE}."
            raise Problem.in_fields([FieldError("page_size", "out_of_range", message)])
        return int(asked)

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView | None
    ) -> tuple[str, ...]:
        asked = queryset.query.order_by or queryset.model._meta.ordering
        return (*(str(name) for name in asked), "-id")

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _bad_cursor() -> Problem:
    message = "This cursor leads nowhere. Follow the “next” of a page, or begin without a cursor."
    return Problem.in_fields([FieldError("cursor", "invalid", message)])
