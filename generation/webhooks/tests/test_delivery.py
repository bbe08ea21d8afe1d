"""Deliveries: claimed once, noted by who holds them, tried again, and given up."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.models import WebhookDelivery
from generation.webhooks.delivery import KEPT_ATTEMPTS, LEASE, Outcome
from generation.webhooks.endpoint import BY_OWNER, GONE
from generation.webhooks.removal import remove
from generation.webhooks.rules import NotAccepted
from generation.webhooks.schedule import MAX_ATTEMPTS
from generation.webhooks.tests.conftest import delivery_to
from generation.worker import reaper

ME, ANOTHER = "host:1:me", "host:2:another"


def outcome(status_code: int | None = 204, **fields: Any) -> Outcome:
    return Outcome(at=timezone.now(), duration=0.5, status_code=status_code, **fields)


def attempt(delivery: WebhookDelivery, result: Outcome) -> WebhookDelivery:
    """Send it once, as if it were due, and read it anew."""
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(next_attempt_at=now)
    held = WebhookDelivery.objects.get(pk=delivery.pk)
    assert held.claim(ME, now)
    assert held.note(ME, result)
    return WebhookDelivery.objects.get(pk=delivery.pk)


def wait_of(delivery: WebhookDelivery) -> float:
    assert delivery.next_attempt_at
    return (delivery.next_attempt_at - timezone.now()).total_seconds()


def test_it_is_claimed_once_until_the_lease_runs_out(delivery):
    now = timezone.now()
    assert delivery.claim(ME, now)
    assert not delivery.claim(ANOTHER, now)
    assert not WebhookDelivery.objects.due(now).exists()
    later = now + LEASE
    assert WebhookDelivery.objects.due(later).get() == delivery
    assert delivery.claim(ANOTHER, later)
    assert not delivery.note(ME, outcome())
    assert not delivery.attempts.exists()
    assert delivery.note(ANOTHER, outcome())


def test_what_a_dead_sender_held_is_due_at_once(delivery, endpoint):
    others = delivery_to(endpoint)
    now = timezone.now()
    delivery.claim(ME, now)
    others.claim(ANOTHER, now)
    assert WebhookDelivery.objects.release("host:1:") == 1
    assert WebhookDelivery.objects.due(timezone.now()).get() == delivery


def test_success_ends_it(delivery, reread):
    delivery = attempt(delivery, outcome(200, answer="thanks"))
    assert (delivery.status, delivery.next_attempt_at, delivery.attempts_made) == ("delivered", None, 1)
    logged = delivery.attempts.get()
    assert (logged.status_code, logged.duration, logged.answer, logged.error) == (200, 0.5, "thanks", "")


def test_failure_is_tried_again_by_the_schedule_and_then_given_up(delivery, endpoint, reread):
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        delivery = attempt(delivery, outcome(500))
        assert delivery.status == "pending"
        waits.append(wait_of(delivery))
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(5, abs=1)
    delivery = attempt(delivery, outcome(None, error="It is away."))
    assert (delivery.status, delivery.next_attempt_at) == ("failed", None)
    assert delivery.attempts.count() == MAX_ATTEMPTS
    assert reread(endpoint).is_enabled


def test_a_receiver_that_is_busy_is_left_alone(delivery):
    assert wait_of(attempt(delivery, outcome(429, retry_after=300.0))) == pytest.approx(300, abs=5)


def test_an_endpoint_that_is_gone_is_disabled(delivery, endpoint, reread):
    waiting = delivery_to(endpoint)
    delivery = attempt(delivery, outcome(410))
    assert reread(endpoint).disabled_reason == GONE
    assert (delivery.status, reread(waiting).status) == ("failed", "failed")


@pytest.mark.parametrize(("days", "is_enabled"), [(1, True), (3, False)])
def test_an_endpoint_at_which_nothing_arrives_for_days_is_disabled(
    delivery, endpoint, reread, days, is_enabled
):
    since = timezone.now() - timedelta(days=days)
    type(endpoint).objects.update(failing_since=since)
    WebhookDelivery.objects.update(attempts_made=MAX_ATTEMPTS - 2)
    delivery = attempt(delivery, outcome(500))
    assert reread(endpoint).is_enabled
    assert attempt(delivery, outcome(500)).status == "failed"
    assert reread(endpoint).is_enabled is is_enabled
    if not is_enabled:
        assert f"{since:%Y-%m-%d}" in reread(endpoint).disabled_reason


def test_one_success_shows_that_the_endpoint_lives(delivery, endpoint, reread):
    delivery = attempt(delivery, outcome(500))
    since = reread(endpoint).failing_since
    assert since is not None
    attempt(delivery_to(endpoint), outcome(500))
    assert reread(endpoint).failing_since == since
    attempt(delivery, outcome(200))
    assert reread(endpoint).failing_since is None


def test_what_was_on_its_way_when_the_endpoint_was_disabled_may_have_arrived(endpoint, reread):
    arrived, lost = delivery_to(endpoint), delivery_to(endpoint)
    for delivery in (arrived, lost):
        assert delivery.claim(ME, timezone.now())
    endpoint.disable(BY_OWNER)
    assert arrived.note(ME, outcome(200))
    assert lost.note(ME, outcome(500))
    assert (reread(arrived).status, reread(lost).status) == ("delivered", "failed")


def test_an_attempt_at_an_endpoint_that_was_removed_meanwhile_is_forgotten(delivery, endpoint):
    assert delivery.claim(ME, timezone.now())
    remove(endpoint)
    assert not delivery.note(ME, outcome(200))


def test_a_test_is_tried_once(endpoint, reread):
    test = delivery_to(endpoint, type="webhook.test")
    type(endpoint).objects.update(failing_since=timezone.now() - timedelta(days=9))
    assert attempt(test, outcome(500)).status == "failed"


def test_it_is_sent_again_under_the_same_id_and_with_all_attempts(delivery, reread):
    with pytest.raises(NotAccepted) as refused:
        delivery.send_again()
    assert refused.value.code == "delivery_pending"
    delivery = attempt(delivery, outcome(200))
    delivery.send_again()
    again = reread(delivery)
    assert (again.pk, again.status, again.attempts_made) == (delivery.pk, "pending", 0)
    assert again.attempts.count() == 1
    again = attempt(again, outcome(500))
    assert (again.status, again.attempts.count()) == ("pending", 2)


def test_nothing_is_sent_again_to_a_disabled_endpoint(delivery, endpoint):
    delivery = attempt(delivery, outcome(200))
    endpoint.disable(BY_OWNER)
    delivery = WebhookDelivery.objects.get(pk=delivery.pk)
    with pytest.raises(NotAccepted) as refused:
        delivery.send_again()
    assert refused.value.code == "webhook_disabled"


def test_of_many_attempts_the_last_are_kept(delivery):
    for number in range(KEPT_ATTEMPTS + 3):
        delivery = attempt(delivery, outcome(200, answer=str(number)))
        delivery.send_again()
    assert [each.answer for each in delivery.attempts.all()][0::19] == ["3", "22"]


def test_old_deliveries_are_pruned_but_for_those_that_are_pending(delivery, endpoint):
    ended = attempt(delivery_to(endpoint), outcome(200))
    now = timezone.now() + timedelta(days=30)
    assert WebhookDelivery.objects.all().prune(now - timedelta(minutes=1)) == 0
    assert WebhookDelivery.objects.all().prune(now) == 2  # with its attempt
    assert WebhookDelivery.objects.get() == delivery
    assert not WebhookDelivery.objects.filter(pk=ended.pk).exists()


def test_the_reaper_prunes(endpoint):
    ended = attempt(delivery_to(endpoint), outcome(200))
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=30))
    reaper.reap()
    assert not WebhookDelivery.objects.filter(pk=ended.pk).exists()
