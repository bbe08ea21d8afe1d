"""When a delivery is tried again."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from generation.webhooks.schedule import DELAYS, MAX_ATTEMPTS, next_delay, seconds_of

NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)


def test_ten_attempts_go_over_about_three_days():
    delays = [next_delay(failed, draw=lambda: 0.5) for failed in range(1, MAX_ATTEMPTS + 1)]
    assert (len(delays), delays[0], delays[-1]) == (10, pytest.approx(5), None)
    assert timedelta(seconds=sum(delays[:-1])) / timedelta(days=1) == pytest.approx(3.15, abs=0.01)


def test_each_delay_is_spread_by_a_tenth():
    for failed, delay in enumerate(DELAYS, start=1):
        assert next_delay(failed, draw=lambda: 0.0) == pytest.approx(0.9 * delay)
        assert next_delay(failed, draw=lambda: 1.0) == pytest.approx(1.1 * delay)
    assert len({next_delay(3) for _ in range(20)}) > 10


@pytest.mark.parametrize(("asked", "waited"), [(None, 5), (0, 5), (2, 5), (120, 120), (10**9, 24 * 3600)])
def test_a_receiver_may_ask_for_more_but_not_for_ever(asked, waited):
    assert next_delay(1, asked, draw=lambda: 0.5) == pytest.approx(waited)
    assert next_delay(MAX_ATTEMPTS, asked) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("9" * 30, 999_999_999),
        ("Sat, 31 Jan 2026 18:01:00 GMT", 60),
        ("Sat, 31 Jan 2026 17:00:00 GMT", 0),
        *(
            (text, None)
            for text in ("", "-5", "1.5", "soon", "٣", "Sat, 31 Jan 2026 18:01:00 -0000", "Sat, 99 Jan 2026")
        ),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Sat, 31 Jan 2026 18:01:00 +99999999999999999999", None),
        (f"Sat, 31 Jan {'9' * 5000} 18:01:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", pytest.approx(2.5e11, rel=0.1)),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert seconds_of(header, NOW) == seconds


def test_nothing_that_a_receiver_writes_raises():
    draw = random.Random(1)
    parts = [
        "Sat,",
        "31",
        "Jan",
        "2026",
        "18:01:00",
        "GMT",
        "+0100",
        "-9999",
        "9" * 20,
        ":",
        "(",
        "\0",
        ",",
        "-",
        "é",
    ]
    for _ in range(20_000):
        header = " ".join(draw.choices(parts, k=draw.randrange(9)))
        asked = seconds_of(header, NOW)
        assert asked is None or asked >= 0
