"""How many requests a caller may make: `settings.API_RATE` per token, or per user for the site's session."""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

if TYPE_CHECKING:  # the views import this module, for the settings name it
    from rest_framework.views import APIView


class CallerThrottle(BaseThrottle):
    """Counts a caller's requests in windows of fixed length. Counting is atomic, so exact where the cache is shared."""

    _left = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count this request, and say whether it is still within the rate."""
        allowed, seconds = SimpleRateThrottle.parse_rate(self, settings.API_RATE)  # type: ignore[arg-type]
        if allowed is None or seconds is None:
            return True
        now = time.time()
        window = int(now // seconds)
        self._left = (window + 1) * seconds - now
        return _count(f"api:{self._caller(request)}:{window}", timeout=2 * seconds) <= allowed

    def wait(self) -> float:
        """Seconds until the next window."""
        return self._left + 1

    def _caller(self, request: Request) -> str:
        token_id = getattr(request.auth, "pk", None)
        return f"token:{token_id}" if token_id else f"user:{request.user.pk or self.get_ident(request)}"


def _count(key: str, *, timeout: int) -> int:
    """This request's number among those under the key."""
    cache.add(key, 0, timeout)
    try:
        return int(cache.incr(key))
    except ValueError:  # a full cache threw the key out just now
        cache.set(key, 1, timeout)
        return 1
