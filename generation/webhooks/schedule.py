"""When a delivery that failed is tried again: over about three days, and then no more."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

_MINUTE, _HOUR = 60.0, 3600.0
# Seconds after the first, second … failed attempt, as Standard Webhooks suggests. The first is made at once.
DELAYS = (
    *(5.0, 5 * _MINUTE, 30 * _MINUTE),
    *(2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR),
)
MAX_ATTEMPTS = len(DELAYS) + 1
SPREAD = 0.1
# How long a receiver may ask to be left alone.
LONGEST_WAIT = timedelta(hours=24)
# An endpoint at which nothing has arrived for so long is disabled when a delivery has used up its attempts.
GIVEN_UP_AFTER = timedelta(days=2)


def next_delay(
    failed: int, retry_after: float | None = None, draw: Callable[[], float] = random.random
) -> float | None:
    """Seconds to wait after failed attempt number `failed`, from 1. None: it was the last.

    The delay is spread by a tenth either way; `draw` gives a number from 0 to 1. A receiver may ask by `retry_after`
    for more, up to a day.
    """
    if failed > len(DELAYS):
        return None
    delay = DELAYS[failed - 1] * (1 - SPREAD + 2 * SPREAD * draw())
    return max(delay, min(retry_after or 0.0, LONGEST_WAIT.total_seconds()))


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """The seconds that a `Retry-After` asks for, as a number or as a date. None where it asks for neither.

    Raises nothing, whatever a receiver writes.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return None if timezone.is_naive(moment) else max(0.0, (moment - now).total_seconds())
    except Exception:  # for years and zones beyond all bounds, the parser's errors are of many kinds
        return None
