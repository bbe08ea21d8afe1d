"""Endpoints: added within their limits, shown a secret once, rotated, disabled and enabled."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.guests import adopt
from accounts.models import User
from generation import jobs
from generation.models import WebhookDelivery, WebhookEndpoint
from generation.webhooks import rules, signing
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.endpoint import BY_OWNER, SecretLost
from generation.webhooks.removal import remove
from generation.webhooks.rules import NotAccepted
from generation.webhooks.tests.conftest import JOBS_URL, delivery_to, endpoint_of

HTTPS = "https://receiver.example/hooks"


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    return endpoint.signing_secrets(timezone.now())


def test_what_is_stored_holds_no_secret(alice):
    endpoint = endpoint_of(alice, HTTPS, events=["job.failed", "job.completed", "job.failed"])
    assert endpoint.events == ["job.completed", "job.failed"]
    assert secrets_of(endpoint) == [endpoint.secret]
    assert endpoint.secret.startswith("whsec_")
    assert len(signing.Webhook(endpoint.secret)._whsecret) == 32
    row = json.dumps(WebhookEndpoint.objects.filter(pk=endpoint.pk).values()[0], default=str)
    assert endpoint.secret.removeprefix("whsec_") not in row


def test_secrets_differ_and_another_key_of_the_site_makes_others(alice, settings):
    first, second = (endpoint_of(alice, HTTPS) for _ in range(2))
    assert first.secret != second.secret
    settings.SECRET_KEY = "another"
    with pytest.raises(SecretLost):
        secrets_of(first)
    rotated = first.rotate_secret()
    assert secrets_of(first)[0] == rotated


def test_a_rotated_secret_signs_for_another_day(alice, reread):
    endpoint = endpoint_of(alice, HTTPS)
    old, new = endpoint.secret, endpoint.rotate_secret()
    assert secrets_of(reread(endpoint)) == [new, old]
    day = timedelta(hours=24)
    assert endpoint.signing_secrets(timezone.now() + day - timedelta(minutes=1)) == [new, old]
    assert endpoint.signing_secrets(timezone.now() + day) == [new]
    newest = endpoint.rotate_secret()
    assert secrets_of(endpoint) == [newest, new]
    remove(endpoint)
    assert endpoint.rotate_secret() is None


def test_there_may_be_twenty(alice, bob):
    for _ in range(rules.MAX_ENDPOINTS):
        endpoint = endpoint_of(alice, HTTPS)
    with pytest.raises(NotAccepted) as refused:
        endpoint_of(alice, HTTPS)
    assert refused.value.code == "too_many_webhooks"
    assert endpoint_of(bob, HTTPS)
    remove(endpoint)
    assert endpoint_of(alice, HTTPS)


def test_guests_have_none(db):
    with pytest.raises(NotAccepted) as refused:
        endpoint_of(User.objects.create_guest(), HTTPS)
    assert refused.value.code == "account_required"


@pytest.mark.parametrize("events", [[], ["job.started"], ["webhook.test"]])
def test_events_are_those_of_jobs(alice, events):
    with pytest.raises(ValueError, match="event"):
        endpoint_of(alice, HTTPS, events=events)
    assert not WebhookEndpoint.objects.exists()


def test_a_change_that_cannot_be_changes_nothing(alice, reread):
    endpoint = endpoint_of(alice, HTTPS)
    for wrong in ({"url": "https://localhost./"}, {"events": []}):
        with pytest.raises(ValueError, match=r".+"):
            endpoint.change(jobs_url=JOBS_URL, description="new", **wrong)
    assert (reread(endpoint).url, reread(endpoint).description) == (HTTPS, "")
    assert endpoint.change(jobs_url="https://b/", url="https://b.example/", description="new")
    assert (reread(endpoint).url, reread(endpoint).jobs_url) == ("https://b.example/", "https://b/")


def test_what_is_pending_ends_when_it_is_disabled(endpoint, reread):
    pending, done = delivery_to(endpoint), delivery_to(endpoint)
    WebhookDelivery.objects.filter(pk=done.pk).update(
        status=DeliveryStatus.DELIVERED, next_attempt_at=None, ended_at=timezone.now()
    )
    assert endpoint.disable(BY_OWNER)
    assert not endpoint.disable("for another reason")
    assert (reread(endpoint).disabled_reason, reread(endpoint).is_enabled) == (BY_OWNER, False)
    assert (reread(pending).status, reread(done).status) == ("failed", "delivered")
    assert endpoint.enable()
    assert not endpoint.enable()
    assert (reread(endpoint).is_enabled, reread(pending).status) == (True, "failed")


def test_it_is_named_by_its_host_alone(alice):
    endpoint = endpoint_of(alice, "https://receiver.example:8443/services/T0/SECRETPATH?key=SECRETKEY")
    assert endpoint.origin == "https://receiver.example:8443"
    assert "SECRET" not in str(endpoint)


def test_a_removed_endpoint_takes_its_deliveries_along(endpoint):
    delivery_to(endpoint).attempts.create(at=timezone.now(), duration=1.0)
    assert remove(endpoint)
    assert not remove(endpoint)
    assert not WebhookDelivery.objects.exists()


def test_a_deleted_user_has_none_at_once(alice, bob, endpoint):
    kept = endpoint_of(bob, HTTPS)
    delivery_to(endpoint)
    assert jobs.delete_owner(owner=alice)
    assert list(WebhookEndpoint.objects.all()) == [kept]


def test_the_jobs_of_a_guest_are_told_to_the_account_that_adopts_them(alice, endpoint, scripted, order):
    guest = User.objects.create_guest()
    job = order()
    type(job).objects.filter(pk=job.pk).update(owner=guest)
    adopt(guest, alice)
    job.owner_id = guest.pk  # as whoever had the job in hand meanwhile knows it
    assert jobs.cancel(job=job)
    assert endpoint.deliveries.get().type == "job.canceled"
