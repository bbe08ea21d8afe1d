"""Rates: counted for all processes, exactly or in steps, in the database or in a cache that all share."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from accounts import rates
from accounts.models import CachedValue, RateCount
from accounts.rates import HeldCounts, Rate, TooOften
from musicgen.tests.simultaneous import at_once

pytestmark = pytest.mark.django_db
MINUTE = Rate(3, 60)
BEGIN = 1_000_000 * 60.0


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Sets what the time is: `clock(7)` is seven seconds after the beginning of a minute."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr("accounts.rates.time.time", lambda: BEGIN + seconds)

    set_to(0)
    return set_to


def test_rates_are_read_by_the_first_letter_of_their_unit():
    assert Rate.parse("1200/min") == Rate(1200, 60)
    assert [Rate.parse(f"1/{unit}").seconds for unit in ("s", "hour", "day")] == [1, 3600, 86_400]


def test_beyond_the_rate_it_is_over_until_the_next_window(clock):
    clock(20)
    standings = [rates.count("order", "alice", "3/min") for _ in range(4)]
    assert [(standing.number, standing.left, standing.is_over) for standing in standings] == [
        (1, 2, False),
        (2, 1, False),
        (3, 0, False),
        (4, 0, True),
    ]
    assert (standings[3].reset, standings[3].wait) == (40, 41)
    clock(60)
    assert not rates.count("order", "alice", "3/min").is_over


def test_everybody_and_everything_is_counted_apart():
    assert rates.count("order", "alice", "1/min").number == 1
    assert rates.count("order", "bob", "1/min").number == 1
    assert rates.count("guest", "alice", "1/min").number == 1
    assert rates.count("order", "alice", "1/min").number == 2


def test_processes_count_together():
    one, another = HeldCounts(), HeldCounts()
    numbers = [process.count("order", "alice", MINUTE).number for process in (one, another, one, another)]
    assert numbers == [1, 2, 3, 4]


def test_what_is_refused_costs_no_statement(django_assert_num_queries):
    with django_assert_num_queries(3):
        for _ in range(3):
            rates.count("order", "alice", "3/min")
    with django_assert_num_queries(0):
        assert all(rates.count("order", "alice", "3/min").is_over for _ in range(50))


def test_steps_cost_a_statement_each_and_let_through_at_most_one_more_a_process(
    django_assert_max_num_queries,
):
    rate, step, processes = Rate(1200, 60), 12, [HeldCounts() for _ in range(4)]
    with django_assert_max_num_queries(1200 // step + 2 * len(processes)):
        allowed = sum(
            not process.count("api", "alice", rate, step).is_over for _ in range(600) for process in processes
        )
    assert 1200 <= allowed <= 1200 + step * len(processes)


def test_a_process_alone_lets_through_exactly_the_rate_in_steps_too():
    assert sum(not rates.count("api", "alice", "250/min", steps=100).is_over for _ in range(400)) == 250


def test_the_longest_wait_is_told():
    rates.check("order", "alice", ["1/min", "1/hour"])
    with pytest.raises(TooOften) as error:
        rates.check("order", "alice", ["1/min", "1/hour"])
    assert error.value.standing.rate == Rate(1, 3600)
    rates.check("order", "alice", [])


def test_no_address_and_no_name_is_kept_in_the_database():
    rates.count("order", "203.0.113.7", "3/min")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {RateCount._meta.db_table}")
        assert "203.0.113.7" not in str(cursor.fetchall())


def test_with_another_secret_key_all_is_counted_anew(settings):
    numbers = []
    for settings.SECRET_KEY in ("one", "one", "two"):
        numbers.append(rates.count("order", "203.0.113.7", "3/min").number)
    assert numbers == [1, 2, 1]


def test_it_is_counted_in_redis_where_there_is_one(settings, django_assert_num_queries):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "redis"}
    }
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    one, another = HeldCounts(), HeldCounts()
    with django_assert_num_queries(0):
        numbers = [process.count("order", "alice", MINUTE).number for process in (one, another, one)]
    assert numbers == [1, 2, 3]


def test_a_redis_that_forgets_costs_nobody_an_answer(settings, monkeypatch):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "full"}
    }
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    with monkeypatch.context() as full:
        full.setattr(rates.cache, "add", lambda *_: True)
        assert rates.count("order", "alice", "3/min").number == 1


def test_many_callers_are_not_held_for_ever(clock, monkeypatch):
    monkeypatch.setattr(rates, "MAX_HELD", 10)
    held = HeldCounts()
    for number in range(25):
        held.count("api", str(number), MINUTE, step=2)
        assert len(held._held) <= 10
    clock(60)
    held.count("api", "next", MINUTE, step=2)
    assert len(held._held) <= 10


def test_what_is_over_is_pruned():
    now = timezone.now()
    for minutes in (-1, 1):
        RateCount.objects.add(rates.uuid.uuid4(), 1, now + timedelta(minutes=minutes))
        CachedValue.objects.create(cache_key=str(minutes), value="", expires=now + timedelta(minutes=minutes))
    assert (RateCount.objects.all().prune(now), CachedValue.objects.all().prune(now)) == (1, 1)
    assert RateCount.objects.get().ends_at > now
    assert CachedValue.objects.get().cache_key == "1"


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_once_exactly_the_rate_goes_through():
    processes = [HeldCounts() for _ in range(10)]

    def ask(process: HeldCounts) -> int:
        return sum(not process.count("order", "alice", Rate(37, 60)).is_over for _ in range(10))

    assert sum(at_once([partial(ask, process) for process in processes])) == 37
