"""The account pages: django-allauth's views, with what differs because guests are logged in too."""

from typing import Any

from allauth.account import views
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect


class _RedirectAccountHoldersMixin:
    """Redirects who is logged in to an account to where they were going; guests see the page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_guest:
            return redirect(self.get_authenticated_redirect_url())  # type: ignore[attr-defined]
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


class LoginView(_RedirectAccountHoldersMixin, views.LoginView):
    """Logging in gives the account what the session's guest has made (`AccountAdapter.login`)."""


class SignupView(_RedirectAccountHoldersMixin, views.SignupView):
    """A guest who signs up keeps the row, which becomes the account."""


class SendsEmailMixin:
    """Adds `sends_email` to the template's context: whether this site is configured to send any."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "sends_email": bool(settings.EMAIL_URL)}


class PasswordResetView(SendsEmailMixin, views.PasswordResetView):
    """A mail with a link by which a new password is set."""


class PasswordResetDoneView(SendsEmailMixin, views.PasswordResetDoneView):
    """Says which address the mail with the link has gone to."""


class PasswordResetFromKeyView(views.PasswordResetFromKeyView):
    """The page behind that link: a new password is set."""

    def logout(self) -> None:
        """End the session of another account, as the link is for this one; never a guest's, who would lose all."""
        if not self.request.user.is_guest:
            super().logout()


class PasswordChangeView(views.PasswordChangeView):
    """Change the password. Who has none is a guest, and gets one by signing up."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect("account_signup")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response
