"""The speed of an engine: fitted to what its jobs took, or not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.models import Job, Lease
from generation.scheduling.speeds import FEWEST, MEASURED_JOBS, Speed, speed_of
from generation.tests.api_calls import stored_track
from generation.tests.histories import at_work, completed, ordered

LINE = [(music, 4 + 0.5 * music) for music in (10.0, 20.0, 30.0, 60.0, 120.0)]
SECONDS = st.floats(0.01, 10_000)


def test_the_fixed_part_and_the_part_per_second_are_told_apart():
    speed = Speed.fitted(LINE)
    assert speed is not None
    assert (speed.fixed, speed.per_second) == (pytest.approx(4), pytest.approx(0.5))
    assert speed.expected(90) == pytest.approx(49)


def test_one_odd_measurement_changes_nothing():
    speed = Speed.fitted([*LINE, (60.0, 34.0), (90.0, 49.0), (30.0, 900.0)])
    assert speed is not None
    assert speed.expected(60) == pytest.approx(34, rel=0.1)


def test_jobs_of_one_length_tell_what_such_a_job_takes_and_nothing_of_others():
    speed = Speed.fitted([(30.0, took) for took in (9.0, 10.0, 10.0, 10.0, 11.0)])
    assert speed is not None
    assert speed.expected(30) == speed.expected(33) == 10
    assert speed.expected(60) is speed.expected(10) is None


def test_nothing_is_guessed_far_beyond_what_was_measured():
    speed = Speed.fitted(LINE)
    assert speed is not None
    assert speed.expected(145) is not None
    assert speed.expected(300) is speed.expected(5) is None


def test_a_line_that_would_begin_below_nothing_begins_at_nothing():
    speed = Speed.fitted([(music, music**1.5 / 10) for music in (10.0, 15.0, 20.0, 25.0, 30.0)])
    assert speed is not None
    assert speed.fixed == 0
    assert speed.expected(20) == pytest.approx(20**1.5 / 10)


def test_too_few_measurements_say_nothing():
    assert len(LINE) == FEWEST
    assert Speed.fitted(LINE[1:]) is None


@pytest.mark.parametrize("odd", [1.0, 100.0])
def test_measurements_that_scatter_too_much_say_nothing(odd):
    steady = [(30.0, 10.0)] * 6
    assert Speed.fitted([*steady, *[(30.0, odd)] * 2]) is not None
    assert Speed.fitted([*steady, *[(30.0, odd)] * 3]) is None


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=12))
def test_what_is_expected_is_never_nothing_or_less(measured):
    speed = Speed.fitted(measured)
    if speed is not None:
        assert all((speed.expected(music) or 0) > 0 for music, _ in measured)


@pytest.mark.django_db
def test_all_owners_jobs_are_measured_and_variations_count(scripted, alice, bob):
    for owner in (alice, bob, alice):
        completed(owner, took=10, duration=30)
        completed(owner, took=20, duration=30, variations=2)
    speed = speed_of("scripted")
    assert speed is not None
    assert speed.expected(60) == pytest.approx(20)
    assert speed.expected(45) == pytest.approx(15)


@pytest.mark.django_db
def test_an_engine_that_was_not_measured_has_no_speed(scripted, alice):
    for _ in range(FEWEST):
        completed(alice, took=10)
    assert speed_of("scripted") is not None
    assert speed_of("composer") is None


@pytest.mark.django_db
def test_only_what_was_timed_from_beginning_to_end_is_a_measurement(scripted, alice):
    for _ in range(FEWEST - 1):
        completed(alice, took=10)
    again = completed(alice, took=10)
    Job.objects.filter(pk=again.pk).update(attempt=2)
    handed_back = at_work(ordered(alice), since=10)
    Lease(handed_back, handed_back.lease_owner).hand_back()
    assert handed_back.claim("another")
    stored_track(handed_back)
    assert Lease(handed_back, "another").complete(generate_seconds=1, store_seconds=1)
    assert handed_back.attempt == 1
    failed = at_work(ordered(alice), since=10)
    Lease(failed, failed.lease_owner).fail(code="internal", message="It broke.", retryable=True)
    assert Job.objects.measured("scripted").count() == FEWEST - 1
    assert speed_of("scripted") is None


@pytest.mark.django_db
def test_the_last_jobs_count_and_asking_costs_one_query_for_a_while(
    scripted, alice, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr("generation.scheduling.speeds.MEASURED_JOBS", 6)
    assert MEASURED_JOBS >= FEWEST
    for took in [50] * 6 + [10] * 6:
        completed(alice, took=took)
    with django_assert_num_queries(1):
        speed = speed_of("scripted")
        assert speed is not None
        assert speed.expected(30) == pytest.approx(10)
        assert speed_of("scripted") == speed
    with django_assert_num_queries(1):
        assert speed_of("composer") is speed_of("composer") is None
