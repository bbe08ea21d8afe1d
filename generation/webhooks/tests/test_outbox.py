"""Messages are written with what they tell of: all or nothing, and for nobody else."""

import json
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import jobs
from generation.engines.scripted import REJECTED
from generation.models import Job, Lease, WebhookDelivery
from generation.models.job_states import Status
from generation.tests.api_calls import stored_track
from generation.tests.working import run
from generation.webhooks.endpoint import BY_OWNER
from generation.webhooks.outbox import send_test
from generation.webhooks.rules import NotAccepted
from generation.webhooks.tests.conftest import JOBS_URL, delivery_to, endpoint_of

HTTPS = "https://receiver.example/"


@pytest.fixture
def lease(scripted, order) -> Callable[[], Lease]:
    """A job of alice's in the hands of a worker, with one track stored."""

    def take() -> Lease:
        lease = order().claim("worker")
        assert lease
        stored_track(lease.job)
        return lease

    return take


def message_of(delivery):
    return json.loads(delivery.body)


@pytest.mark.django_db(transaction=True)
def test_a_job_tells_that_it_is_completed(endpoint, scripted, order):
    job = run(order(variations=2))
    delivery = endpoint.deliveries.get()
    assert (delivery.type, delivery.status) == ("job.completed", "pending")
    assert message_of(delivery) == {
        "type": "job.completed",
        "timestamp": job.finished_at.isoformat().replace("+00:00", "Z"),
        "data": {
            "id": str(job.pk),
            "status": "completed",
            "track_ids": [str(track.pk) for track in job.kept_tracks],
            "error": None,
            "url": f"{JOBS_URL}/{job.pk}",
        },
    }
    assert len(job.kept_tracks) == 2


@pytest.mark.django_db(transaction=True)
def test_a_job_tells_that_it_has_failed_and_why(endpoint, scripted, order):
    scripted.script.append(REJECTED)
    run(order())
    [delivery] = endpoint.deliveries.all()
    assert delivery.type == message_of(delivery)["type"] == "job.failed"
    assert message_of(delivery)["data"]["error"] == {
        "code": "content_rejected",
        "message": "The engine will not make this.",
        "retryable": False,
    }


@pytest.mark.django_db(transaction=True)
def test_a_job_tells_that_it_was_canceled_from_the_queue_or_from_work(endpoint, scripted, order, lease):
    jobs.cancel(job=order())
    held = lease()
    assert jobs.cancel(job=held.job)
    assert endpoint.deliveries.count() == 1
    assert held.end_canceled()
    assert [message_of(each)["data"]["status"] for each in endpoint.deliveries.all()] == ["canceled"] * 2


def test_a_job_tells_that_its_time_is_over(endpoint, scripted, order):
    job = order()
    Job.objects.filter(pk=job.pk).update(deadline_at=timezone.now())
    assert job.expire()
    assert message_of(endpoint.deliveries.get())["data"]["error"]["code"] == "deadline_exceeded"


def test_an_end_is_told_once(endpoint, lease):
    held = lease()
    assert held.complete(generate_seconds=1.0, store_seconds=1.0)
    assert not held.complete(generate_seconds=1.0, store_seconds=1.0)
    assert not jobs.cancel(job=held.job)
    assert endpoint.deliveries.count() == 1


def test_an_end_that_is_undone_is_not_told(endpoint, lease):
    held = lease()
    with transaction.atomic():
        assert held.complete(generate_seconds=1.0, store_seconds=1.0)
        assert endpoint.deliveries.count() == 1
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()
    assert Job.objects.get().status == Status.PROCESSING


def test_an_end_that_cannot_be_told_is_undone(endpoint, lease, monkeypatch):
    """Neither is there without the other."""
    held = lease()
    monkeypatch.setattr("generation.webhooks.outbox.job_message", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        held.complete(generate_seconds=1.0, store_seconds=1.0)
    assert Job.objects.get().status == Status.PROCESSING


def test_what_is_no_end_is_not_told(endpoint, lease):
    held = lease()
    assert held.retry_later(delay=0)
    assert held.job.claim("worker").hand_back()
    assert not WebhookDelivery.objects.exists()


def test_it_is_told_to_those_who_asked_and_to_nobody_else(alice, bob, endpoint, lease, receiver):
    endpoint_of(alice, receiver.url, events=["job.failed"])
    endpoint_of(bob, receiver.url)
    endpoint_of(alice, receiver.url).disable(BY_OWNER)
    held = lease()
    held.complete(generate_seconds=1.0, store_seconds=1.0)
    assert [each.endpoint for each in WebhookDelivery.objects.all()] == [endpoint]


def test_a_locked_account_is_told_nothing(alice, endpoint, scripted, order):
    job = order()
    type(alice).objects.update(is_active=False)
    assert jobs.cancel(job=job)
    assert not WebhookDelivery.objects.exists()


def test_an_owner_without_endpoints_pays_one_query(bob, receiver, lease):
    endpoint_of(bob, receiver.url)
    held = lease()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert held.complete(generate_seconds=1.0, store_seconds=1.0)
    about = [query["sql"] for query in queries if "webhook" in query["sql"]]
    assert len(about) == 1


def test_a_test_names_the_webhook(endpoint):
    test = send_test(endpoint)
    assert message_of(test)["type"] == test.type == "webhook.test"
    assert message_of(test)["data"] == {"webhook_id": str(endpoint.pk)}


def test_a_test_is_sent_when_the_last_has_ended_and_the_endpoint_is_enabled(endpoint):
    delivery_to(endpoint)
    send_test(endpoint)
    with pytest.raises(NotAccepted) as refused:
        send_test(endpoint)
    assert refused.value.code == "test_pending"
    endpoint.disable(BY_OWNER)
    with pytest.raises(NotAccepted) as refused:
        send_test(endpoint)
    assert refused.value.code == "webhook_disabled"
    endpoint.enable()
    assert send_test(endpoint)
