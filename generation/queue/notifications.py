"""How a process hears that another one has sent a message: by PostgreSQL's NOTIFY, or by a look at SQLite's file."""

import select
import time
from typing import Any

from django.db import connections
from psycopg import Notify

CHANNEL = "generation_messages"
FILE_LOOK_SECONDS = 0.03


def notify(using: str) -> None:
    """Notify all who listen, when the transaction around this commits, that there is a new message."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


class Notifications:
    """The notifications that one process gets on its own connection to the database."""

    def __init__(self, using: str) -> None:
        self._connection = connections[using]
        self._wait = (
            self._wait_for_notification if self._connection.vendor == "postgresql" else self._wait_for_change
        )
        self._listening_on: object = None
        self._is_notified = False
        self._seen: tuple[object, int] | None = None

    def wait(self, seconds: float) -> bool:
        """Wait until there may be a new message, at most so long. False: nothing has come."""
        return self._wait(max(0.0, seconds))

    def _wait_for_notification(self, seconds: float) -> bool:
        self._connection.ensure_connection()
        raw = self._connection.connection
        if raw is not self._listening_on:
            raw.add_notify_handler(self._note)  # for what arrives with the answer to a query
            with self._connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening_on, self._is_notified = raw, True  # what was sent before is not known
        with self._connection.wrap_database_errors:
            self._collect(raw)
            if not self._is_notified:
                # psycopg's own generator of notifications wakes ten times a second.
                select.select([raw], [], [], seconds)
                self._collect(raw)
        notified, self._is_notified = self._is_notified, False
        return notified

    def _collect(self, raw: Any) -> None:
        raw.pgconn.consume_input()
        while raw.pgconn.notifies():
            self._is_notified = True

    def _note(self, notice: Notify) -> None:
        self._is_notified = True

    def _wait_for_change(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._has_changed():
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, FILE_LOOK_SECONDS))
        return True

    def _has_changed(self) -> bool:
        """Whether another process has written to the SQLite database: cheaper than to look for messages."""
        self._connection.ensure_connection()
        raw = self._connection.connection
        with self._connection.wrap_database_errors:
            # On SQLite's own connection: Django's cursor costs ten times as much.
            (version,) = raw.execute("PRAGMA data_version").fetchone()
        before, self._seen = self._seen, (raw, version)  # each connection counts for itself
        return self._seen != before
