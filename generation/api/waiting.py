"""`Prefer: wait=N` (RFC 7240): answer once the job has ended, if that is soon."""

import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request

from generation.api.headers import header
from generation.api.seats import Caller, NoneFree, Seats, TooManyOfCaller
from generation.models import Job
from generation.models.job_states import TERMINAL

# A request that waits holds a thread of the web process, of which there are eight: most must stay free for others,
# and one caller must not have all that may wait.
MAX_WAITING, MAX_WAITING_OF_CALLER = 4, 2
WAITING = Seats(per_caller=MAX_WAITING_OF_CALLER)


def preferred_wait(header: str) -> int | None:
    """The seconds that a `Prefer` header asks to wait. None: it does not ask, or not for a whole number above 0."""
    for preference in header.split(","):
        name, _, value = preference.split(";")[0].partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "wait" and value.isascii() and value.isdecimal():
            return int(value[:9]) or None
    return None


def asked_wait(request: Request) -> int | None:
    """The seconds that the request prefers to wait. None: it does not ask for that.

    To be read before anything is ordered: raises Problem (400) for a header that is too long.
    """
    return preferred_wait(header(request, "Prefer"))


def wait_as_asked(request: Request, job_id: UUID, asked: int | None) -> int | None:
    """Wait for a job of the caller's for as many seconds as `asked_wait` has read. None: none were asked.

    Returns for how many seconds at most it waited: `LONGEST_WAIT`, if more were asked, and 0 where as many requests
    wait as may, of all callers or of this one.
    """
    if asked is None:
        return None
    seconds = min(asked, settings.LONGEST_WAIT)
    try:
        seat = WAITING.take(Caller.of(request), MAX_WAITING)
    except (NoneFree, TooManyOfCaller):
        return 0
    try:
        wait_until_ended(job_id, seconds)
    finally:
        seat.give_back()
    return seconds


def wait_until_ended(
    job_id: UUID,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait at most so long for the job to end.

    Asks the database ten times a second at first, twice a second later; no transaction is open meanwhile.
    """
    end, pause = clock() + seconds, 0.1
    ended = Job.objects.filter(pk=job_id, status__in=TERMINAL)
    while (left := end - clock()) > 0 and not ended.exists():
        sleep(min(pause, left))
        pause = min(0.5, pause * 1.2)


def tell_wait(response: HttpResponseBase, granted: int | None) -> None:
    """Have the response say how long was waited at most, where the request asked for that."""
    if granted is not None:
        response["Preference-Applied"] = f"wait={granted}"
