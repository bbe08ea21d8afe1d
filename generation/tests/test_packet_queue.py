"""The queue between processes: whole values, one reader each, whoever dies."""

import multiprocessing
import os
import signal
import time

import pytest

from generation.tests.working import wait_until
from generation.worker import packet_queue
from generation.worker.packet_queue import PacketQueue, Reader

fork = multiprocessing.get_context("fork")


def test_values_come_out_as_they_went_in():
    queue = PacketQueue()
    queue.put({"args": ("a", 1)})
    queue.put("STOP")
    assert [queue.get(), queue.get()] == [{"args": ("a", 1)}, "STOP"]


def test_it_says_whether_anything_waits_and_since_when():
    queue = PacketQueue()
    assert (queue.empty(), queue.filled_since()) == (True, None)
    queue.put("job")
    since = queue.filled_since()
    assert since
    assert (queue.empty(), queue.filled_since()) == (False, since)
    queue.get()
    assert queue.filled_since() is None


def test_a_reader_killed_while_it_waits_takes_nothing_with_it():
    """With a `multiprocessing.Queue` the others would wait for ever."""
    queue, answers = PacketQueue(), PacketQueue()
    readers = [fork.Process(target=lambda: answers.put(queue.get()), daemon=True) for _ in range(2)]
    for reader in readers:
        reader.start()
    time.sleep(0.3)  # both wait now
    os.kill(readers[0].pid or 0, signal.SIGKILL)
    readers[0].join()
    queue.put("job")
    readers[1].join(60)
    assert readers[1].exitcode == 0
    assert answers.get() == "job"


class RestingReader(Reader):
    """Puts a value into its own queue once it has nothing to do."""

    def _rest(self):
        self.queue.put("found while resting")


def test_a_reader_rests_where_nothing_has_come_for_a_while(monkeypatch):
    monkeypatch.setattr(packet_queue, "IDLE_SECONDS", 0.01)
    assert RestingReader(PacketQueue()).get() == "found while resting"


def test_a_reader_that_has_something_to_do_does_not_rest():
    queue = PacketQueue()
    queue.put("job")
    assert (RestingReader(queue).get(), queue.empty()) == ("job", True)


def test_a_reader_shows_other_processes_whether_it_waits():
    queue, answers = PacketQueue(), PacketQueue()
    reader = Reader(queue)

    def work():
        answers.put(reader.get())
        time.sleep(60)

    process = fork.Process(target=work, daemon=True)
    process.start()
    wait_until(lambda: reader.is_waiting, 60)
    queue.put("job")
    assert answers.get() == "job"
    assert not reader.is_waiting
    assert time.monotonic() - reader.seen_at < 60
    process.kill()
    reader.begin()
    assert reader.seen_at == 0


def test_a_reader_that_leaves_a_value_alone_ignores_it():
    queue = PacketQueue()
    reader = Reader(queue)
    process = fork.Process(target=reader.get, daemon=True)
    process.start()
    try:
        wait_until(lambda: reader.is_waiting, 60)
        assert not reader.ignores(0)
        os.kill(process.pid or 0, signal.SIGSTOP)
        time.sleep(0.2)  # the kernel stops it when it has left the queue
        queue.put("job")
        assert not reader.ignores(60)
        wait_until(lambda: reader.ignores(0.2), 60)
        os.kill(process.pid or 0, signal.SIGCONT)
        wait_until(lambda: not reader.ignores(0.2), 60)
    finally:
        process.kill()


def test_a_value_larger_than_a_packet_is_an_error():
    with pytest.raises(OSError, match="too long"):
        PacketQueue().put("x" * (4 << 20))
