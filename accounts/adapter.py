"""Where the account pages of django-allauth meet this site's users and guests."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.encoding import punycode

from accounts import login_limits, owner_mail, second_factor
from accounts.guests import adopt
from accounts.models import User
from accounts.rates import TooOften
from musicgen.client_address import client_address

UNKNOWN = "account/email/unknown_account"
SUSPENDED = "account/email/suspended"


class AccountAdapter(DefaultAccountAdapter):
    """A guest who signs up keeps the row; one who logs in to another account brings along what was made."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_OPEN)

    def clean_email(self, email: str) -> str:
        """Refuse, with a ValidationError, an address that is too long, or to which no mail can be sent."""
        User._meta.get_field("email").run_validators(email)
        try:
            punycode(email.rpartition("@")[2])
        except UnicodeError:
            raise ValidationError(EmailValidator.message) from None
        return email

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address by which logins and sign-ups are limited, the same as everywhere else."""
        return client_address(request)

    def new_user(self, request: HttpRequest) -> User:
        """The row that becomes the account: the guest's own if a guest signs up, else a new one."""
        user = request.user
        if user.is_authenticated and user.is_guest:
            return User.objects.get(pk=user.pk)
        return User()

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Store what the sign-up form holds.

        Raises ImmediateHttpResponse if the guest has become an account meanwhile, as by a second press.
        """
        if not user.is_guest:
            saved: User = super().save_user(request, user, form, commit)
            return saved
        if not user.become_account(form.cleaned_data["email"], form.cleaned_data["password1"]):
            raise ImmediateHttpResponse(redirect(settings.LOGIN_REDIRECT_URL))
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try. Raises ValidationError where the password was tried too often."""
        try:
            self._try = login_limits.try_password(request, credentials.get("email", ""))
        except TooOften:
            raise self.validation_error("too_many_login_attempts") from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Whose e-mail and password these are; a right one counts as no try. Raises ValidationError."""
        user: User | None = super().authenticate(request, **credentials)
        if user:
            self._try.take_back()
        return user

    def get_login_stages(self) -> list[str]:
        """What stands between the password and being logged in."""
        return ["accounts.login_stages.EnterStage"]

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """How to show once more who one is: by a code if there is a second factor, else by the password."""
        if not user.is_authenticated or user.is_guest:
            return []
        name = "mfa_reauthenticate" if second_factor.is_on(user) else "account_reauthenticate"
        return [{"id": name, "description": "", "url": reverse(name)}]

    def login(self, request: HttpRequest, user: User) -> None:
        """Log in. Everything that the session's guest has made becomes the user's."""
        guest = request.user
        if guest.is_authenticated and guest.is_guest and guest.pk != user.pk:
            adopt(guest, user)
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Answer who has logged in, whose browser is known from now on."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        login_limits.remember(response, user.email or "")
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail, whose templates know the name of this site as `site_name`.

        To who is suspended, an account that is none for allauth, it is said so in place of there being none.
        """
        if template_prefix == UNKNOWN and User.objects.suspended().filter(email=email.lower()).exists():
            template_prefix = SUSPENDED
        super().send_mail(template_prefix, email, {**context, "site_name": settings.SITE_NAME})

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the owner of an account that its password or second factor was changed."""
        owner_mail.tell(user, template_prefix, address=email, **(context or {}))
