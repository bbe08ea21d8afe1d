"""Changing the e-mail of an account: at once where the site sends no mail, else by a link sent to the new address.

An account has one address. django-allauth's own way keeps the new one as a second row until it is confirmed, and takes
the present one for it where that was never confirmed, as here, where signing up confirms nothing. So the link itself
carries the change, signed; until it is followed nothing is stored.
"""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from accounts import mail, owner_mail
from accounts.models import User
from accounts.password_again import PasswordAgainForm
from musicgen.keys import site_keys

SALT = "accounts.email_change"
LINK_SECONDS = 24 * 3600
NOT_USABLE = "This address cannot be used. Give another one."


class EmailChangeForm(PasswordAgainForm):
    """The new address, and the password again."""

    email = forms.EmailField(
        label="New e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    field_order = ("email", "password")

    def clean_email(self) -> str:
        email: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        if email == self.user.email:
            raise forms.ValidationError("This is your address already.")
        return email


def ask_by_mail(request: HttpRequest, user: User, email: str) -> None:
    """Send the link by which the new address is confirmed, or word that it has an account; the asker sees neither."""
    adapter = get_adapter(request)
    if User.objects.filter(email__iexact=email).exists():
        adapter.send_mail("account/email/email_has_account", email, {})
        return
    address = reverse("account_email_confirm", args=[link_key(user, email)])
    link = request.build_absolute_uri(address)
    adapter.send_mail("account/email/email_change", email, {"link": link, "hours": LINK_SECONDS // 3600})


def opened(key: str) -> tuple[User, str] | None:
    """Whose address a link changes, and to what. None: it is too old, was used, or is not one of ours."""
    try:
        pk, email, state = signing.loads(key, salt=SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    user = User.objects.filter(pk=pk, is_active=True, is_guest=False).first()
    return (user, email) if user is not None and _is_state_of(user, state) else None


def change(request: HttpRequest, user: User, email: str) -> bool:
    """Change the address, and tell the old one where the site sends mail. False: another account has it, or this one
    has changed its own meanwhile."""
    old = user.email
    try:
        with transaction.atomic():
            if not User.objects.filter(pk=user.pk, email=old, deleted_at=None).update(email=email):
                return False
            EmailAddress.objects.filter(user=user).delete()
            verified = mail.is_sent()
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    except IntegrityError:
        return False
    user.email = email
    owner_mail.tell(user, "account/email/email_changed", address=old, new_email=email)
    return True


def link_key(user: User, email: str) -> str:
    """What the link carries that changes this user's address to that one."""
    return signing.dumps([str(user.pk), email, _state(user)], salt=SALT)


def _is_state_of(user: User, state: str) -> bool:
    return any(constant_time_compare(_state(user, key), state) for key in site_keys())


def _state(user: User, key: str | None = None) -> str:
    """Another one once the address or the password was changed, so that a link works once and not after either."""
    return signing.Signer(key=key, salt=SALT).signature(f"{user.email}:{user.password}")[:16]
