"""A look that is kept for a while: for how long, and what many threads see meanwhile."""

import threading

import pytest

from generation.scheduling.kept_look import KeptLook
from musicgen.tests.simultaneous import at_once


class Clock:
    """A clock that the test moves; each look takes `took` seconds of it."""

    def __init__(self) -> None:
        self.time = 0.0
        self.took = 0.0
        self.looks = 0

    def look(self) -> int:
        self.looks += 1
        self.time += self.took
        return self.looks


@pytest.fixture
def clock(settings) -> Clock:
    settings.QUEUE_LOOK_SECONDS = 1.0
    return Clock()


def test_it_is_kept_for_the_seconds_of_the_setting(clock):
    look = KeptLook(clock.look, lambda: clock.time)
    assert [look.now(), look.now()] == [1, 1]
    clock.time = 0.99
    assert look.now() == 1
    clock.time = 1.01
    assert [look.now(), look.now()] == [2, 2]


def test_one_that_takes_long_is_kept_so_long_that_a_tenth_of_the_time_goes_into_it(clock):
    clock.took = 2.0
    look = KeptLook(clock.look, lambda: clock.time)
    look.now()
    clock.time = 2.0 + 19.9
    assert look.now() == 1
    clock.time = 2.0 + 20.1
    assert look.now() == 2


def test_with_a_setting_of_nothing_everybody_looks(clock, settings):
    settings.QUEUE_LOOK_SECONDS = 0.0
    clock.took = 5.0
    look = KeptLook(clock.look, lambda: clock.time)
    assert [look.now(), look.now()] == [1, 2]


def test_while_one_thread_looks_others_get_what_was_seen_before(clock):
    looking, go_on = threading.Event(), threading.Event()

    def slow_look() -> int:
        seen = clock.look()
        if seen == 2:
            looking.set()
            assert go_on.wait(30)
        return seen

    look = KeptLook(slow_look, lambda: clock.time)
    look.now()
    clock.time = 2.0
    thread = threading.Thread(target=look.now)
    thread.start()
    assert looking.wait(30)
    assert look.now() == 1
    go_on.set()
    thread.join(30)
    assert look.now() == 2


def test_of_threads_that_come_at_once_to_a_first_look_one_looks(clock):
    look = KeptLook(clock.look, lambda: clock.time)
    assert at_once([look.now] * 8) == [1] * 8


def test_a_look_that_fails_is_not_kept(clock):
    failing = iter([True, False])

    def look() -> int:
        if next(failing):
            raise OSError("away")
        return clock.look()

    kept = KeptLook(look, lambda: clock.time)
    with pytest.raises(OSError, match="away"):
        kept.now()
    assert kept.now() == 1
