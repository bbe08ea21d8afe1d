"""The base of the admin's pages of tables that may have a million rows."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet, UUIDField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from musicgen.admin_lists import window
from musicgen.admin_lists.change_list import BigChangeList
from musicgen.admin_lists.typed import MOST_FOUND, Typed


class BigTableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists that take the same time however many rows there are.

    A list reads a window of MOST_LISTED rows, in the order of an index (`BigChangeList`), and counts no further. A
    search looks at what was typed (`Typed`): an id goes by the primary key, an address by that of its user, and only
    words read rows, those of the window. An index over the order and all columns that are filtered by keeps filters
    that find little quick: PostgreSQL reads it alone.

    Give `time_field`, by which the list is ordered; `owner_path`, where the user of a row stands; `ids_in`, other
    columns with an index that hold ids; `codes_in`, such that hold ids of requests or calls; `words_in`, texts;
    `summed`, a column whose sum over the window is read with it.
    """

    time_field = "created_at"
    owner_path = ""
    ids_in: tuple[str, ...] = ()
    codes_in: tuple[str, ...] = ()
    words_in: tuple[str, ...] = ()
    summed = ""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/big_list.html"
    # What is searched says `found`; a list without any has no field to type in.
    search_fields: ClassVar[tuple[str, ...]] = ("pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BigChangeList]:
        return BigChangeList

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))
    def action_checkbox(self, obj: Any) -> SafeString:
        """Django's box, without a form and a template for each row: a sixth of the time of a page."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" '
            'aria-label="Select this object for an action - {}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            obj,
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        typed = Typed.of(search_term)
        if not typed.text:
            return queryset, False
        return queryset.filter(self.found(queryset, typed)), False

    def found(self, queryset: QuerySet[Any], typed: Typed) -> Q:
        """What rows must fulfil to be found. `queryset` is the list as it is filtered, in its order."""
        named = self.named(typed)
        if named is not None or typed.is_sure:
            return named if named is not None else Q(pk__in=[])
        return self.with_words(queryset, typed)

    def named(self, typed: Typed) -> Q | None:
        """The rows that an id, an address or a code names. None: there is none, so it may be a word."""
        rows = self.model._base_manager.all()
        own = ("pk",) if isinstance(self.model._meta.pk, UUIDField) else ()
        conditions = [Q(pk__in=keys) for path in (*own, *self.ids_in) if (keys := typed.keys(rows, path))]
        if self.owner_path and (owners := typed.owners()):
            conditions.append(Q(**{f"{self.owner_path}__in": owners}))
        codes = (rows.filter(**{path: typed.code}) for path in self.codes_in if typed.code)
        conditions.extend(Q(pk__in=keys) for named in codes if (keys := _first_keys(named)))
        return any_of(conditions)

    def with_words(self, queryset: QuerySet[Any], typed: Typed) -> Q:
        """Those of the window that have every word, each in one of the texts."""
        return Q(pk__in=window.with_words(queryset, typed.text.split(), self.words_in, MOST_FOUND))


def any_of(conditions: Iterable[Q]) -> Q | None:
    """That one of them holds. None where there are none."""
    either: Q | None = None
    for condition in conditions:
        either = condition if either is None else either | condition
    return either


def _first_keys(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.order_by().values_list("pk", flat=True)[:MOST_FOUND])
