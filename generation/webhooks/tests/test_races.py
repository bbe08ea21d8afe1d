"""What happens at the same moment: limits hold, nobody waits for one who waits for them, and no job's end is undone."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from generation import jobs
from generation.api.views import webhooks as views
from generation.models import Job, WebhookDelivery, WebhookEndpoint
from generation.models.job_states import Status
from generation.tests.api_calls import client_of, stored_track
from generation.webhooks import outbox, pages, rules
from generation.webhooks.delivery import Outcome
from generation.webhooks.endpoint import BY_OWNER
from generation.webhooks.removal import remove
from generation.webhooks.rules import NotAccepted
from generation.webhooks.tests.conftest import delivery_to, endpoint_of
from musicgen.tests.simultaneous import at_once

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_twenty_tests_at_once_send_one(endpoint):
    def send() -> bool:
        try:
            return bool(outbox.send_test(WebhookEndpoint.objects.get(pk=endpoint.pk)))
        except NotAccepted:
            return False

    assert sum(at_once([send] * 20)) == 1
    assert WebhookDelivery.objects.count() == 1


def ended(endpoint: WebhookEndpoint) -> WebhookDelivery:
    return delivery_to(endpoint, status="failed", next_attempt_at=None, ended_at=timezone.now())


def losing(find: Callable[..., Any]) -> Callable[..., Any]:
    """What finds a thing, after which somebody else deletes the webhook."""

    def found_and_lost(*arguments: Any, **options: Any) -> Any:
        thing = find(*arguments, **options)
        remove(WebhookEndpoint.objects.get())
        return thing

    return found_and_lost


@pytest.mark.parametrize("act", ["test", "rotate", "redeliver"])
@pytest.mark.parametrize("room", [views, pages], ids=["api", "page"])
def test_a_webhook_that_is_deleted_meanwhile_is_not_found(endpoint, alice, client, monkeypatch, room, act):
    of = [endpoint.pk, ended(endpoint).pk] if act == "redeliver" else [endpoint.pk]
    if room is pages:
        client.force_login(alice)
        post, address = client.post, reverse(f"webhook_{act}", args=of)
    else:
        post, address = (
            client_of(alice).post,
            reverse(f"api:webhook-{act}{'-secret' * (act == 'rotate')}", args=of),
        )
    if act == "redeliver":
        find = room.get_object_or_404
        finds = iter([find, losing(find)])  # the webhook, then its delivery
        monkeypatch.setattr(room, "get_object_or_404", lambda *rest, **options: next(finds)(*rest, **options))
    else:
        monkeypatch.setattr(room, "_own", losing(room._own))
    assert post(address).status_code == 404
    assert not WebhookEndpoint.objects.exists()


def test_a_webhook_is_not_deleted_while_its_secret_is_rotated(endpoint, monkeypatch):
    read = WebhookEndpoint.refresh_from_db
    removing = threading.Thread(target=lambda: (remove(endpoint), connection.close()))

    def removed_before_it_is_read(self: WebhookEndpoint, *arguments: Any, **options: Any) -> None:
        removing.start()
        removing.join(0.5)
        read(self, *arguments, **options)

    monkeypatch.setattr(WebhookEndpoint, "refresh_from_db", removed_before_it_is_read)
    assert WebhookEndpoint.objects.get().rotate_secret()
    removing.join(30)
    assert not WebhookEndpoint.objects.exists()


def test_an_account_that_is_deleted_while_its_job_ends_does_not_wait_for_what_waits_for_it(
    alice, endpoint, scripted, order
):
    lease = order().claim("worker")
    stored_track(lease.job)
    deleted: list[bool] = []
    deleting = threading.Thread(
        target=lambda: (deleted.append(jobs.delete_owner(owner=alice)), connection.close())
    )
    with transaction.atomic():
        assert lease.renew()  # holds the job, as the UPDATE that ends it
        deleting.start()
        deleting.join(1)
        assert deleting.is_alive(), "it does not wait for the job"
        assert lease.complete(generate_seconds=1.0, store_seconds=1.0)  # and the webhooks
    deleting.join(30)
    assert deleted == [True]
    assert Job.objects.get().status == Status.COMPLETED
    assert not WebhookEndpoint.objects.exists()


def test_of_many_webhooks_all_are_locked_in_the_same_order(alice, receiver, scripted, order):
    """A job that was told to stop is no longer waited for by who deletes its owner, but its webhooks are."""
    found = sorted((endpoint_of(alice, receiver.url) for _ in range(2)), key=lambda each: each.pk)
    first, last = found
    WebhookEndpoint.objects.filter(pk=first.pk).update(created_at=timezone.now().replace(year=2020))
    deleted: list[bool] = []
    deleting = threading.Thread(
        target=lambda: (deleted.append(jobs.delete_owner(owner=alice)), connection.close())
    )
    with transaction.atomic():
        assert WebhookEndpoint.objects.all().select_for_update(no_key=True).filter(pk=first.pk).first()
        deleting.start()
        deleting.join(1)
        assert deleting.is_alive(), "it does not wait for the webhook"
        assert WebhookEndpoint.objects.all().select_for_update(no_key=True).filter(pk=last.pk).first()
    deleting.join(30)
    assert deleted == [True]
