"""The operator's lists as Django's ModelAdmin has them by itself: they count, sum and look everywhere."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Sum

from accounts.admin import UserAdmin
from accounts.models import User
from generation.admin import JobAdmin, TrackAdmin
from generation.models import Job, Track

FOUND = admin.AllValuesFieldListFilter


def plain_admin(model: type) -> Any:
    """The admin of this model with the columns that it has here, and all else as Django has it."""
    if model is Job:
        return _plain(
            JobAdmin,
            Job,
            list_filter=("status", "call_state", "engine", ("genre", FOUND), "error_code", "created_at"),
            search_fields=("=id", "owner__email", "input__prompt"),
            date_hierarchy="created_at",
            changelist_view=_view_with_sum,
        )
    if model is Track:
        deleted = ("deleted_at", admin.EmptyFieldListFilter)
        return _plain(
            TrackAdmin,
            Track,
            list_filter=(("genre", FOUND), "storage_type", "visibility", deleted, "created_at"),
            search_fields=("=id", "owner__email", "title", "prompt"),
            date_hierarchy="created_at",
        )
    return _plain(
        UserAdmin,
        User,
        list_filter=("is_guest", "is_staff", "is_active"),
        search_fields=("=id", "email"),
        date_hierarchy="date_joined",
    )


def _plain(ours: type[Any], model: type, **attributes: Any) -> Any:
    by_django = {
        "change_list_template": "admin/change_list.html",
        "show_facets": admin.ShowFacets.ALLOW,
        "get_changelist": lambda *_, **__: ChangeList,
        "get_search_results": admin.ModelAdmin.get_search_results,
        "action_checkbox": admin.ModelAdmin.action_checkbox,
    }
    return type(f"Plain{ours.__name__}", (ours,), {**by_django, **attributes})(model, admin.site)


def _view_with_sum(self: Any, request: Any, extra_context: Any = None) -> Any:
    answer: Any = admin.ModelAdmin.changelist_view(self, request, extra_context)
    answer.context_data["cl"].queryset.aggregate(total=Sum("cost_usd"))
    return answer
