"""The sender as a process of the worker's group: jobs made by real workers are reported, also where it is killed."""

import json
import os
import signal

import pytest
from standardwebhooks import Webhook

from generation import jobs
from generation.models import WebhookDelivery
from generation.models.job_states import Status
from generation.tests.test_cluster import pids_of
from generation.tests.test_worker_process import start_worker, status
from generation.tests.working import wait_until
from generation.webhooks.tests import receiver as receivers
from generation.webhooks.tests.conftest import delivery_to, endpoint_of
from generation.webhooks.tests.receiver import answering

__all__ = ["start_worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]
ALLOWED = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}
SECONDS = 60


def statuses() -> set[str]:
    return set(WebhookDelivery.objects.values_list("status", flat=True))


def test_jobs_that_end_in_a_worker_are_told_of(scripted, order, endpoint, receiver, start_worker):
    start_worker(**ALLOWED)
    ended = {"completed": order(), "failed": order("[reject] rain"), "canceled": order("[hang] rain")}
    wait_until(lambda: status(ended["canceled"]) == Status.PROCESSING, SECONDS)
    jobs.cancel(job=ended["canceled"])
    wait_until(lambda: len(receiver.received) == 3, SECONDS)
    heard = {}
    for received in receiver.received:
        message = Webhook(endpoint.secret).verify(received.body, received.headers)
        heard[message["type"].removeprefix("job.")] = message["data"]
    assert {name: data["id"] for name, data in heard.items()} == {
        name: str(job.pk) for name, job in ended.items()
    }
    assert heard["completed"]["track_ids"] == [str(ended["completed"].kept_tracks[0].pk)]
    assert heard["failed"]["error"]["code"] == "content_rejected"
    wait_until(lambda: statuses() == {"delivered"}, SECONDS)


def test_receivers_that_hang_hold_up_no_music(alice, scripted, order, receiver, start_worker):
    receiver.behaviour = receivers.hanging
    for _ in range(10):
        hanging = endpoint_of(alice, receiver.url)
        for _ in range(5):
            delivery_to(hanging)
    start_worker(**ALLOWED)
    wait_until(lambda: receiver.received, SECONDS)
    made = [order() for _ in range(5)]
    assert wait_until(lambda: all(status(job) == Status.COMPLETED for job in made), SECONDS) < 20


@pytest.mark.parametrize("victim", ["sender", "whole group"])
def test_what_was_on_its_way_when_its_process_was_killed_is_sent_again(
    endpoint, receiver, start_worker, victim, monkeypatch
):
    delivery = delivery_to(endpoint)
    receiver.behaviour = receivers.hanging
    process = start_worker(**ALLOWED)
    wait_until(lambda: receiver.received, SECONDS)
    [sender] = pids_of(process, "sender")
    receiver.behaviour = answering(200)
    if victim == "sender":
        os.kill(sender, signal.SIGKILL)
        within = 10.0  # its successor knows what it held
    else:
        os.killpg(process.pid, signal.SIGKILL)
        WebhookDelivery.objects.update(next_attempt_at=delivery.created_at)  # as when its lease has run out
        start_worker(**ALLOWED)
        within = SECONDS
    assert wait_until(lambda: statuses() == {"delivered"}, SECONDS) < within
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(delivery.pk)
    assert Webhook(endpoint.secret).verify(second.body, second.headers) == json.loads(delivery.body)


def test_a_stopped_sender_is_replaced(endpoint, receiver, start_worker):
    process = start_worker(**ALLOWED)
    wait_until(lambda: pids_of(process, "sender"), SECONDS)
    [sender] = pids_of(process, "sender")
    os.kill(sender, signal.SIGSTOP)
    delivery_to(endpoint)
    wait_until(lambda: pids_of(process, "sender") not in ([], [sender]), SECONDS)
    wait_until(lambda: statuses() == {"delivered"}, SECONDS)


def test_a_worker_that_is_told_to_end_waits_for_what_is_on_its_way(endpoint, receiver, start_worker):
    delivery_to(endpoint)
    receiver.behaviour = receivers.hanging
    process = start_worker(**ALLOWED)
    wait_until(lambda: receiver.received, SECONDS)
    os.killpg(process.pid, signal.SIGTERM)
    receiver.released.set()  # it breaks off: that, too, is noted
    assert process.wait(SECONDS) == 0
    assert WebhookDelivery.objects.get().attempts_made == 1


def test_a_drain_that_is_over_leaves_the_rest_to_others(endpoint, receiver, start_worker):
    delivery_to(endpoint)
    receiver.behaviour = receivers.hanging
    process = start_worker(**ALLOWED, WORKER_GRACE_SECONDS="1")
    wait_until(lambda: receiver.received, SECONDS)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.lease_owner, delivery.attempts_made) == ("pending", "", 0)
