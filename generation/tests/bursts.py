"""Many owners who order at the same moment."""

from collections.abc import Callable, Iterable
from functools import partial

from accounts.models import User
from generation.models.quotas import QuotaExceeded
from musicgen.tests.simultaneous import at_once


def taken_of_a_burst(order: Callable[[User], object], owners: Iterable[User], *, each: int) -> int:
    """How many orders no quota refuses where all owners begin together and each orders `each` times in a row."""

    def orders(owner: User) -> int:
        taken = 0
        for _ in range(each):
            try:
                order(owner)
                taken += 1
            except QuotaExceeded:
                pass
        return taken

    return sum(at_once([partial(orders, owner) for owner in owners]))
