"""`/webhooks`: added, listed, changed, rotated, tried and deleted; their deliveries listed and sent again."""

import uuid

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks import Webhook

from accounts.models import User
from generation.models import WebhookDelivery, WebhookEndpoint
from generation.tests.api_calls import API, client_of, problem, wrong_fields
from generation.webhooks import rules
from generation.webhooks.endpoint import BY_OWNER, GONE
from generation.webhooks.tests.conftest import delivery_to, endpoint_of

WEBHOOKS = f"{API}/webhooks"
URL = "https://receiver.example/hooks?a=b"
SHOWN = {
    *("id", "url", "description", "events", "enabled", "disabled_at", "disabled_reason", "failing_since"),
    *("old_secret_until", "created_at"),
}


@pytest.fixture
def client(alice) -> APIClient:
    return client_of(alice)


@pytest.fixture
def address(endpoint) -> str:
    return f"{WEBHOOKS}/{endpoint.pk}"


def ended(endpoint: WebhookEndpoint, status: str = "failed") -> WebhookDelivery:
    return delivery_to(endpoint, status=status, next_attempt_at=None, ended_at=timezone.now())


def test_a_webhook_is_added_and_its_secret_told_once(client, alice):
    response = client.post(WEBHOOKS, {"url": URL})
    body = response.json()
    assert (response.status_code, set(body)) == (201, SHOWN | {"secret"})
    assert (response["Cache-Control"], response["Location"]) == (
        "no-store",
        f"http://testserver{WEBHOOKS}/{body['id']}",
    )
    assert body["events"] == ["job.completed", "job.failed", "job.canceled"]
    assert (body["url"], body["description"], body["enabled"]) == (URL, "", True)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.signing_secrets(timezone.now()) == [body["secret"]]
    assert endpoint.jobs_url == f"http://testserver{API}/jobs"
    for answer in (client.get(response["Location"]), client.get(WEBHOOKS)):
        assert answer.status_code == 200
        assert body["secret"] not in answer.content.decode()
        assert endpoint.secret_salt not in answer.content.decode()
    assert client.get(response["Location"]).json() == {name: body[name] for name in SHOWN}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"url": "required"}),
        ({"url": None}, {"url": "null"}),
        ({"url": " "}, {"url": "blank"}),
        ({"url": 7}, {"url": "invalid"}),
        ({"url": "example.com"}, {"url": "invalid"}),
        ({"url": "http://1.1.1.1/"}, {"url": "invalid"}),
        ({"url": "https://169.254.169.254/"}, {"url": "invalid"}),
        ({"url": "https://localhost./"}, {"url": "invalid"}),
        ({"url": "https://a.example/" + "x" * rules.MAX_URL}, {"url": "invalid"}),
        ({"url": URL, "events": []}, {"events": "min_length"}),
        ({"url": URL, "events": ["job.completed"] * 4}, {"events": "max_length"}),
        ({"url": URL, "events": ["job.started"]}, {"events": "invalid_choice"}),
        ({"url": URL, "events": "job.failed"}, {"events": "not_a_list"}),
        ({"url": URL, "description": "d" * 201}, {"description": "max_length"}),
        ({"url": "", "secret": "whsec_mine"}, {"url": "blank", "secret": "unknown_field"}),
    ],
)
def test_what_is_wrong_is_named_and_adds_nothing(client, settings, body, wrong):
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    assert wrong_fields(client.post(WEBHOOKS, body)) == wrong
    assert not WebhookEndpoint.objects.exists()


def test_guests_and_those_who_have_twenty_get_no_more(client, alice, db):
    guest = APIClient()
    guest.force_login(User.objects.create_guest())
    problem(guest.post(WEBHOOKS, {"url": URL}), 403, "account_required")
    for _ in range(rules.MAX_ENDPOINTS):
        endpoint_of(alice, URL)
    problem(client.post(WEBHOOKS, {"url": URL}), 409, "too_many_webhooks")


def test_webhooks_are_listed_on_pages_the_newest_first(client, alice, bob):
    for number in range(3):
        endpoint_of(alice, f"https://receiver.example/{number}")
    endpoint_of(bob, URL)
    first = client.get(WEBHOOKS, {"page_size": 2}).json()
    second = client.get(first["next"]).json()
    urls = [webhook["url"][-1] for webhook in first["results"] + second["results"]]
    assert (urls, second["next"]) == (["2", "1", "0"], None)
    assert wrong_fields(client.get(WEBHOOKS, {"url": "x"})) == {"url": "unknown_filter"}


def test_a_webhook_is_changed(client, endpoint, address):
    before = client.get(address).json()
    changed = {"url": "https://other.example/", "events": ["job.failed"], "description": "Alarm"}
    assert client.patch(address, changed).json() == {**before, **changed}
    assert client.patch(address, {}).json() == {**before, **changed}
    assert wrong_fields(client.patch(address, {"url": "https://127.0.0.1@a/"})) == {"url": "invalid"}
    for field in ("id", "secret", "created_at", "failing_since", "disabled_reason"):
        assert wrong_fields(client.patch(address, {field: "x", "enabled": False})) == {field: "read_only"}
    assert wrong_fields(client.patch(address, {"enabled": "yes"})) == {"enabled": "invalid"}
    assert client.get(address).json() == {**before, **changed}


def test_a_webhook_is_switched_off_and_on(client, endpoint, address):
    off = client.patch(address, {"enabled": False}).json()
    assert (off["enabled"], off["disabled_reason"]) == (False, BY_OWNER)
    assert off["disabled_at"] is not None
    on = client.patch(address, {"enabled": True}).json()
    assert (on["enabled"], on["disabled_reason"], on["disabled_at"]) == (True, None, None)


def test_one_whose_secret_is_lost_is_not_enabled_and_not_changed_until_it_is_rotated(
    client, endpoint, address, settings
):
    endpoint.disable(BY_OWNER)
    before = client.get(address).json()
    settings.SECRET_KEY = "another"
    client = client_of(endpoint.owner)
    refused = client.patch(address, {"enabled": True, "description": "Alarm"})
    assert "Rotate the secret" in problem(refused, 409, "secret_lost")["detail"]
    assert client.get(address).json() == before
    assert client.patch(address, {"description": "Alarm"}).json()["enabled"] is False
    client.post(f"{address}/rotate-secret")
    assert client.patch(address, {"enabled": True}).json()["enabled"] is True


def test_the_reason_why_it_was_disabled_is_shown(client, endpoint, address):
    endpoint.disable(GONE)
    assert client.get(address).json()["disabled_reason"] == GONE


def test_a_secret_is_rotated_with_an_overlap(client, endpoint, address):
    response = client.post(f"{address}/rotate-secret")
    body = response.json()
    assert (response.status_code, set(body), response["Cache-Control"]) == (
        200,
        SHOWN | {"secret"},
        "no-store",
    )
    assert Webhook(body["secret"])._whsecret != Webhook(endpoint.secret)._whsecret
    assert body["old_secret_until"] is not None
    endpoint.refresh_from_db()
    assert endpoint.signing_secrets(timezone.now()) == [body["secret"], endpoint.secret]


def test_a_test_is_sent_and_its_delivery_told(client, endpoint, address):
    response = client.post(f"{address}/test")
    assert (response.status_code, response.json()["type"]) == (202, "webhook.test")
    assert (response.json()["status"], response.json()["attempts"]) == ("pending", [])
    problem(client.post(f"{address}/test"), 409, "test_pending")
    endpoint.disable(BY_OWNER)
    problem(client.post(f"{address}/test"), 409, "webhook_disabled")


def test_deliveries_are_listed_with_their_attempts(client, endpoint, address, django_assert_max_num_queries):
    older, newer = ended(endpoint), delivery_to(endpoint)
    older.attempts.create(
        at=timezone.now(), duration=0.25, status_code=500, answer="<b>Oh</b>", error="It redirects."
    )
    older.attempts.create(at=timezone.now(), duration=15.0, error="It does not answer in time.")
    with django_assert_max_num_queries(8):
        page = client.get(f"{address}/deliveries").json()
    assert [each["id"] for each in page["results"]] == [str(newer.pk), str(older.pk)]
    first, second = page["results"][1]["attempts"]
    assert (first["status_code"], first["duration"], first["answer"]) == (500, 0.25, "<b>Oh</b>")
    assert (second["status_code"], second["error"]) == (None, "It does not answer in time.")
    assert page["results"][0]["body"] == newer.body
    assert "lease_owner" not in page["results"][0]
    half = client.get(f"{address}/deliveries", {"page_size": 1}).json()
    assert client.get(half["next"]).json()["results"][0]["id"] == str(older.pk)


def test_a_delivery_is_sent_again(client, endpoint, address):
    delivery = ended(endpoint)
    again = f"{address}/deliveries/{delivery.pk}/redeliver"
    response = client.post(again)
    assert (response.status_code, response.json()["id"]) == (202, str(delivery.pk))
    assert response.json()["status"] == "pending"
    problem(client.post(again), 409, "delivery_pending")
    endpoint.disable(BY_OWNER)
    problem(client.post(again), 409, "webhook_disabled")


def test_a_webhook_is_deleted(client, endpoint, address):
    delivery_to(endpoint)
    assert client.delete(address).status_code == 204
    problem(client.delete(address), 404, "not_found")
    assert not WebhookDelivery.objects.exists()


def calls_of(address: str, delivery: WebhookDelivery) -> list[tuple[str, str]]:
    redeliver = f"{address}/deliveries/{delivery.pk}/redeliver"
    posts = [("post", f"{address}/{call}") for call in ("rotate-secret", "test")] + [("post", redeliver)]
    return [
        *((method, address) for method in ("get", "patch", "delete")),
        ("get", f"{address}/deliveries"),
        *posts,
    ]


def test_anothers_webhook_is_not_there(bob, endpoint, address):
    delivery = ended(endpoint)
    before = WebhookEndpoint.objects.values().get()
    for method, path in calls_of(address, delivery):
        problem(getattr(client_of(bob), method)(path), 404, "not_found")
    assert client_of(bob).get(WEBHOOKS).json()["results"] == []
    assert WebhookEndpoint.objects.values().get() == before
    assert WebhookDelivery.objects.get().status == "failed"


def test_a_delivery_of_another_webhook_is_not_there(client, alice, bob, endpoint, address, receiver):
    for owner in (alice, bob):
        delivery = ended(endpoint_of(owner, receiver.url))
        problem(client.post(f"{address}/deliveries/{delivery.pk}/redeliver"), 404, "not_found")
    problem(client.post(f"{address}/deliveries/{uuid.uuid4()}/redeliver"), 404, "not_found")


def test_a_token_to_read_changes_nothing(alice, endpoint, address):
    reader = client_of(alice, "read")
    for method, path in [*calls_of(address, ended(endpoint)), ("post", WEBHOOKS)]:
        answer = getattr(reader, method)(path)
        assert answer.status_code == (200 if method == "get" else 403), path
    problem(APIClient().get(WEBHOOKS), 401, "not_authenticated")
