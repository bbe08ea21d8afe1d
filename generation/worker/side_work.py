"""Side work: what workers do beside orders, such as conversions, archives and deleting. It never holds orders up.

It has half of the workers of a group at most, and pauses while the storage fails: each try costs a worker seconds.
After a pause one try shows whether the storage is back. Archives take longest, and have a half of their own, lest
nothing else be made beside them. All processes of the group see that, because it is kept in
memory that they share by the fork.
"""

import multiprocessing
import time

from django.conf import settings

SHORTEST_PAUSE = 10.0
LONGEST_PAUSE = 300.0

# In seconds of the monotonic clock: since when the storage fails, 0 while it does not, and when to try again.
_failing_since = multiprocessing.RawValue("d", 0.0)
_paused_until = multiprocessing.RawValue("d", 0.0)


def has_room(at_work: int) -> bool:
    """Whether one more piece of side work may begin while so many workers are at some."""
    if _failing_since.value:
        return at_work == 0 and time.monotonic() >= _paused_until.value
    return at_work < max(1, settings.GENERATION_WORKERS // 2)


def note_failure() -> float:
    """Pause, because the storage fails in a way that may pass. Returns for how many seconds."""
    now = time.monotonic()
    _failing_since.value = _failing_since.value or now
    pause = pause_after(now - _failing_since.value)
    _paused_until.value = now + pause
    return pause


def note_success() -> None:
    """Go on as usual: the storage works."""
    _failing_since.value = _paused_until.value = 0.0


def pause_after(age: float) -> float:
    """How long to pause when the storage has failed for so many seconds."""
    return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, age / 4))
