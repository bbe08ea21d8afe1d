"""What a process counts: by threads at once, taken and given back, and never twice after a fork."""

import os

import pytest

from musicgen.metrics import pending
from musicgen.metrics.kinds import Counter, Histogram, ProcessGauge
from musicgen.metrics.names import COUNTERS, HISTOGRAMS, PROCESS_GAUGES
from musicgen.metrics.pending import PENDING, Pending
from musicgen.tests.simultaneous import at_once

ORDERS = Counter("test_orders_total", "Orders.", ("kind",))
SECONDS = Histogram("test_seconds", "Seconds.", ("kind",), (0.1, 1.0))


@pytest.fixture(autouse=True)
def nothing_pending():
    PENDING.take()
    yield
    PENDING.take()


def test_a_counter_counts_by_labels():
    ORDERS.add("a")
    ORDERS.add("a", amount=2.5)
    ORDERS.add("b")
    assert PENDING.take() == {("test_orders_total", "a"): 3.5, ("test_orders_total", "b"): 1.0}
    assert PENDING.take() == {}


def test_a_histogram_has_buckets_up_to_and_with_their_ends_and_a_sum():
    for seconds in (0.1, 0.10001, 1.0, 7.0):
        SECONDS.observe(seconds, "a")
    taken = PENDING.take()
    assert {key[2]: value for key, value in taken.items()} == {
        "0.1": 1.0,
        "1.0": 2.0,
        "+Inf": 1.0,
        "sum": pytest.approx(8.20001),
    }


def test_what_could_not_be_stored_is_added_to_what_came_since():
    ORDERS.add("a")
    taken = PENDING.take()
    ORDERS.add("a")
    PENDING.give_back(taken)
    assert PENDING.take() == {("test_orders_total", "a"): 2.0}


def test_threads_lose_nothing():
    def count():
        for _ in range(5000):
            ORDERS.add("a")

    at_once([count] * 4)
    assert PENDING.take() == {("test_orders_total", "a"): 20_000.0}


def test_labels_that_are_not_bounded_after_all_cost_no_memory(monkeypatch):
    monkeypatch.setattr(pending, "MOST_SERIES", 10)
    counts = Pending()
    for number in range(100):
        counts.add([(("test", str(number % 50)), 1.0)])
    taken = counts.take()
    assert len(taken) == 10
    assert set(taken.values()) == {2.0}


def test_a_child_does_not_count_again_what_its_parent_has_counted():
    ORDERS.add("a")
    with PENDING._lock:  # which a thread of the parent may hold at the fork
        child = os.fork()
        if not child:
            ORDERS.add("b")
            os._exit(0 if set(PENDING.take()) == {("test_orders_total", "b")} else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert PENDING.take() == {("test_orders_total", "a"): 1.0}


def test_a_process_has_the_sum_of_what_its_parts_have():
    gauge = ProcessGauge("test_open", "Open.")
    assert gauge.value() == 0
    for part in (2, 3):
        gauge.read_from(lambda part=part: part)
    assert gauge.value() == 5


def test_names_are_as_prometheus_wants_them():
    names = [each.name for each in (*COUNTERS, *HISTOGRAMS, *PROCESS_GAUGES)]
    assert len(set(names)) == len(names)
    assert all(name.startswith("musicgen_") for name in names)
    assert all(counter.name.endswith("_total") for counter in COUNTERS)
    assert all(list(each.bounds) == sorted(each.bounds) for each in HISTOGRAMS)
