"""Work on many things by a few threads."""

import threading
import time
from itertools import count

import pytest

from musicgen.parallel import in_parallel


def test_every_thing_is_worked_on_once():
    assert sorted(in_parallel(lambda number: number * 2, range(100), 4)) == [
        2 * number for number in range(100)
    ]
    assert list(in_parallel(lambda number: number, [], 4)) == []


def test_as_many_at_once_as_there_are_workers():
    together = threading.Barrier(3, timeout=5)
    assert len(list(in_parallel(lambda _: together.wait(), range(6), 3))) == 6


def test_no_more_is_taken_than_is_worked_on():
    taken = []

    def things():
        for number in count():
            taken.append(number)
            yield number

    results = in_parallel(lambda number: time.sleep(0.001), things(), 2)
    for _ in range(10):
        next(results)
    results.close()
    at_the_end = len(taken)
    time.sleep(0.05)
    assert len(taken) == at_the_end < 1000


def test_what_the_work_raises_is_raised_after_the_work_in_hand_has_ended():
    ended = []

    def work(number):
        if number == 0:
            raise ValueError("zero")
        time.sleep(0.1)
        ended.append(number)

    with pytest.raises(ValueError, match="zero"):
        list(in_parallel(work, range(100), 2))
    assert ended in ([], [1])


def test_what_the_things_raise_is_raised():
    def things():
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(in_parallel(lambda number: number, things(), 2))
