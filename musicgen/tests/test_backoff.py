import math

import pytest

from musicgen.backoff import Backoff, retry

BACKOFF = Backoff(first=1, factor=4, longest=60)


def test_pauses_grow_up_to_the_longest():
    assert [BACKOFF.pause(failed, lambda: 0.5) for failed in (1, 2, 3, 4, 9)] == [1, 4, 16, 60, 60]


def test_pauses_are_spread_from_half_to_one_and_a_half():
    assert BACKOFF.pause(2, lambda: 0.0) == 2
    assert BACKOFF.pause(2, lambda: 1.0) == 6
    assert len({BACKOFF.pause(9) for _ in range(20)}) > 1


def test_a_try_that_has_failed_for_days_waits_no_longer_than_others():
    assert BACKOFF.pause(100_000, lambda: 0.5) == 60


class Flaky:
    """Fails so many times and then answers; remembers the pauses."""

    def __init__(self, failures: float, error: type[Exception] = ConnectionError) -> None:
        self.left = failures
        self.error = error
        self.calls = 0
        self.pauses: list[float] = []

    def __call__(self) -> str:
        self.calls += 1
        self.left -= 1
        if self.left >= 0:
            raise self.error(f"failure {self.calls}")
        return "answer"

    def retried(self, **options) -> str:
        return retry(self, (ConnectionError, TimeoutError), BACKOFF, sleep=self.pauses.append, **options)


def test_what_fails_for_a_while_is_answered_in_the_end():
    flaky = Flaky(3)
    assert flaky.retried() == "answer"
    assert flaky.calls == 4
    assert len(flaky.pauses) == 3
    assert flaky.pauses[0] <= 1.5 < 2 <= flaky.pauses[1] <= 6 < 8 <= flaky.pauses[2]


def test_every_named_failure_is_tried_again_and_no_other():
    assert Flaky(1, TimeoutError).retried() == "answer"
    other = Flaky(1, ValueError)
    with pytest.raises(ValueError, match="failure 1"):
        other.retried()
    assert other.pauses == []


def test_the_last_failure_is_raised_after_the_last_try():
    flaky = Flaky(math.inf)
    with pytest.raises(ConnectionError, match="failure 3"):
        flaky.retried(tries=3)
    assert (flaky.calls, len(flaky.pauses)) == (3, 2)


def test_no_try_begins_later_than_it_may():
    flaky = Flaky(math.inf)
    with pytest.raises(ConnectionError, match="failure 2"):
        flaky.retried(seconds=1.6)  # the first pause is at most 1.5 s, the second at least 2 s


def test_what_will_not_pass_is_raised_at_once():
    flaky = Flaky(math.inf)
    with pytest.raises(ConnectionError, match="failure 2"):
        flaky.retried(may_pass=lambda error: "2" not in str(error))


def test_each_failure_is_reported_with_its_pause():
    flaky, reported = Flaky(2), []
    flaky.retried(on_failure=lambda error, pause: reported.append((str(error), pause)))
    assert reported == [("failure 1", flaky.pauses[0]), ("failure 2", flaky.pauses[1])]


def test_whatever_ends_a_pause_ends_the_tries():
    def interrupted(pause: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        retry(Flaky(math.inf), ConnectionError, BACKOFF, sleep=interrupted)
