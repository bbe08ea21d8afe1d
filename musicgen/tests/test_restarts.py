"""When a process that has died is started again."""

from musicgen.restarts import LONG_LIFE_SECONDS, MOST_DEATHS_IN_A_ROW, Restarts


def middle() -> float:
    return 0.5


def test_the_first_death_costs_no_pause_and_each_next_a_longer_one():
    restarts = Restarts()
    assert [restarts.pause_after(3.0, middle) for _ in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]


def test_a_long_life_makes_the_pauses_start_over():
    restarts = Restarts()
    lives = [3.0, 3.0, 3.0, LONG_LIFE_SECONDS, LONG_LIFE_SECONDS - 0.1]
    assert [restarts.pause_after(lived, middle) for lived in lives] == [0, 1, 2, 0, 1]


def test_what_keeps_dying_is_given_up():
    restarts = Restarts()
    pauses = [restarts.pause_after(3.0) for _ in range(MOST_DEATHS_IN_A_ROW)]
    assert None not in pauses[:-1]
    assert pauses[-1] is None
    assert restarts.deaths_in_a_row == MOST_DEATHS_IN_A_ROW


def test_what_lives_long_each_time_is_never_given_up():
    restarts = Restarts()
    assert {restarts.pause_after(LONG_LIFE_SECONDS) for _ in range(3 * MOST_DEATHS_IN_A_ROW)} == {0.0}


def test_pauses_are_spread():
    pauses = []
    for _ in range(5):
        restarts = Restarts()
        restarts.pause_after(3.0)
        pauses.append(restarts.pause_after(3.0))
    assert len(set(pauses)) > 1
