"""The log of what staff have done in the admin, to look at."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.models import User
from generation.admin.read_only import NOTHING, ReadOnlyAdmin, moment
from musicgen.admin_lists import Owner, Typed, When, page_of
from musicgen.admin_lists.model_admin import any_of

MOST_STAFF = 50


def noted_users() -> list[UUID]:
    """Of whom there are lines, the first MOST_STAFF: a look into the index of their ids for each."""
    found: list[UUID] = []
    while len(found) < MOST_STAFF:
        rows = LogEntry.objects.filter(user_id__gt=found[-1]) if found else LogEntry.objects.all()
        pk = rows.order_by("user_id").values_list("user_id", flat=True).first()
        if pk is None:
            break
        found.append(pk)
    return found


class Staff(admin.SimpleListFilter):
    """By who has done it. Where there are very many, a link from a user's page finds the others."""

    title = "staff"
    parameter_name = "staff"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = User.objects.in_bulk(noted_users()).values()
        return sorted(((str(user.pk), str(user)) for user in staff), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What is none of the choices filters nothing."""
        chosen = self.value()
        known = any(chosen == key for key, _ in self.lookup_choices)
        return queryset.filter(user_id=chosen) if known else queryset


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who has done what to what, and when. Nobody adds, changes or deletes a line here."""

    list_display = ("when", "who", "what", "kind", "thing")
    list_filter = (Owner, Staff, When, "action_flag")
    list_select_related = ("user", "content_type")
    ordering = ("-action_time", "-id")
    time_field = "action_time"
    owner_path = "user"
    search_help_text = "The id of what it was done to or of who did it, or an e-mail address of staff"
    fields = ("when", "who", "what", "kind", "thing", "object_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return super().get_queryset(request).select_related("user", "content_type")

    def named(self, typed: Typed) -> Q | None:
        """Also by what it was done to, whose id stands here as text."""
        conditions = [Q(object_id__range=tuple(map(str, typed.ids)))] if typed.ids else []
        named = super().named(typed)
        return any_of([*conditions, named] if named is not None else conditions)

    @admin.display(ordering="action_time")
    def when(self, entry: LogEntry) -> SafeString:
        return moment(entry.action_time)

    @admin.display
    def who(self, entry: LogEntry) -> SafeString:
        return page_of(entry.user)

    @admin.display
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()

    @admin.display
    def kind(self, entry: LogEntry) -> str:
        return capfirst(entry.content_type.name) if entry.content_type else NOTHING

    @admin.display(description="to what")
    def thing(self, entry: LogEntry) -> SafeString | str:
        """With a link, also where it is gone by now: the page says so then."""
        url = entry.get_admin_url() if entry.object_id and not entry.is_deletion() else None
        return format_html('<a href="{}">{}</a>', url, entry.object_repr) if url else entry.object_repr
