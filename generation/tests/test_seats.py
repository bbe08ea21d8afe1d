"""Seats of long requests: how many one caller has, and that guests leave some to accounts."""

import pytest

from generation.api.seats import Caller, NoneFree, Seats, TooManyOfCaller, for_guests

ALICE, BOB = Caller("user:alice"), Caller("user:bob")


def guests(number: int) -> Caller:
    """All guests of one address."""
    return Caller(f"address:192.0.2.{number}", is_guest=True)


def test_one_caller_has_no_more_than_one_caller_may_have():
    seats = Seats(per_caller=2)
    held = [seats.take(ALICE, 4) for _ in range(2)]
    with pytest.raises(TooManyOfCaller):
        seats.take(ALICE, 4)
    seats.take(BOB, 4)
    held[0].give_back()
    held[0].give_back()
    assert seats.taken == 2
    seats.take(ALICE, 4)


def test_no_more_are_taken_than_there_are():
    seats = Seats(per_caller=3)
    for caller in (ALICE, ALICE, BOB):
        seats.take(caller, 3)
    with pytest.raises(NoneFree):
        seats.take(BOB, 3)
    assert seats.taken == 3
    with pytest.raises(NoneFree):
        Seats(per_caller=3).take(ALICE, 0)


def test_guests_leave_a_quarter_to_accounts_however_many_addresses_they_have():
    seats = Seats(per_caller=1)
    held = [seats.take(guests(number), 8) for number in range(6)]
    with pytest.raises(NoneFree):
        seats.take(guests(6), 8)
    seats.take(ALICE, 8)
    seats.take(BOB, 8)
    held[0].give_back()
    seats.take(guests(6), 8)


def test_accounts_may_have_all():
    seats = Seats(per_caller=2)
    for caller in (ALICE, ALICE, BOB, BOB):
        seats.take(caller, 4)
    assert seats.taken == 4


@pytest.mark.parametrize(("total", "part"), [(1, 1), (2, 1), (4, 3), (40, 30), (500, 375)])
def test_what_guests_may_have(total, part):
    assert for_guests(total) == part
