"""`Prefer: wait=N` (RFC 7240): answer once the job has ended, if that is soon."""

import threading
import time
from collections.abc import Callable

from generation.models import Job
from generation.models.job_states import TERMINAL

MAX_SECONDS = 60
# A request that waits holds a thread of the web process, of which there are eight: most must stay free for others.
_waiting_slots = threading.BoundedSemaphore(4)


def preferred_wait(header: str) -> int | None:
    """The seconds that a `Prefer` header asks to wait, at most 60. None: it does not ask, or not for a whole number."""
    for preference in header.split(","):
        name, _, value = preference.split(";")[0].partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "wait" and value.isascii() and value.isdecimal():
            return min(MAX_SECONDS, int(value[:9])) or None
    return None


def wait_until_ended(
    job: Job,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait at most so long for the job to end. False: it did not wait, because too many requests do so already.

    Asks the database ten times a second at first, twice a second later; no transaction is open meanwhile.
    """
    if not _waiting_slots.acquire(blocking=False):
        return False
    try:
        end, pause = clock() + seconds, 0.1
        ended = Job.objects.filter(pk=job.pk, status__in=TERMINAL)
        while (left := end - clock()) > 0 and not ended.exists():
            sleep(min(pause, left))
            pause = min(0.5, pause * 1.2)
    finally:
        _waiting_slots.release()
    return True
