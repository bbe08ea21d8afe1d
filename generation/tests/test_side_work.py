"""Side work: behind orders, on half of the workers at most, and in growing pauses while the storage fails."""

import pytest
from django_q.models import OrmQ

from generation.queue import broker as broker_module
from generation.queue.broker import SIDE, MessageBroker
from generation.storage import StorageError
from generation.tests.api_calls import stored_track
from generation.tracks import renditions
from generation.worker import side_work, tasks
from generation.worker.members import TaskReader
from generation.worker.packet_queue import PacketQueue


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("generation.worker.side_work.time.monotonic", lambda: now[0])
    return now


def taken(broker: MessageBroker) -> list[str]:
    """All that is handed out now, in its order."""
    payloads: list[str] = []
    while found := broker._look(notified=True):
        payloads.append(found[0][1])
    return payloads


@pytest.mark.django_db
def test_orders_go_before_side_work_that_was_sent_before_them():
    MessageBroker(SIDE).enqueue("conversion")
    MessageBroker().enqueue("order")
    assert taken(MessageBroker()) == ["order", "conversion"]


@pytest.mark.django_db
def test_side_work_waits_for_room_and_orders_do_not():
    room = [False]
    broker = MessageBroker(has_room_for_side_work=lambda: room[0])
    for payload in ("one", "two"):
        MessageBroker(SIDE).enqueue(payload)
    MessageBroker().enqueue("order")
    assert taken(broker) == ["order"]
    room[0] = True
    assert taken(broker) == ["one", "two"]
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_side_work_does_not_wait_for_ever_behind_orders(monkeypatch):
    monkeypatch.setattr(broker_module, "MOST_ORDERS_IN_A_ROW", 3)
    MessageBroker(SIDE).enqueue("conversion")
    for number in range(5):
        MessageBroker().enqueue(str(number))
    assert taken(MessageBroker()) == ["0", "1", "2", "conversion", "3", "4"]


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (2, 1), (4, 2)])
def test_half_of_the_workers_may_be_at_side_work(settings, workers, most):
    settings.GENERATION_WORKERS = workers
    assert [side_work.has_room(at_work) for at_work in range(workers + 1)] == [
        at_work < most for at_work in range(workers + 1)
    ]


def test_while_the_storage_fails_one_try_at_a_time_ends_pauses_that_grow(settings, clock):
    settings.GENERATION_WORKERS = 8
    pauses = []
    for _ in range(8):
        pauses.append(side_work.note_failure())
        assert not side_work.has_room(0)
        clock[0] += pauses[-1]
        assert (side_work.has_room(0), side_work.has_room(1)) == (True, False)
        clock[0] += 10.0
    assert pauses == sorted(pauses)
    assert (pauses[0], side_work.pause_after(3600)) == (10, 300)
    side_work.note_success()
    assert side_work.has_room(3)


@pytest.mark.parametrize(("retryable", "pauses"), [(True, True), (False, False)])
def test_a_conversion_that_fails_for_the_storage_has_the_others_pause(
    scripted, order, monkeypatch, retryable, pauses
):
    track = stored_track(order())

    def fail(*_: object) -> None:
        raise StorageError("x", "It fails.", retryable)

    monkeypatch.setattr(renditions, "make_rendition", fail)
    tasks.make_rendition(str(track.pk), "mp3")
    assert side_work.has_room(0) is not pauses
    monkeypatch.setattr(renditions, "make_rendition", lambda *_: None)
    tasks.make_rendition(str(track.pk), "mp3")
    assert side_work.has_room(0)


@pytest.mark.parametrize(
    ("task", "shown"), [("run_job", False), ("make_archive", False), ("purge_track", True)]
)
def test_a_worker_shows_what_it_is_at_until_it_waits_again(task, shown):
    tasks_queue = PacketQueue()
    reader = TaskReader(tasks_queue)
    tasks_queue.put({"func": f"generation.worker.tasks.{task}"})
    reader.get()
    assert reader.is_at_side_work is shown
    reader.begin()
    assert not reader.is_at_side_work
