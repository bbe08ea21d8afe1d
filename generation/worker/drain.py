"""The drain: a worker that is to end takes no new job, and hands back those that do not end within a grace.

All processes of the group see it, because it is kept in memory that they share by the fork.
"""

import multiprocessing
import time

# When the grace ends, in seconds of the monotonic clock; 0 while the worker is not to end.
_ends_at = multiprocessing.RawValue("d", 0.0)


def begin(grace: float) -> None:
    """Have the group end, within so many seconds. Only the first time counts."""
    _ends_at.value = _ends_at.value or time.monotonic() + grace


def has_begun() -> bool:
    """Whether no new job may be taken."""
    return bool(_ends_at.value)


def seconds_left() -> float:
    """How long the jobs in hand may still take; below zero when the grace is over."""
    return float(_ends_at.value) - time.monotonic()


def is_over() -> bool:
    """Whether the jobs in hand are to be handed back."""
    return has_begun() and seconds_left() < 0
