"""A list of the admin that reads its window alone."""

from functools import cached_property, partial
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest

from musicgen.admin_lists.filters import UNTIL, Chip
from musicgen.admin_lists.window import MOST_LISTED, Window


class BigChangeList(ChangeList):
    """The pages of a window of what is filtered. Sorted by another column than its time, it is the window that is
    sorted: the newest rows. What is older is reached by a time (`When`), an owner or a search."""

    model_admin: Any  # a BigTableAdmin
    window: Window
    most_listed = f"{MOST_LISTED:,}"

    def get_results(self, request: HttpRequest) -> None:
        self.is_newest_first, order, sorted_by = self._orders(request)
        # Whether all are to be shown at once is known once they are counted: a page may be as long as that.
        per_page = self.list_max_show_all if self.show_all else self.list_per_page
        page = 1 if self.show_all else max(1, self.page_num)
        summed = self.model_admin.summed
        read = partial(Window.page, self.queryset, order, sorted_by=sorted_by, summed=summed)
        self.window = read(number=page, per_page=per_page)
        self.result_count = self.window.count
        self.can_show_all = self.result_count <= self.list_max_show_all
        if self.show_all and not self.can_show_all:
            self.window = read(number=1, per_page=self.list_per_page)
        self.multi_page = self.result_count > self.list_per_page
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.paginator = Paginator(range(int(self.result_count)), self.list_per_page)
        if self.page_num < 1 or (page > 1 and not self.window.keys):
            raise IncorrectLookupParameters(f"There is no page {self.page_num}.")
        keys = list(self.window.keys)
        rows = self.apply_select_related(self.root_queryset).in_bulk(keys) if keys else {}
        self.result_list = [rows[key] for key in keys if key in rows]

    @cached_property
    def chips(self) -> list[Chip]:
        """What narrows the list and is not seen among its filters."""
        return [chip for spec in self.filter_specs for chip in getattr(spec, "chips", lambda _: ())(self)]

    @cached_property
    def older(self) -> str:
        """The address of the list of what comes after the window, empty where nothing does."""
        last = self.window.last if self.is_newest_first and self.model_admin.time_field else None
        return self.get_query_string({UNTIL: last.isoformat()}) if last else ""

    def _orders(self, request: HttpRequest) -> tuple[bool, list[str], list[str]]:
        """Whether the newest come first; the order in which the window is read; that in which it is shown, or none."""
        own = [str(term) for term in self._get_deterministic_ordering(self._get_default_ordering())]  # type: ignore[attr-defined]
        asked = [str(term) for term in self.get_ordering(request, self.queryset)]
        if not asked or asked[0] == own[0]:
            return True, own, []
        if asked[0] == _turned(own[0]):
            return False, [_turned(term) for term in own], []
        return False, own, asked


def _turned(term: str) -> str:
    return term[1:] if term.startswith("-") else f"-{term}"
