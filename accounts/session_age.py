"""How long one stays logged in: staff for a day after logging in, however busy; everybody else for a year."""

import time
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthentication
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.sessions import SINCE
from accounts.suspension import suspended_session


class AuthenticationMiddleware(DjangoAuthentication):
    """Django's, which asks for the user only where somebody wants to know; sessions of staff end."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast(User, SimpleLazyObject(lambda: _user_of(request)))


def _user_of(request: HttpRequest) -> Any:
    """Whose the session is. Of staff whose time is over it is ended, and nobody's.

    Raises Suspended, once: the page that says so is drawn for nobody. The session is kept, for it is all that a guest
    has when the suspension is lifted.
    """
    user = get_user(request)
    if not user.is_authenticated and (suspended := suspended_session(request)):
        request.user = AnonymousUser()
        is_log_out = request.method == "POST" and request.path == reverse("account_logout")
        if not (is_log_out and suspended.may_log_out):
            raise suspended
        request.session.flush()
    if not user.is_staff or is_fresh(request):
        return user
    request.session.flush()
    return AnonymousUser()


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session's login is no older than a session of staff may be. One that tells no time is older."""
    since = request.session.get(SINCE)
    return since is not None and time.time() < since + settings.STAFF_SESSION_HOURS * 3600
