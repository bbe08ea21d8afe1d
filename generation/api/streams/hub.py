"""All streams of a web process, held by one thread: it waits for the clients, and asks the database for all of them."""

import contextlib
import logging
import os
import queue
import random
import selectors
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from generation.api.streams.connection import Connection, Gone
from generation.api.streams.feed import KEEP_ALIVE, Feed
from generation.api.streams.readers import CHECK_SECONDS, Reader, still_allowed
from generation.api.streams.states import JobState
from generation.api.streams.watcher import Watcher
from musicgen.handover import at_shutdown

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.2
REST = 0.25
# A new stream hears at once how things stand; many that come together share a look.
SOON_SECONDS = 0.02
KEEP_ALIVE_SECONDS = 15.0
# Then a client connects anew, perhaps to another process, and misses nothing.
LIFETIME_SECONDS = 3600.0
DATABASE_AWAY_SECONDS = 2.0
# So many of those who were away for long are sent at once what has ended meanwhile; all others wait for no more.
CATCHING_UP_AT_ONCE = 10


@dataclass(eq=False)
class Stream:
    """One client that listens. `ended` is called once with the bytes that it was sent."""

    connection: Connection
    feed: Feed
    reader: Reader
    ended: Callable[[int], None]
    ends_at: float = field(
        default_factory=lambda: time.monotonic() + LIFETIME_SECONDS * random.uniform(0.8, 1.0)
    )


class Hub:
    """Holds streams, each without a thread and without a connection to the database.

    Its thread begins with the first stream. There is one watcher, and one connection, while there are streams.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._new: queue.SimpleQueue[Stream] = queue.SimpleQueue()
        self._is_closing = False
        self._wake_up, self._woken = -1, -1

    def hold(self, sock: socket.socket, feed: Feed, reader: Reader, ended: Callable[[int], None]) -> None:
        """Tell this client from now on what its feed is about, and close the connection at the end."""
        try:
            self._new.put(Stream(Connection(sock), feed, reader, ended))
        except OSError:  # it was closed before
            ended(0)
            return
        with self._lock:
            if self._thread is None:
                self._start()
        self._wake()

    def close_all(self, wait_seconds: float = 0.0) -> None:
        """End all streams at once, and those that come from now on; wait at most so long until that is done."""
        self._is_closing = True
        self._wake()
        thread = self._thread
        if thread is not None and wait_seconds:
            thread.join(wait_seconds)

    def _start(self) -> None:
        if self._wake_up < 0:
            self._woken, self._wake_up = os.pipe()
            os.set_blocking(self._woken, False)
            os.set_blocking(self._wake_up, False)
        at_shutdown(self.close_all)
        self._thread = threading.Thread(target=self._run, name="event-streams", daemon=True)
        self._thread.start()

    def _wake(self) -> None:
        if self._wake_up >= 0:
            with contextlib.suppress(BlockingIOError):  # it is full of calls to wake up
                os.write(self._wake_up, b"\0")

    def _run(self) -> None:
        shift = _Shift(self._new, self._woken)
        try:
            while not self._is_closing:
                shift.turn()
            shift.take_new()
            shift.end_all("the site is shutting down")
        except Exception:
            logger.exception("Event streams failed; their clients connect anew")
            shift.end_all("of an error")
        finally:
            shift.close()
            with self._lock:
                self._thread = None
                if not self._new.empty():
                    self._start()


class _Shift:
    """What the thread of a hub does, and all that it alone touches."""

    def __init__(self, new: "queue.SimpleQueue[Stream]", woken: int) -> None:
        self._new = new
        self._woken = woken
        self._streams: dict[Stream, None] = {}  # in the order of their coming
        self._watcher: Watcher | None = None
        self._next_look = self._next_check = 0.0
        self._database_is_away = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(woken, selectors.EVENT_READ)

    def turn(self) -> None:
        """Wait until something is to be done, and do it."""
        timeout = max(0.0, self._next_look - time.monotonic()) if self._streams else None
        for key, mask in self._selector.select(timeout):
            if key.data is None:
                os.read(self._woken, 4096)
            else:
                self._serve(key.data, mask)
        self.take_new()
        if self._streams and time.monotonic() >= self._next_look:
            self._look()
        if not self._streams and self._watcher is not None:
            self._watcher = None
            connection.close()

    def take_new(self) -> None:
        """Take over the streams that have come since."""
        while not self._new.empty():
            stream = self._new.get_nowait()
            self._streams[stream] = None
            self._selector.register(stream.connection.sock, selectors.EVENT_READ, stream)
            self._next_look = min(self._next_look, time.monotonic() + SOON_SECONDS)

    def end_all(self, why: str) -> None:
        for stream in list(self._streams):
            self._end(stream, why)

    def close(self) -> None:
        self._selector.close()
        connection.close()

    def _look(self) -> None:
        began = time.monotonic()
        try:
            if self._watcher is None:
                self._watcher = Watcher()
            streams = self._due()
            are_some_waiting = len(streams) < len(self._streams)
            states = self._watcher.look([stream.feed for stream in streams])
            if began >= self._next_check:
                self._check_readers()
                self._next_check = began + CHECK_SECONDS
        except (DatabaseError, InterfaceError) as error:
            self._wait_for_database(error)
        else:
            self._database_is_away = False
            self._tell(streams, states)
            took = time.monotonic() - began
            pause = SOON_SECONDS if are_some_waiting else LOOK_SECONDS - took
            # Where the database is slow, it is not asked all the time.
            self._next_look = time.monotonic() + max(pause, REST * took)
        self._keep_alive()

    def _due(self) -> list[Stream]:
        """The streams that the next look is for: all but those that catch up and have to wait for their turn."""
        late = [stream for stream in self._streams if stream.feed.is_catching_up]
        waiting = set(late[CATCHING_UP_AT_ONCE:])
        return [stream for stream in self._streams if stream not in waiting]

    def _tell(self, streams: Sequence[Stream], states: Sequence[JobState]) -> None:
        news: dict[Stream, list[JobState]] = {stream: [] for stream in streams if not stream.feed.is_primed}
        if states:
            about: defaultdict[UUID, list[Stream]] = defaultdict(list)
            for stream in streams:
                about[stream.feed.job_id or stream.feed.owner_id].append(stream)
            for state in states:
                for stream in (*about[state.id], *about[state.owner_id]):
                    news.setdefault(stream, []).append(state)
        for stream, heard in news.items():
            self._send(stream, stream.feed.tell(heard))
            if stream.feed.is_over:
                self._end(stream, "the job has ended")

    def _check_readers(self) -> None:
        allowed = still_allowed({stream.reader for stream in self._streams})
        for stream in list(self._streams):
            if stream.reader not in allowed:
                self._end(stream, "its reader is no longer allowed")

    def _keep_alive(self) -> None:
        now = time.monotonic()
        for stream in list(self._streams):
            if now >= stream.ends_at:
                self._end(stream, "it is to be opened anew")
            elif now - stream.connection.wrote_at >= KEEP_ALIVE_SECONDS:
                self._send(stream, KEEP_ALIVE)

    def _wait_for_database(self, error: Exception) -> None:
        if not self._database_is_away:
            logger.error("Event streams wait for the database: %s", " ".join(str(error).split()))
        self._database_is_away = True
        connection.close()
        # What a look had found when it broke off was sent to nobody, and who knows what happens until the next.
        self._watcher = None
        for stream in self._streams:
            stream.feed.is_primed = False
        self._next_look = time.monotonic() + DATABASE_AWAY_SECONDS

    def _serve(self, stream: Stream, mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ:
                stream.connection.check()
        except Gone as gone:
            self._end(stream, str(gone))
            return
        if mask & selectors.EVENT_WRITE:
            self._send(stream)

    def _send(self, stream: Stream, data: bytes = b"") -> None:
        if stream not in self._streams:
            return
        had_backlog = stream.connection.has_backlog
        if not (data or had_backlog):
            return
        try:
            stream.connection.send(data)
        except Gone as gone:
            self._end(stream, str(gone))
            return
        if stream.connection.has_backlog != had_backlog:
            mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.connection.has_backlog else 0)
            self._selector.modify(stream.connection.sock, mask, stream)

    def _end(self, stream: Stream, why: str) -> None:
        if stream not in self._streams:
            return
        del self._streams[stream]
        self._selector.unregister(stream.connection.sock)
        stream.connection.close()
        logger.debug("An event stream has ended: %s", why)
        stream.ended(stream.connection.sent)


HUB = Hub()
