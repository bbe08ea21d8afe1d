"""The operator's pages as Django's ModelAdmin has them by itself: they count, sum and look everywhere."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet, Sum
from django.http import HttpRequest

from accounts.admin import UserAdmin
from generation.admin import JobAdmin, TrackAdmin


class Plain(admin.ModelAdmin):  # type: ignore[type-arg]
    """What a list does that nobody has thought about."""

    change_list_template = "admin/change_list.html"
    show_facets = admin.ShowFacets.ALLOW

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChangeList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return admin.ModelAdmin.get_search_results(self, request, queryset, search_term)


class PlainJobAdmin(Plain, JobAdmin):
    """Jobs."""

    list_filter = (
        "status",
        "call_state",
        "engine",
        ("genre", admin.AllValuesFieldListFilter),
        "error_code",
        "created_at",
    )
    search_fields = ("=id", "owner__email", "input__prompt")
    date_hierarchy = "created_at"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        answer = admin.ModelAdmin.changelist_view(self, request, extra_context)
        answer.context_data["cl"].queryset.aggregate(total=Sum("cost_usd"))  # type: ignore[attr-defined]
        return answer


class PlainTrackAdmin(Plain, TrackAdmin):
    """Tracks."""

    list_filter = (
        ("genre", admin.AllValuesFieldListFilter),
        "storage_type",
        "visibility",
        ("deleted_at", admin.EmptyFieldListFilter),
        "created_at",
    )
    search_fields = ("=id", "owner__email", "title", "prompt")
    date_hierarchy = "created_at"


class PlainUserAdmin(Plain, UserAdmin):
    """Users."""

    list_filter = ("is_guest", "is_staff", "is_active")
    search_fields = ("=id", "email")
    date_hierarchy = "date_joined"
