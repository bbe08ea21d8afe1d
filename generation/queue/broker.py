"""The broker of the queue: keeps messages as rows, and hands each to the first idle worker that hears of it."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

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
# The list of messages about side work, beside that of orders.
SIDE = f"{Conf.CLUSTER_NAME}-side"
# How often it looks while side work waits for room.
SIDE_LOOK_SECONDS = 0.05
# So many orders at most are handed out while side work waits that has room: else it would wait for ever.
MOST_ORDERS_IN_A_ROW = 8


class _Message(NamedTuple):
    pk: int
    due: datetime
    payload: str


def _always() -> bool:
    return True


class MessageBroker(ORM):
    """django-q2's broker on the database, quicker and cheaper, with two lists: orders come before side work.

    A message that is handed out is gone. If it is lost with the process that had it, the reaper sends another:
    the rows of jobs and tracks are the truth. `due` is when a message that is sent may be handed out, by default now;
    `has_room_for_side_work` is asked before a message of that list is handed out.
    """

    def __init__(
        self,
        list_key: str | None = None,
        *,
        due: datetime | None = None,
        has_room_for_side_work: Callable[[], bool] = _always,
    ) -> None:
        super().__init__(list_key)
        self._due = due
        self._has_room_for_side_work = has_room_for_side_work
        self._orders_in_a_row = 0
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
        """Take the order that is due longest, else side work, or wait a moment for one: then there may be none."""
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
        """Take a message if one is due and may be had; else decide when to look again."""
        now = timezone.now()
        if notified:
            self._missed = 0
        order, side = self._first(self.list_key), None
        is_due = order is not None and order.due <= now
        if not is_due or self._orders_in_a_row >= MOST_ORDERS_IN_A_ROW:
            side = self._first(SIDE)
        if side is not None and side.due <= now and self._has_room_for_side_work():
            chosen, self._orders_in_a_row = side, 0
        elif order is not None and is_due:
            chosen, self._orders_in_a_row = order, self._orders_in_a_row + 1
        else:
            self._look_later(now, [message for message in (order, side) if message is not None])
            return []
        if not notified and not self._expects_one:
            self._missed += 1
        self._look_at, self._expects_one = 0.0, True
        return [(chosen.pk, chosen.payload)] if self._remove(chosen.pk) else []

    def _first(self, list_key: str) -> _Message | None:
        messages = self.get_connection().filter(key=list_key).order_by("lock", "pk")
        found = messages.values_list("pk", "lock", "payload").first()
        return None if found is None else _Message(*found)

    def _look_later(self, now: datetime, waiting: list[_Message]) -> None:
        """These are not due, or there is no room for them."""
        pace = LOOK_SECONDS if self._missed < MOST_MISSED else POLL_SECONDS
        waits = [max(SIDE_LOOK_SECONDS, (message.due - now).total_seconds()) for message in waiting]
        wait = min([pace, *waits])
        self._look_at = time.monotonic() + wait
        self._expects_one = wait < pace

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
