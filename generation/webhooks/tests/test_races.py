"""What happens at the same moment: limits hold, nobody waits for one who waits for them, and no job's end is undone."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from generation.models import Job, WebhookDelivery, WebhookEndpoint
from generation.models.job_states import Status
from generation.tests.api_calls import stored_track
from generation.webhooks import rules
from generation.webhooks.delivery import Outcome
from generation.webhooks.endpoint import BY_OWNER
from generation.webhooks.removal import remove
from generation.webhooks.rules import NotAccepted
from generation.webhooks.tests.conftest import delivery_to, endpoint_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all of them in threads of their own, begun together. Whatever one raises is raised here."""
    start = threading.Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        try:
            start.wait(30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_thirty_at_once_make_twenty(alice):
    def add() -> bool:
        try:
            return bool(endpoint_of(alice, "https://receiver.example/"))
        except NotAccepted:
            return False

    assert sum(at_once([add] * 30)) == rules.MAX_ENDPOINTS
    assert WebhookEndpoint.objects.count() == rules.MAX_ENDPOINTS


def test_of_many_senders_one_claims(delivery):
    now = timezone.now()
    claims = at_once([lambda name=name: delivery.claim(f"host:{name}:x", now) for name in range(8)])
    assert sum(claims) == 1


def test_noting_and_disabling_do_not_wait_for_each_other(endpoint):
    gone = Outcome(at=timezone.now(), duration=0.1, status_code=410)
    for _ in range(10):
        held = [delivery_to(endpoint) for _ in range(4)]
        for each in held:
            assert each.claim("host:1:x", timezone.now())
        notes = [lambda each=each: each.note("host:1:x", gone) for each in held]
        at_once([*notes, lambda: endpoint.disable(BY_OWNER)])
        assert not WebhookDelivery.objects.filter(status="pending").exists()
        endpoint.refresh_from_db()
        endpoint.enable()


def test_a_webhook_that_is_deleted_while_a_job_ends_undoes_no_end(endpoint, scripted, order):
    lease = order().claim("worker")
    stored_track(lease.job)
    removing = threading.Thread(target=lambda: (remove(endpoint), connection.close()))
    with transaction.atomic():
        assert lease.complete(generate_seconds=1.0, store_seconds=1.0)
        assert WebhookDelivery.objects.count() == 1
        removing.start()
        removing.join(0.5)
        assert removing.is_alive(), "it does not wait for the end of the job"
    removing.join(30)
    assert Job.objects.get().status == Status.COMPLETED
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
