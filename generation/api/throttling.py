"""How many requests a caller may make: `settings.API_RATE`.

It goes by user, however many tokens they have, and by address for guests and for those who are nobody.
"""

from typing import TYPE_CHECKING

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
        standing = rates.count("api", caller_of(request), settings.API_RATE, steps=STEPS)
        note_standing(request._request, standing)
        self._wait = standing.wait
        return not standing.is_over

    def wait(self) -> float:
        """Seconds until the next window."""
        return self._wait


def caller_of(request: Request | HttpRequest) -> str:
    """Whose request it is: a user's, or one of a guest or of nobody from an address."""
    user = request.user
    if user.is_authenticated and not user.is_guest:
        return f"user:{user.pk}"
    return f"address:{client_network(request)}"
