"""The sender: one process beside the workers that delivers messages, so that no receiver holds up any music."""

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from generation.webhooks.delivery import Outcome, WebhookDelivery
from generation.webhooks.endpoint import KEY_CHANGED, LOCKED, SecretLost
from generation.webhooks.sending import BROKEN, Message, send
from musicgen.metrics.names import WEBHOOK_ATTEMPTS

logger = logging.getLogger(__name__)
# How often it looks for messages while it has nothing to do.
LOOK_SECONDS = 0.5
AWAY_SECONDS = 1.0
THREADS = 32
# The last places are for users of whom nothing is being sent, however many receivers of others hang.
KEPT_FREE = 8
PER_OWNER = 4
PER_ENDPOINT = 2


@dataclass(frozen=True, slots=True)
class _Sent:
    delivery: WebhookDelivery
    outcome: Outcome


class Sender:
    """Takes what is due, sends it in threads, and notes what came of it; all work with the database is in one thread.

    `owner` marks what this sender has in hand; `on_sign` is called again and again while it goes round, `should_end`
    asked as often: then nothing more is taken, and `is_over` says when what is on its way is left to another sender.
    """

    def __init__(
        self,
        owner: str,
        on_sign: Callable[[], None],
        should_end: Callable[[], bool],
        is_over: Callable[[], bool],
    ) -> None:
        self._owner = owner
        self._on_sign = on_sign
        self._should_end = should_end
        self._is_over = is_over
        self._threads = ThreadPoolExecutor(THREADS, "sender")
        self._done: queue.SimpleQueue[_Sent] = queue.SimpleQueue()
        self._unsaved: list[_Sent] = []
        self._in_hand: dict[UUID, WebhookDelivery] = {}
        self._is_away = False

    def run(self) -> None:
        """Deliver until it is to end; then wait for what is on its way."""
        while not self._should_end():
            self._round(takes_more=True)
        while self._in_hand and not self._is_over():
            self._round(takes_more=False)
        self._leave()

    def _round(self, *, takes_more: bool) -> None:
        self._on_sign()
        try:
            self._note()
            if takes_more:
                self._take()
        except (DatabaseError, InterfaceError):
            if not self._is_away:
                logger.warning("The sender cannot reach the database; trying again", exc_info=True)
            self._is_away = True
            connection.close()
            time.sleep(AWAY_SECONDS)
        else:
            self._is_away = False
        self._wait()

    def _wait(self) -> None:
        """Wait until something has been sent, or until it is time to look."""
        try:
            self._unsaved.append(self._done.get(timeout=LOOK_SECONDS))
            while True:
                self._unsaved.append(self._done.get_nowait())
        except queue.Empty:
            pass

    def _note(self) -> None:
        while self._unsaved:
            delivery, outcome = self._unsaved[0].delivery, self._unsaved[0].outcome
            if delivery.note(self._owner, outcome):
                WEBHOOK_ATTEMPTS.add(outcome.word)
                logger.info(
                    "Delivery %s to webhook %s: %s in %.2f s",
                    *(delivery.pk, delivery.endpoint_id),
                    *(outcome.status_code or outcome.error, outcome.duration),
                )
            del self._in_hand[delivery.pk]
            del self._unsaved[0]

    def _take(self) -> None:
        """Take what is due, as long as there is a place for it and nobody has too many."""
        while (places := THREADS - len(self._in_hand)) > 0 and WebhookDelivery.objects.all().anything_due(
            timezone.now()
        ):
            busy_owners, busy_endpoints = self._busy(places)
            due = WebhookDelivery.objects.due(
                timezone.now(), without_owners=busy_owners, without_endpoints=busy_endpoints
            )
            taken = 0
            for delivery in due.exclude(pk__in=self._in_hand)[:places]:
                taken += self._take_one(delivery)
            if not taken:
                return

    def _busy(self, places: int) -> tuple[list[UUID], list[UUID]]:
        """The owners and the endpoints of whom nothing more may be sent at present."""
        most = PER_OWNER if places > KEPT_FREE else 1
        owners = Counter(each.endpoint.owner_id for each in self._in_hand.values())
        endpoints = Counter(each.endpoint_id for each in self._in_hand.values())
        return (
            [owner for owner, count in owners.items() if count >= most],
            [endpoint for endpoint, count in endpoints.items() if count >= PER_ENDPOINT],
        )

    def _take_one(self, delivery: WebhookDelivery) -> bool:
        """Claim a message and begin to send it. False: it is not to be had, or its owner has too many on their way."""
        endpoint = delivery.endpoint
        owners, endpoints = self._busy(THREADS - len(self._in_hand))
        if endpoint.owner_id in owners or endpoint.pk in endpoints:
            return False
        now = timezone.now()
        if not delivery.claim(self._owner, now):
            return False
        if not (endpoint.is_enabled and endpoint.owner.is_active):
            return self._refuse(delivery, LOCKED)
        try:
            message = Message(delivery.pk, endpoint.url, delivery.body, endpoint.signing_secrets(now))
        except SecretLost:
            logger.warning("The secret of webhook %s is lost: SECRET_KEY has changed", endpoint.pk)
            return self._refuse(delivery, KEY_CHANGED)
        self._in_hand[delivery.pk] = delivery
        self._threads.submit(self._send, delivery, message)
        return True

    def _send(self, delivery: WebhookDelivery, message: Message) -> None:
        """Send a message, in a thread. Whatever goes wrong is a failed attempt: nothing stays in hand for ever."""
        at, began = timezone.now(), time.monotonic()
        try:
            outcome = send(message)
        except BaseException:  # in a thread of a pool nobody else would hear of it
            logger.exception("Delivery %s cannot be sent", delivery.pk)
            outcome = Outcome(at, time.monotonic() - began, error=BROKEN)
        self._done.put(_Sent(delivery, outcome))

    def _refuse(self, delivery: WebhookDelivery, reason: str) -> bool:
        """Do not send it: its webhook is disabled, if not before then now and for this reason."""
        delivery.endpoint.disable(reason)
        delivery.abandon()
        return True

    def _leave(self) -> None:
        """Leave what is still on its way to others, who send it again."""
        try:
            self._note()
            for delivery in self._in_hand.values():
                delivery.hand_back(self._owner)
        except (DatabaseError, InterfaceError):
            logger.warning("Deliveries on their way wait until others may take them", exc_info=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
