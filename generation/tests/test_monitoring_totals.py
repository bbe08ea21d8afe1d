"""Counts of all processes, added up in the database: none is lost or counted twice while it is away or many add."""

import os
import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from generation.models import Metric, ProcessValue
from generation.models.metric import MAX_SERIES, REPORT_COUNTS_FOR
from generation.monitoring import flushing
from generation.monitoring.flushing import Flusher
from generation.tests.working import wait_until
from musicgen.metrics.kinds import Counter, ProcessGauge
from musicgen.metrics.pending import PENDING
from musicgen.tests.simultaneous import at_once

pytestmark = pytest.mark.on_both

ORDERS = Counter("test_orders_total", "Orders.", ("kind",))


@pytest.fixture(autouse=True)
def nothing_pending():
    PENDING.take()
    yield
    PENDING.take()


@pytest.mark.django_db
def test_totals_grow_by_what_each_process_adds(django_assert_num_queries):
    for number in (1, 2):
        ORDERS.add("a", amount=number)
        ORDERS.add("b")
        with django_assert_num_queries(1):
            Flusher().flush()
    assert Metric.objects.all().totals() == {("test_orders_total", "a"): 3, ("test_orders_total", "b"): 2}


@pytest.mark.django_db
def test_nothing_is_asked_where_nothing_was_counted(django_assert_num_queries):
    with django_assert_num_queries(0):
        Flusher().flush()


@pytest.mark.django_db
def test_a_series_that_no_row_can_hold_does_not_keep_the_others():
    ORDERS.add("x" * MAX_SERIES)
    ORDERS.add("a")
    Flusher().flush()
    assert Metric.objects.all().totals() == {("test_orders_total", "a"): 1}


@pytest.mark.django_db
def test_while_the_database_is_away_counts_stay_and_it_is_said_once(caplog):
    flusher = Flusher()

    def fail(*_: object) -> None:
        raise OperationalError("gone")

    for _ in range(3):
        ORDERS.add("a")
        with connection.execute_wrapper(fail):
            flusher.flush()
    assert [record.getMessage() for record in caplog.records] == [
        "What was counted cannot be stored yet; trying again"
    ]
    flusher.flush()
    assert Metric.objects.all().totals() == {("test_orders_total", "a"): 3}


@pytest.mark.django_db(transaction=True)
def test_many_processes_add_at_once_in_any_order_and_none_waits_for_another_in_a_circle():
    keys = [("test_orders_total", str(number)) for number in range(40)]

    def add(process: int) -> None:
        for round_ in range(15):
            turned = keys[process * 5 :] + keys[: process * 5]
            Metric.objects.add(dict.fromkeys(turned[:: -1 if round_ % 2 else 1], 1.0))

    at_once([partial(add, process) for process in range(6)])
    assert Metric.objects.all().totals() == dict.fromkeys(keys, 90.0)


@pytest.mark.django_db(transaction=True)
def test_a_thread_flushes_again_and_again_and_at_the_end_and_keeps_no_connection(monkeypatch):
    monkeypatch.setattr(flushing, "FLUSH_SECONDS", 0.05)
    connections = []
    closing = BaseDatabaseWrapper.close
    monkeypatch.setattr(
        BaseDatabaseWrapper,
        "close",
        lambda self: (connections.append(threading.current_thread().name), closing(self))[1],
    )
    with flushing.flushing():
        ORDERS.add("a")
        wait_until(lambda: Metric.objects.all().totals().get(("test_orders_total", "a")), 30)
        wait_until(lambda: "metrics" in connections, 30)
        monkeypatch.setattr(flushing, "FLUSH_SECONDS", 600)
        ORDERS.add("a")
    assert Metric.objects.all().totals()[("test_orders_total", "a")] == 2
    assert not [thread for thread in threading.enumerate() if thread.name == "metrics"]


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_process_does_not_wait_for_a_database_that_hangs(monkeypatch):
    monkeypatch.setattr(flushing, "LAST_FLUSH_SECONDS", 0.1)
    hangs = threading.Event()
    monkeypatch.setattr(Flusher, "flush", lambda *_, **__: hangs.wait(30))
    flushing.start()
    began = time.monotonic()
    flushing.stop()
    assert time.monotonic() - began < 5
    hangs.set()


@pytest.mark.django_db(transaction=True)
def test_a_forked_web_process_has_a_thread_of_its_own():
    flushing.start()
    reader, writer = os.pipe()
    try:
        child = os.fork()
        if not child:
            names = [thread.name for thread in threading.enumerate()]
            os.write(writer, str(names.count("metrics")).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reader, 10) == b"1"
    finally:
        flushing.stop()


@pytest.mark.django_db
def test_what_processes_have_now_is_summed_until_they_end_or_are_silent():
    now = timezone.now()
    for process, value in (("one", 2.0), ("two", 3.0)):
        ProcessValue.objects.report(process, {"open": value, "other": 0.0}, now)
    assert ProcessValue.objects.all().sums(now) == {"open": 5.0}
    ProcessValue.objects.report("one", {"open": 4.0}, now)
    assert ProcessValue.objects.all().sums(now) == {"open": 7.0}
    ProcessValue.objects.report("one", {"open": 0.0}, now)
    assert ProcessValue.objects.all().sums(now) == {"open": 3.0}
    silent = now + REPORT_COUNTS_FOR + timedelta(seconds=1)
    assert ProcessValue.objects.all().sums(silent) == {}
    assert ProcessValue.objects.all().prune(silent) == 0
    assert ProcessValue.objects.all().prune(now + 3 * REPORT_COUNTS_FOR) == 1


@pytest.mark.django_db
def test_a_process_reports_streams_while_it_has_any(monkeypatch, django_assert_num_queries):
    open_ = [2.0]
    monkeypatch.setattr(flushing, "PROCESS_GAUGES", [gauge := ProcessGauge("test_open", "Open.")])
    gauge.read_from(lambda: open_[0])
    flusher = Flusher()
    flusher.flush()
    assert ProcessValue.objects.get().value == 2
    open_[0] = 0.0
    flusher.flush()
    assert not ProcessValue.objects.exists()
    with django_assert_num_queries(0):
        flusher.flush()
    open_[0] = 1.0
    flusher.flush()
    flusher.flush(is_last=True)
    assert not ProcessValue.objects.exists()
