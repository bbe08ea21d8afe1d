"""The account pages: django-allauth's views, with what differs because guests are logged in too."""

from typing import Any

from allauth.account import views
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect


class _AccountHoldersPassBy:
    """Sends those who already have an account on to where they were going; guests stay."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_guest:
            return redirect(self.get_authenticated_redirect_url())  # type: ignore[attr-defined]
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


class LoginView(_AccountHoldersPassBy, views.LoginView):
    """Log in."""


class SignupView(_AccountHoldersPassBy, views.SignupView):
    """Sign up; a guest's own row becomes the account."""


class MailSentMixin:
    """Gives the template `sends_email`: whether this site can send a mail at all."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "sends_email": bool(settings.EMAIL_URL)}


class PasswordResetView(MailSentMixin, views.PasswordResetView):
    """Ask for a link by which a new password can be set."""


class PasswordResetDoneView(MailSentMixin, views.PasswordResetDoneView):
    """Say where the link has gone."""


class PasswordResetFromKeyView(views.PasswordResetFromKeyView):
    """Set a new password, coming from that link."""

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
