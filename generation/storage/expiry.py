"""How long signed URLs live, and the windows of time in which they stay the same."""

from typing import NamedTuple

DEFAULT_EXPIRE = 3600
MAX_EXPIRE = 7 * 24 * 3600  # the longest that S3 signs for


class Life(NamedTuple):
    """The span of time in which a URL is good: from `start` (Unix time) on for `seconds`."""

    start: int
    seconds: int

    @property
    def end(self) -> int:
        return self.start + self.seconds


def checked_expire(expire: int) -> int:
    """Return a lifetime in seconds as it is; raises ValueError unless it is 1 to 604800 (7 days)."""
    if not 1 <= expire <= MAX_EXPIRE:
        raise ValueError(f"A signed URL lives 1 to {MAX_EXPIRE} seconds, not {expire}.")
    return expire


def window_start(now: float, expire: int) -> int:
    """Return the instant (Unix seconds, at or before `now`) from which a URL signed now counts its life.

    A window is half of a life long: every process that signs within one gives the same URL, so a
    browser's cache works, and whoever gets the URL still has at least half of its life left.
    """
    window = max(1, expire // 2)
    return int(now // window) * window


def life_at(now: float, expire: int, end: float | None = None) -> Life:
    """Return the life of a URL signed now: `expire` seconds from its window's start, but never beyond `end`.

    `end` (Unix time, None: never) is when the keys that sign end, and every URL of theirs with them. As that
    comes near, windows are halved, so that still at least half of the life is left, and every process with
    the same keys still gives the same URL. Less than a second from the end, or after it, a life is 0 or less.
    """
    start = window_start(now, expire)
    if end is None or start + expire <= end:
        return Life(start, expire)
    window = expire
    while now - start > (int(end) - start) / 2 and window > 1:
        window //= 2
        start = window_start(now, window)
    return Life(start, int(end) - start)
