"""How many requests a caller may make: `settings.API_RATE`.

It goes by user, however many tokens they have, and by address for guests and for those who are nobody.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import rates
from generation.api.rate_headers import note_standing
from musicgen.client_address import client_network

if TYPE_CHECKING:  # the views import this module, for the settings name it
    from rest_framework.views import APIView

# A process adds to the common count in steps of a hundredth of the rate: so much may each let through beyond it.
STEPS = 100


class CallerThrottle(BaseThrottle):
    """Counts a caller's requests in windows of fixed length, for all processes together (`accounts.rates`)."""

    _wait = 0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count this request, and say whether it is still within the rate."""
        standing = count_call(request._request, caller_of(request))
        self._wait = standing.wait
        return not standing.is_over

    def wait(self) -> float:
        """Seconds until the next window."""
        return self._wait


def count_call(request: HttpRequest, caller: str) -> rates.Standing:
    """Count a request of this caller, and have its answer tell how they stand."""
    standing = rates.count("api", caller, settings.API_RATE, steps=STEPS)
    note_standing(request, standing)
    return standing


def caller_of(request: Request | HttpRequest) -> str:
    """Whose request it is: a user's, or one of a guest or of nobody from an address."""
    user = request.user
    if user.is_authenticated and not user.is_guest:
        return user_caller(user.pk)
    return f"address:{client_network(request)}"


def user_caller(user_id: UUID) -> str:
    """Whose requests those of a user are, however many tokens they have."""
    return f"user:{user_id}"
