"""The pages of the second factor: django-allauth's, for those who have an account."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, cast

from allauth.account.views import BaseReauthenticateView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.forms import Field, Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import second_factor, sessions
from accounts.login_stages import EnterStage
from accounts.models import User

View = Callable[..., HttpResponseBase]
# How long a code of an app is good, from first to last.
CODE_SECONDS = 30 * (2 * settings.MFA_TOTP_TOLERANCE + 1)


def of_account(view: View) -> View:
    """A view for those who have an account. A guest signs up first, and nothing of it is kept by anybody."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and request.user.is_guest:
            return redirect("account_signup")
        return view(request, *args, **kwargs)

    return never_cache(login_required(guarded))


class OnceMixin:
    """Refuses a code that was used: django-allauth remembers one for 30 seconds, and it is good for longer."""

    user: User
    fields: dict[str, Field]
    cleaned_data: dict[str, str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean_code(self) -> str:
        typed = "".join(self.cleaned_data["code"].split())
        key = f"code:{sha256(f'{self.user.pk} {typed}'.encode()).hexdigest()}"
        if cache.get(key):
            raise get_adapter().validation_error("incorrect_code")
        code: str = super().clean_code()  # type: ignore[misc]
        cache.set(key, True, CODE_SECONDS)
        return code


class EnterForm(OnceMixin, AuthenticateForm):
    """The code after the password, of the app or a recovery code."""


class AgainForm(OnceMixin, ReauthenticateForm):
    """The code once more, before something is changed."""


@of_account
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Whether there is one, and what can be done about it."""
    user = cast(User, request.user)
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    context = {
        "since": Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first(),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "is_missing": second_factor.is_missing(user),
    }
    return render(request, "mfa/index.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for the code of somebody whose password was right. Until then a guest goes on as that guest."""
    stage = EnterStage.of(request)
    if stage is None:
        return redirect("account_login")
    form = EnterForm(user=stage.login.user, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        response: HttpResponse = stage.exit()
        request.session.set_expiry(settings.SESSION_COOKIE_AGE)
        return response
    return render(request, "mfa/authenticate.html", {"form": form}, status=422 if form.is_bound else 200)


class AgainView(BaseReauthenticateView):
    """Ask for a code once more."""

    form_class = AgainForm
    template_name = "mfa/reauthenticate.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: AgainForm) -> HttpResponse:
        form.save()
        response: HttpResponse = super().form_valid(form)
        return response


@method_decorator(of_account, name="dispatch")
class SetUpView(ActivateTOTPView):
    """Have an app learn the secret, and show by a code of it that it has. All other sessions end."""

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        sessions.end_others(self.request)
        return response
