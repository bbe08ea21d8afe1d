"""The operator's pages of webhooks and deliveries: to look at, and without anything that is secret."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from generation.models import WebhookDelivery
from generation.webhooks.tests.conftest import delivery_to, endpoint_of

ENDPOINTS, DELIVERIES = "/admin/generation/webhookendpoint/", "/admin/generation/webhookdelivery/"
URL = "https://receiver.example:8443/services/PATHSECRET?key=QUERYSECRET"


@pytest.fixture
def operator(client, db) -> Client:
    client.force_login(User.objects.create_superuser("charlie@example.org", "a long enough secret"))
    return client


@pytest.fixture
def delivery(alice) -> WebhookDelivery:
    delivery = delivery_to(endpoint_of(alice, URL, description="Radio"))
    answer = "password=ANSWERSECRET <b>bold</b>"
    delivery.attempts.create(at=timezone.now(), duration=0.25, status_code=500, answer=answer)
    return delivery


def pages_of(delivery: WebhookDelivery) -> list[str]:
    return [
        *(ENDPOINTS, f"{ENDPOINTS}{delivery.endpoint_id}/change/"),
        *(DELIVERIES, f"{DELIVERIES}{delivery.pk}/change/"),
    ]


def test_all_is_shown_but_secrets(operator, delivery):
    endpoint = delivery.endpoint
    seen = [operator.get(page) for page in pages_of(delivery)]
    assert [answer.status_code for answer in seen] == [200] * 4
    text = "".join(answer.content.decode() for answer in seen)
    for shown in (
        "https://receiver.example:8443",
        "alice@example.org",
        "job.completed",
        "500",
        "&lt;b&gt;bold",
    ):
        assert shown in text
    secrets = (endpoint.secret_salt, endpoint.secret_digest, *endpoint.signing_secrets(timezone.now()))
    for secret in (*secrets, "PATHSECRET", "QUERYSECRET", "ANSWERSECRET"):
        assert secret not in text


def test_nothing_is_changed_there(operator, delivery):
    for page in (ENDPOINTS, DELIVERIES):
        assert operator.get(f"{page}add/").status_code == 403
    for page in pages_of(delivery)[1::2]:
        assert operator.post(page, {"disabled_reason": "x", "status": "failed"}).status_code == 403
        assert operator.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert WebhookDelivery.objects.get().status == "pending"


def test_they_are_found_by_owner_and_state(operator, delivery, bob):
    endpoint_of(bob, URL)
    found = operator.get(ENDPOINTS, {"q": "alice@example.org"}).context["cl"].result_list
    assert list(found) == [delivery.endpoint]
    assert list(operator.get(DELIVERIES, {"status": "failed"}).context["cl"].result_list) == []


def test_lists_take_few_queries(operator, delivery, django_assert_max_num_queries):
    for _ in range(20):
        delivery_to(delivery.endpoint)
    with django_assert_max_num_queries(8):
        assert operator.get(DELIVERIES).status_code == 200
