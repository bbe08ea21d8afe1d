"""A stream for web servers that hand no connection over: its request holds a thread all the while."""

import time
from collections.abc import Callable, Iterator

from generation.api.seats import Seat
from generation.api.streams.feed import KEEP_ALIVE, OPENING, Feed
from generation.api.streams.hub import KEEP_ALIVE_SECONDS, LIFETIME_SECONDS
from generation.api.streams.readers import CHECK_SECONDS, Reader, still_allowed
from generation.api.streams.watcher import Watcher
from musicgen.handover import is_shutting_down

LOOK_SECONDS = 0.25


class Seated:
    """Pieces whose seat is free again once they are closed, or once nobody has them any more.

    A generator would not do: one that was never begun does nothing at its end.
    """

    def __init__(self, pieces: Iterator[bytes], seat: Seat) -> None:
        self._pieces = pieces
        self._seat = seat

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._seat.give_back()

    __del__ = close


def pieces_of(
    feed: Feed,
    reader: Reader,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bytes]:
    """The stream, until its job has ended, the reader may no longer read, an hour is over, or the site shuts down.

    Raises DatabaseError.
    """
    watcher = Watcher(clock)
    began = wrote_at = checked_at = clock()
    yield OPENING
    while clock() - began < LIFETIME_SECONDS and not is_shutting_down():
        news = feed.tell(watcher.look([feed]))
        if news or clock() - wrote_at >= KEEP_ALIVE_SECONDS:
            wrote_at = clock()
            yield news or KEEP_ALIVE
        if feed.is_over:
            return
        if clock() - checked_at >= CHECK_SECONDS:
            checked_at = clock()
            if not still_allowed([reader]):
                return
        sleep(LOOK_SECONDS)
