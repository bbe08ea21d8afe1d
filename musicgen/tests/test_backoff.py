from itertools import islice

from musicgen.backoff import Backoff

BACKOFF = Backoff(first=1, factor=4, longest=60)


def test_pauses_grow_up_to_the_longest():
    assert list(islice(BACKOFF.pauses(lambda: 0.5), 5)) == [1, 4, 16, 60, 60]
    assert BACKOFF.pause(3, lambda: 0.5) == 16


def test_pauses_are_spread_from_half_to_one_and_a_half():
    assert BACKOFF.pause(2, lambda: 0.0) == 2
    assert BACKOFF.pause(2, lambda: 1.0) == 6
    assert len({BACKOFF.pause(9) for _ in range(20)}) > 1


def test_a_try_that_has_failed_for_days_waits_no_longer_than_others():
    assert BACKOFF.pause(100_000, lambda: 0.5) == 60
