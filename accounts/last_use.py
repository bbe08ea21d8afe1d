"""When guests were last here: nothing tells apart a guest who will come back from one whose cookie is gone but that."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import User

NOTED_EVERY = timedelta(hours=1)


class LastUseMiddleware:
    """Notes that a guest was here, once an hour, and lets the cookie last from then on: it is all that a guest has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Only where the request has asked already who it is.
        if hasattr(request, "_cached_user") and _noted(request.user):
            request.session.modified = True
        return response


def _noted(user: User | AnonymousUser) -> bool:
    """Note it where that is due."""
    if not user.is_authenticated or not user.is_guest:
        return False
    return user.last_used_at < timezone.now() - NOTED_EVERY and user.note_use()
