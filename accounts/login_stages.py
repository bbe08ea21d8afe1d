"""What stands between a right password and being logged in."""

from typing import Self

from allauth.account import views  # noqa: F401  before the next, which is in a circle of imports with it
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import second_factor


class EnterStage(LoginStage):
    """The code, of those who have a second factor."""

    key = "mfa_authenticate"
    urlname = "mfa_authenticate"

    @classmethod
    def of(cls, request: HttpRequest) -> Self | None:
        """The stage at which this request's login stands, if it is this one."""
        stage = LoginStageController.enter(request, cls.key)
        return stage if isinstance(stage, cls) and second_factor.is_on(stage.login.user) else None

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not second_factor.is_on(self.login.user):
            return None, True
        # A log-in that goes no further leaves a session behind, which is nobody's and must not tell who it was.
        self.login.email = None
        session = self.request.session
        records = session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**each, "email": None} for each in records]
        return redirect("mfa_authenticate"), True
