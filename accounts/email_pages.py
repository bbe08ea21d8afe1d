"""The pages by which the e-mail of an account is changed."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import email_change, mail
from accounts.email_change import EmailChangeForm
from accounts.models import User
from musicgen.text_direction import isolated


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    """Ask for the new address and the password. With mail, the address is changed by the link that is sent there."""
    user = cast(User, request.user)
    if user.is_guest:
        return redirect("account_signup")
    form = EmailChangeForm(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    if mail.is_sent():
        email_change.ask_by_mail(request, user, email)
        return render(request, "account/email_sent.html", {"email": email})
    if not email_change.change(request, user, email):
        form.add_error("email", email_change.NOT_USABLE)
        return _page(request, form, status=422)
    messages.success(request, f"Your e-mail address is {isolated(email)} now.")
    return redirect("account")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, key: str) -> HttpResponse:
    """The page behind the link. A press changes the address, for what scans mail follows links by itself."""
    change = email_change.opened(key)
    if change is None:
        return render(request, "account/email_confirm.html", {"gone": True}, status=404)
    user, email = change
    if request.method != "POST":
        return render(request, "account/email_confirm.html", {"email": email})
    if not email_change.change(request, user, email):
        return render(request, "account/email_confirm.html", {"gone": True}, status=409)
    messages.success(request, f"Your e-mail address is {isolated(email)} now.")
    return redirect("account" if request.user.is_authenticated else "account_login")


def _page(request: HttpRequest, form: EmailChangeForm, *, status: int) -> HttpResponse:
    context = {"form": form, "sends_email": mail.is_sent()}
    return render(request, "account/email_change.html", context, status=status)
