"""The sender: what is due arrives, whoever hangs holds up nobody else, and an outage loses nothing."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import User
from generation.models import WebhookDelivery
from generation.tests.working import wait_until
from generation.webhooks import sender as senders
from generation.webhooks import sending
from generation.webhooks.delivery import LEASE, WebhookDeliveryQuerySet
from generation.webhooks.endpoint import GONE, KEY_CHANGED, LOCKED
from generation.webhooks.sender import PER_ENDPOINT, PER_OWNER, THREADS, Sender
from generation.webhooks.tests import receiver as receivers
from generation.webhooks.tests.conftest import delivery_to, endpoint_of
from generation.webhooks.tests.receiver import answering

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = "host:1:me"


class Running:
    """A sender in a thread, and what is asked of it."""

    def __init__(self) -> None:
        self.ending, self.is_over, self.signs = threading.Event(), threading.Event(), 0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            Sender(OWNER, self._on_sign, self.ending.is_set, self.is_over.is_set).run()
        finally:
            connection.close()

    def _on_sign(self) -> None:
        self.signs += 1

    def start(self) -> None:
        self._thread.start()

    def end(self, *, at_once: bool = False) -> None:
        self.ending.set()
        if at_once:
            self.is_over.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def started() -> Iterator[Callable[[], Running]]:
    """Start a sender, which ends with the test."""
    running: list[Running] = []

    def start() -> Running:
        running.append(Running())
        running[-1].start()
        return running[-1]

    yield start
    for each in running:
        each.end(at_once=True)


def status_of(delivery: WebhookDelivery) -> str:
    return WebhookDelivery.objects.get(pk=delivery.pk).status


def test_what_is_due_arrives_signed_and_is_noted(delivery, endpoint, receiver, started):
    started()
    wait_until(lambda: status_of(delivery) == "delivered")
    [received] = receiver.received
    assert Webhook(endpoint.secret).verify(received.body, received.headers) == json.loads(delivery.body)
    assert received.headers["webhook-id"] == str(delivery.pk)
    logged = delivery.attempts.get()
    assert (logged.status_code, logged.error) == (204, "")
    assert 0 < logged.duration < 5


def test_what_is_not_due_is_left_alone(endpoint, delivery, receiver, started):
    later = timezone.now() + timedelta(hours=1)
    waiting = delivery_to(endpoint, next_attempt_at=later)
    started()
    wait_until(lambda: status_of(delivery) == "delivered")
    time.sleep(2 * senders.LOOK_SECONDS)
    assert status_of(waiting) == "pending"
    assert len(receiver.received) == 1


def test_a_retry_has_the_same_id_and_another_time(delivery, receiver, started, monkeypatch):
    monkeypatch.setattr("generation.webhooks.schedule.DELAYS", (1.5,) * 9)
    receiver.behaviour = answering(500)
    started()
    wait_until(lambda: receiver.received)
    receiver.behaviour = answering(200)
    wait_until(lambda: status_of(delivery) == "delivered")
    first, second = (received.headers for received in receiver.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert [each.status_code for each in delivery.attempts.all()] == [500, 200]


def test_while_a_secret_is_rotated_receivers_with_either_accept(endpoint, delivery, receiver, started):
    old, new = endpoint.secret, endpoint.rotate_secret()
    started()
    wait_until(lambda: status_of(delivery) == "delivered")
    [received] = receiver.received
    for secret in (old, new):
        assert Webhook(secret).verify(received.body, received.headers)


def test_receivers_of_one_user_that_hang_hold_up_nobody_else(alice, bob, receiver, other_receiver, started):
    """Alice has five endpoints that hang, and a hundred messages at each; bob has one message, the last of all."""
    receiver.behaviour = receivers.hanging
    for _ in range(5):
        hanging = endpoint_of(alice, receiver.url)
        for _ in range(100):
            delivery_to(hanging)
    bobs = delivery_to(endpoint_of(bob, other_receiver.url))
    started()
    assert wait_until(lambda: status_of(bobs) == "delivered") < 5
    time.sleep(2 * senders.LOOK_SECONDS)
    assert len(receiver.received) == PER_OWNER


def test_an_endpoint_that_hangs_does_not_stop_the_others_of_its_user(
    alice, receiver, other_receiver, started
):
    receiver.behaviour = receivers.hanging
    hanging, well = endpoint_of(alice, receiver.url), endpoint_of(alice, other_receiver.url)
    for _ in range(50):
        delivery_to(hanging)
    others = [delivery_to(well) for _ in range(3)]
    started()
    assert wait_until(lambda: {status_of(each) for each in others} == {"delivered"}) < 5
    assert len(receiver.received) == PER_ENDPOINT


def test_the_last_places_are_for_those_of_whom_nothing_is_being_sent(bob, receiver, other_receiver, started):
    """Eight users whose receivers hang could take all places among them, and do not."""
    receiver.behaviour = receivers.hanging
    for number in range(8):
        user = User.objects.create_user(email=f"user{number}@example.org")
        for endpoint in [endpoint_of(user, receiver.url) for _ in range(2)]:
            for _ in range(5):
                delivery_to(endpoint)
    started()
    wait_until(lambda: len(receiver.received) >= THREADS - senders.KEPT_FREE)
    bobs = delivery_to(endpoint_of(bob, other_receiver.url))
    assert wait_until(lambda: status_of(bobs) == "delivered") < 5
    assert len(receiver.received) < THREADS


def test_a_hundred_messages_to_one_receiver_all_arrive_once(endpoint, receiver, started):
    sent = [delivery_to(endpoint) for _ in range(100)]
    started()
    started()
    wait_until(lambda: not WebhookDelivery.objects.filter(status="pending").exists())
    assert sorted(each.headers["webhook-id"] for each in receiver.received) == sorted(
        str(each.pk) for each in sent
    )


def test_asked_to_end_it_notes_what_is_on_its_way(delivery, receiver, started):
    receiver.behaviour = receivers.hanging
    sender = started()
    wait_until(lambda: receiver.received)
    sender.ending.set()
    receiver.behaviour = answering(200)
    receiver.released.set()
    wait_until(lambda: delivery.attempts.exists())
    sender.end()


def test_when_its_time_is_over_another_one_sends_what_is_on_its_way(delivery, receiver, started):
    receiver.behaviour = receivers.hanging
    sender = started()
    wait_until(lambda: receiver.received)
    sender.end(at_once=True)
    assert status_of(delivery) == "pending"
    receiver.behaviour = answering(200)
    started()
    assert wait_until(lambda: status_of(delivery) == "delivered") < 10
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


def test_while_the_database_is_away_it_goes_round_and_notes_later(delivery, receiver, started, monkeypatch):
    is_away = threading.Event()
    note, due = WebhookDelivery.note, WebhookDeliveryQuerySet.due

    def guarded(act):
        def guarded_act(*arguments, **options):
            if is_away.is_set():
                raise OperationalError("away")
            return act(*arguments, **options)

        return guarded_act

    monkeypatch.setattr(WebhookDelivery, "note", guarded(note))
    monkeypatch.setattr(WebhookDeliveryQuerySet, "due", guarded(due))
    monkeypatch.setattr(senders, "AWAY_SECONDS", 0.05)
    receiver.behaviour = lambda handler: (is_away.set(), answering(200)(handler))
    sender = started()
    wait_until(lambda: receiver.received)
    signs = sender.signs
    wait_until(lambda: sender.signs > signs + 3)
    is_away.clear()
    receiver.behaviour = answering(500)
    wait_until(lambda: status_of(delivery) == "delivered")
    assert len(receiver.received) == 1


def test_a_receiver_that_is_gone_is_sent_nothing_more(delivery, endpoint, receiver, started):
    receiver.behaviour = answering(410)
    started()
    wait_until(lambda: status_of(delivery) == "failed")
    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == GONE
    later = delivery_to(endpoint)  # written by a job's end that did not see it yet
    wait_until(lambda: status_of(later) == "failed")
    assert len(receiver.received) == 1


def test_another_key_of_the_site_disables_and_says_why(delivery, endpoint, receiver, started, settings):
    settings.SECRET_KEY = "another"
    started()
    wait_until(lambda: status_of(delivery) == "failed")
    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == KEY_CHANGED
    assert receiver.received == []


@pytest.mark.parametrize("raised", [OverflowError("year"), RuntimeError("thread"), SystemExit(1)])
def test_whatever_sending_raises_is_an_attempt_that_failed(
    delivery, endpoint, receiver, started, monkeypatch, caplog, raised
):
    def broken(message):
        if message.id != delivery.pk:
            return sending.send(message)
        raise raised

    monkeypatch.setattr(senders, "send", broken)
    sender = started()
    wait_until(lambda: delivery.attempts.exists())
    assert [(each.status_code, each.error) for each in delivery.attempts.all()] == [(None, sending.BROKEN)]
    assert type(raised).__name__ in caplog.text
    delivery.refresh_from_db()
    assert (delivery.status, delivery.lease_owner) == ("pending", "")  # tried again, as after any failure
    others = [delivery_to(endpoint) for _ in range(PER_ENDPOINT)]
    wait_until(lambda: {status_of(each) for each in others} == {"delivered"})
    began = time.monotonic()
    sender.end()
    assert time.monotonic() - began < 5


def test_a_locked_account_is_sent_nothing(alice, delivery, endpoint, receiver, started):
    User.objects.update(is_active=False)
    started()
    wait_until(lambda: status_of(delivery) == "failed")
    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == LOCKED
    assert receiver.received == []


def test_nobody_else_takes_what_is_still_being_sent():
    assert LEASE.total_seconds() > 2 * sending.TIMEOUT_SECONDS
