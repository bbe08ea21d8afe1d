"""The broker: each message goes to one worker, when it is due, at once where it is announced, and outages pass."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from generation.queue import broker as broker_module
from generation.queue.broker import MessageBroker
from generation.tests.working import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> MessageBroker:
    """One that listens, with nothing in the queue."""
    broker = MessageBroker()
    assert broker.dequeue() == []
    return broker


@pytest.fixture
def only_by_notification(broker, monkeypatch) -> None:
    """From now on it never looks of itself."""
    monkeypatch.setattr(broker_module, "LOOK_SECONDS", 3600.0)
    broker._look_at = 0.0
    assert broker.dequeue() == []


def next_message(broker: MessageBroker, seconds: float = 10.0) -> tuple[str, float]:
    """Wait for the next message; what it says, and after how many seconds it came."""
    found: list[tuple[int, str]] = []

    def look() -> bool:
        found.extend(broker.dequeue())
        return bool(found)

    waited = wait_until(look, seconds)
    assert len(found) == 1
    return found[0][1], waited


def send_elsewhere(message: str, *, within: float = 0.0, delay: float = 0.0) -> threading.Thread:
    """Send a message that is due after `delay` from another connection, committing it after `within` seconds."""

    def send() -> None:
        try:
            with transaction.atomic():
                MessageBroker(due=timezone.now() + timedelta(seconds=delay)).enqueue(message)
                time.sleep(within)
        finally:
            connection.close()

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_a_message_is_handed_out_once_and_is_gone(broker):
    MessageBroker("another list").enqueue("not for this one")
    send_elsewhere("a").join()
    send_elsewhere("b").join()
    send_elsewhere("urgent", delay=-60).join()
    assert [next_message(broker)[0] for _ in range(3)] == ["urgent", "a", "b"]
    assert broker.dequeue() == []
    assert OrmQ.objects.get().payload == "not for this one"


def test_who_waits_hears_of_a_message_when_it_is_committed(broker, only_by_notification):
    assert broker.dequeue() == []  # now nothing but an announcement makes it look
    sending = send_elsewhere("a", within=0.5)
    message, waited = next_message(broker)
    assert message == "a"
    assert 0.4 < waited < 1.5
    sending.join()


def test_a_message_that_is_taken_back_is_never_handed_out(broker):
    with transaction.atomic():
        broker.enqueue("a")
        transaction.set_rollback(True)
    assert broker.dequeue() == []


def test_a_postponed_message_is_handed_out_when_it_is_due(broker):
    send_elsewhere("later", delay=0.6).join()
    send_elsewhere("now").join()
    assert next_message(broker)[0] == "now"
    message, waited = next_message(broker)
    assert message == "later"
    assert 0.3 < waited < 0.9


def test_a_worker_that_was_busy_finds_what_was_sent_meanwhile(broker, only_by_notification):
    assert broker.dequeue() == []
    for message in ("a", "b", "c"):
        send_elsewhere(message).join()
    assert {next_message(broker)[0] for _ in range(3)} == {"a", "b", "c"}


def test_many_workers_share_the_messages(broker):
    for number in range(40):
        broker.enqueue(str(number))
    taken: list[str] = []

    def take() -> None:
        mine = MessageBroker()
        try:
            while OrmQ.objects.exists():
                taken.extend(payload for _, payload in mine.dequeue())
        finally:
            connection.close()

    workers = [threading.Thread(target=take) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(taken, key=int) == [str(number) for number in range(40)]


def test_a_new_connection_listens_again(broker, only_by_notification):
    assert broker.dequeue() == []
    connection.close()
    send_elsewhere("sent while nobody listened").join()
    assert next_message(broker)[0] == "sent while nobody listened"
    broker.dequeue()
    sending = send_elsewhere("a", within=0.3)
    assert next_message(broker)[0] == "a"
    sending.join()


def test_where_notifications_do_not_arrive_it_looks_often(broker, monkeypatch):
    """As behind a pool that gives each transaction another connection."""

    class Silence:
        def wait(self, seconds: float) -> bool:
            time.sleep(max(0.0, seconds))
            return False

    monkeypatch.setattr(broker, "_notifications", Silence())
    waits = []
    for number in range(6):
        wait_until(lambda: not broker.dequeue() and broker._look_at > time.monotonic(), 60)
        send_elsewhere(str(number)).join()
        waits.append(next_message(broker)[1])
    assert max(waits) < 1.5
    assert max(waits[-2:]) < 0.4


def test_it_waits_for_a_database_that_is_away_and_says_so_once(broker, caplog, monkeypatch):
    monkeypatch.setattr(broker_module, "AWAY_SECONDS", 0.05)
    broker.enqueue("a")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_q_ormq RENAME TO elsewhere")
    try:
        wait_until(lambda: not broker.dequeue() and broker._is_away, 60)
        assert [broker.dequeue() for _ in range(3)] == [[], [], []]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO django_q_ormq")
    assert next_message(broker)[0] == "a"
    assert caplog.text.count("The queue cannot reach the database") == 1
