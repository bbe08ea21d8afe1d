"""The account pages: django-allauth's views, with what differs because guests are logged in too."""

from typing import Any

from allauth.account import app_settings, views
from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from accounts import login_limits, mail, sign_up_pages


class _RedirectAccountHoldersMixin:
    """Redirects who is logged in to an account to where they were going; guests see the page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_guest:
            return redirect(self.get_authenticated_redirect_url())  # type: ignore[attr-defined]
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


class LoginView(_RedirectAccountHoldersMixin, views.LoginView):
    """Logging in gives the account what the session's guest has made (`AccountAdapter.login`)."""

    def form_valid(self, form: Form) -> HttpResponse:
        """A visitor's session in which the code is still to come lasts no longer than the code is waited for."""
        response: HttpResponse = super().form_valid(form)
        if not self.request.user.is_authenticated:
            self.request.session.set_expiry(app_settings.LOGIN_TIMEOUT)
        return response


class SignupView(_RedirectAccountHoldersMixin, views.SignupView):
    """Signing up at once. A guest keeps the row, which becomes the account."""


def sign_up(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """By a link in a mail where the site sends any, else at once."""
    is_account = request.user.is_authenticated and not request.user.is_guest
    if mail.is_sent() and settings.SIGNUP_OPEN and not is_account:
        return sign_up_pages.ask(request)
    return SignupView.as_view()(request, *args, **kwargs)


class SendsEmailMixin:
    """Adds `sends_email` to the template's context: whether this site is configured to send any."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "sends_email": mail.is_sent()}


class PasswordResetView(SendsEmailMixin, views.PasswordResetView):
    """A mail with a link by which a new password is set. Where it could only be written to the log, there is none."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not mail.may_hold_links():
            status = 200 if request.method in ("GET", "HEAD") else 403
            return render(request, "account/password_reset_not_here.html", status=status)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


class PasswordResetDoneView(SendsEmailMixin, views.PasswordResetDoneView):
    """Says which address the mail with the link has gone to."""


class PasswordResetFromKeyView(views.PasswordResetFromKeyView):
    """The page behind that link: a new password is set, and this browser is known as the account's."""

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        login_limits.remember(response, self.reset_user.email)
        return response

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
