"""Jobs while the disk that takes the audio is full: all are made, once, as soon as there is room."""

import copy

import pytest

from generation.tests.torture.outages import live_through
from generation.tests.torture.scale import PATIENCE_SECONDS
from generation.tests.torture.small_disk import small_disk
from generation.tests.working import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]
SIGN = "is full, or the limit of its user is"


def test_jobs_live_through_a_full_disk(settings, service, orders, new_host, chance, audio_root):
    with small_disk(audio_root) as disk:
        places = copy.deepcopy(settings.STORAGES)
        places["local"]["OPTIONS"]["location"] = disk.seen
        settings.STORAGES = places | {"audio": places["local"]}
        host = new_host(disk.variables, command=disk.command)

        def fill() -> None:
            """It takes a while, in which all may be made; what is ordered then cannot be before there is room."""
            disk.fill()
            orders.order_mixed(4)

        def free() -> None:
            """Once a worker has met the full disk: else this would prove nothing."""
            log = host.folder / "worker.log"
            wait_until(lambda: SIGN in log.read_text(), PATIENCE_SECONDS)
            disk.free()

        live_through(disk.kind, fill, free, host=host, orders=orders, service=service, chance=chance)
