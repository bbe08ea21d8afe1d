"""Suspending users in the admin: on their page, or many of a list at once."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import REASON_LENGTH, User
from accounts.suspension import may_suspend
from generation import suspensions

NAMED = 20


class SuspensionForm(forms.Form):
    """Why somebody is suspended."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=REASON_LENGTH,
        help_text="For the eyes of staff: it stands on the user’s page and in the log. The user is not told.",
        widget=AdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "id_reason_helptext"}),
    )


class SuspensionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Two actions of the list, and a page for one user."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.suspension_page)
        own = path("<uuid:object_id>/suspension/", page, name="accounts_user_suspension")
        return [own, *super().get_urls()]

    def suspension_page(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Suspend this user, with a reason, or lift it."""
        user = self.get_queryset(request).filter(pk=object_id).first()
        if user is None:
            raise Http404("There is no such user.")
        if not (self.has_change_permission(request, user) and may_suspend(request.user, user)):
            raise PermissionDenied
        if not user.is_active:
            if request.method == "POST":
                self.lift_suspension(request, self.get_queryset(request).filter(pk=user.pk))
                return redirect("admin:accounts_user_change", user.pk)
            return self._page(request, [user], None, title="Lift the suspension", number=1)
        form = SuspensionForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._suspend(request, [user], form)
            return redirect("admin:accounts_user_change", user.pk)
        return self._page(request, [user], form, title="Suspend a user", number=1)

    @admin.action(description="Suspend selected users", permissions=["change"])
    def suspend(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Ask for the reason first."""
        form = SuspensionForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            self._suspend(request, users, form)
            return None
        number = users.count()
        title = "Suspend a user" if number == 1 else f"Suspend {number} users"
        return self._page(request, users[:NAMED], form, title=title, number=number)

    @admin.action(description="Lift the suspension of selected users", permissions=["change"])
    def lift_suspension(self, request: HttpRequest, users: QuerySet[User]) -> None:
        by, allowed = cast(User, request.user), self._allowed(request, users)
        lifted = sum(suspensions.lift(user=user, by=by) for user in allowed)
        self.message_user(request, f"Lifted the suspension of {lifted} of {len(users)} selected users.")

    @admin.display(description="suspended")
    def suspension(self, user: User) -> str:
        """Since when and why."""
        if user.suspended_at is None:
            return "No" if user.is_active else "Locked out"
        since = date_format(localtime(user.suspended_at), "DATETIME_FORMAT")
        return f"Since {since}: {user.suspension_reason}" if user.suspension_reason else f"Since {since}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        user = context.get("original")
        context["may_suspend"] = (
            user is not None and self.has_change_permission(request, user) and may_suspend(request.user, user)
        )
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def _suspend(self, request: HttpRequest, users: Any, form: SuspensionForm) -> None:
        by, reason = cast(User, request.user), form.cleaned_data["reason"]
        allowed = self._allowed(request, users)
        done = sum(suspensions.suspend(user=user, by=by, reason=reason) for user in allowed)
        self.message_user(request, f"Suspended {done} of {len(users)} selected users.", messages.SUCCESS)

    def _allowed(self, request: HttpRequest, users: Any) -> list[User]:
        """Those whom this member of staff may suspend; of others it is said that they were left."""
        allowed = [user for user in users if may_suspend(request.user, user)]
        if len(allowed) < len(users):
            left = "Nobody suspends themselves, and staff are suspended by superusers alone."
            self.message_user(request, left, messages.WARNING)
        return allowed

    def _page(
        self, request: HttpRequest, users: Any, form: SuspensionForm | None, *, title: str, number: int
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "users": users,
            "more": number - len(users),
            "form": form,
            "action": request.POST.get("action", ""),
            "select_across": request.POST.get("select_across", "0"),
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/suspension.html", context)
