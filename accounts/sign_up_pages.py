"""The pages of signing up where the site sends mail."""

from allauth.account.internal.templatekit import get_entrance_context_data
from allauth.decorators import rate_limit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import login_limits, sign_up_by_mail


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")  # type: ignore[untyped-decorator]
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and say that a mail has gone there, whatever was in it."""
    form = sign_up_by_mail.AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        sign_up_by_mail.ask_by_mail(request, email)
        return render(request, "account/signup_sent.html", {"email": email})
    context = {**get_entrance_context_data(request), "form": form, "sends_email": True}
    return render(request, "account/signup.html", context, status=422 if form.is_bound else 200)


@sensitive_post_parameters("password1")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, key: str) -> HttpResponse:
    """The page behind the link: the password is set, and with it the account is made."""
    email = sign_up_by_mail.opened(key)
    if email is None or not settings.SIGNUP_OPEN:
        return render(request, "account/signup_confirm.html", {"gone": True}, status=404)
    form = sign_up_by_mail.PasswordForm(email, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"form": form, "email": email}
        return render(request, "account/signup_confirm.html", context, status=422 if form.is_bound else 200)
    if not sign_up_by_mail.make_account(request, email, form.cleaned_data["password1"]):
        return render(request, "account/signup_confirm.html", {"gone": True}, status=409)
    response = redirect(settings.LOGIN_REDIRECT_URL)
    login_limits.remember(response, email)
    return response
