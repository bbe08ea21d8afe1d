"""Which workers live, and which rows were left by workers that died."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.models import Worker
from generation.models.worker import STALE_AFTER


@pytest.mark.django_db
def test_a_silent_worker_is_first_not_alive_and_then_stale():
    ages = (timedelta(0), 2 * STALE_AFTER, 5 * STALE_AFTER)
    alive, _, stale = (
        Worker.objects.create(host="host", pid=pid, slots=1, seen_at=timezone.now() - age)
        for pid, age in enumerate(ages)
    )
    assert list(Worker.objects.alive()) == [alive]
    assert list(Worker.objects.stale()) == [stale]
