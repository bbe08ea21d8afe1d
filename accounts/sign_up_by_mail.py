"""Signing up where the site sends mail: the account is made by a link that goes to its address.

So the page answers the same whether or not there is an account with that address, and whoever sets an account's
password reads its mail. Until the link is followed nothing is stored, and who was a guest goes on as a guest. Where a
site sends no mail one signs up at once (`accounts.views.SignupView`).
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth import password_validation
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from accounts import rates
from accounts.login_limits import account_key
from accounts.models import User

SALT = "accounts.sign_up_by_mail"
LINK_SECONDS = 24 * 3600
# To one address: nobody's mailbox is to be filled from here. Beyond it nothing is sent, and nothing is said of it.
MAILS = ["5/hour"]


class AddressForm(forms.Form):
    """The address to which the link goes."""

    email = forms.EmailField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def clean_email(self) -> str:
        email: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        return email


class PasswordForm(forms.Form):
    """The password of the account that is being made."""

    password1 = forms.CharField(
        label="Password",
        strip=False,
        help_text=password_validation.password_validators_help_text_html(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = User(email=email)

    def clean_password1(self) -> str:
        password: str = get_adapter().clean_password(self.cleaned_data["password1"], self._user)
        return password


def ask_by_mail(request: HttpRequest, email: str) -> None:
    """Send the link by which the account is made, or word that there is one; the asker sees neither."""
    try:
        rates.check("sign-up mail", account_key(email), MAILS)
    except rates.TooOften:
        return
    adapter = get_adapter(request)
    if User.objects.filter(email__iexact=email).exists():
        links = {
            name: request.build_absolute_uri(reverse(f"account_{name}"))
            for name in ("login", "reset_password")
        }
        adapter.send_mail("account/email/signup_known", email, links)
        return
    link = request.build_absolute_uri(reverse("account_signup_confirm", args=[link_key(email)]))
    adapter.send_mail("account/email/signup_link", email, {"link": link, "hours": LINK_SECONDS // 3600})


def link_key(email: str) -> str:
    """What the link carries that makes an account of this address."""
    return signing.dumps(email, salt=SALT)


def opened(key: str) -> str | None:
    """The address of which a link makes an account. None: it is too old, was used, or is not one of ours."""
    try:
        email: str = signing.loads(key, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    return None if User.objects.filter(email__iexact=email).exists() else email


def make_account(request: HttpRequest, email: str, password: str) -> User | None:
    """Make the account and log it in. This browser's guest becomes it. None: somebody was quicker."""
    guest = request.user
    try:
        with transaction.atomic():
            if guest.is_authenticated and guest.is_guest:
                user = User.objects.get(pk=guest.pk)
                if not user.become_account(email, password):
                    return None
            else:
                user = User.objects.create_user(email, password)
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    except IntegrityError:
        return None
    get_adapter(request).login(request, user)
    return user
