"""The broker of the queue: keeps messages as rows, and hands each to the first idle worker that hears of it."""

import logging
import time
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, connections, transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from generation.queue.notifications import Notifications, notify

logger = logging.getLogger(__name__)
# How long one call of `dequeue` waits, so that its process can see that it is to end.
WAIT_SECONDS = 0.25
# How long it goes by notifications alone, and how often it looks where they do not arrive (a pool of connections
# between this process and PostgreSQL may swallow them).
LOOK_SECONDS = 1.0
POLL_SECONDS = 0.1
MOST_MISSED = 3
AWAY_SECONDS = 1.0


class MessageBroker(ORM):
    """django-q2's broker on the database, quicker and cheaper.

    A message that is handed out is gone. If it is lost with the process that had it, the reaper sends another:
    the rows of jobs and tracks are the truth. `due` is when a message that is sent may be handed out, by default now.
    """

    def __init__(self, list_key: str | None = None, *, due: datetime | None = None) -> None:
        super().__init__(list_key)
        self._due = due
        self._notifications = Notifications(Conf.ORM)
        self._look_at = 0.0
        self._expects_one = True
        self._missed = 0
        self._is_away = False

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        """The messages. Unlike django-q2's, this leaves the connection open: notifications arrive on it."""
        return OrmQ.objects.using(Conf.ORM)

    def enqueue(self, task: str) -> int:
        """Send a message, when the transaction around this commits."""
        with transaction.atomic(using=Conf.ORM):
            message: OrmQ = self.get_connection().create(
                key=self.list_key, payload=task, lock=self._due or timezone.now()
            )
            notify(Conf.ORM)
        return message.pk

    def dequeue(self) -> list[tuple[int, str]]:
        """Take the message that is due longest, or wait a moment for one: then there may be none."""
        try:
            notified = self._notifications.wait(min(WAIT_SECONDS, self._look_at - time.monotonic()))
            taken = self._look(notified) if notified or time.monotonic() >= self._look_at else []
        except (DatabaseError, InterfaceError):
            self._wait_for_database()
            return []
        self._is_away = False
        return taken

    def acknowledge(self, task_id: int) -> None:
        """Nothing to do: the message went when it was handed out."""

    def fail(self, task_id: int) -> None:
        """Nothing to do, either."""

    def _look(self, notified: bool) -> list[tuple[int, str]]:
        """Take the first message if it is due; else decide when to look again."""
        now = timezone.now()
        messages = self.get_connection().filter(key=self.list_key)
        first = messages.order_by("lock", "pk").values_list("pk", "lock", "payload").first()
        if notified:
            self._missed = 0
        if first is None or first[1] > now:
            pace = LOOK_SECONDS if self._missed < MOST_MISSED else POLL_SECONDS
            wait = pace if first is None else min(pace, (first[1] - now).total_seconds())
            self._look_at = time.monotonic() + wait
            self._expects_one = wait < pace
            return []
        if not notified and not self._expects_one:
            self._missed += 1
        self._look_at, self._expects_one = 0.0, True
        pk, _, payload = first
        return [(pk, payload)] if self._remove(pk) else []

    def _remove(self, pk: int) -> bool:
        """Delete a message in one statement. False: another process was faster, and the message is theirs."""
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(f"DELETE FROM {OrmQ._meta.db_table} WHERE id = %s", [pk])  # noqa: S608
            return bool(cursor.rowcount == 1)

    def _wait_for_database(self) -> None:
        if not self._is_away:
            logger.warning("The queue cannot reach the database; trying again", exc_info=True)
        self._is_away = True
        self._look_at = 0.0
        connections[Conf.ORM].close()
        time.sleep(AWAY_SECONDS)
