"""The account's pages of webhooks."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from generation.models import WebhookDelivery, WebhookEndpoint
from generation.tests.web_pages import error_at, text_of
from generation.webhooks import outbox, rules
from generation.webhooks.endpoint import GONE, KEY_CHANGED
from generation.webhooks.tests.conftest import delivery_to, endpoint_of

WEBHOOKS = "/accounts/webhooks/"
URL = "https://receiver.example/hooks?key=1"
FORM = {"url": URL, "description": "Radio <b>bot</b>", "events": ["job.failed", "job.completed"]}


@pytest.fixture
def page(endpoint) -> str:
    return f"{WEBHOOKS}{endpoint.pk}/"


def ended(endpoint: WebhookEndpoint) -> WebhookDelivery:
    return delivery_to(endpoint, status="failed", next_attempt_at=None, ended_at=timezone.now())


def test_a_webhook_is_added_and_its_secret_shown_once(alices, alice):
    answer = alices.post(WEBHOOKS, FORM)
    endpoint = WebhookEndpoint.objects.get()
    [secret] = endpoint.signing_secrets(timezone.now())
    assert (answer.status_code, answer["Cache-Control"].count("no-store")) == (200, 1)
    assert secret in answer.content.decode()
    assert (endpoint.owner, endpoint.url, endpoint.events) == (alice, URL, ["job.completed", "job.failed"])
    assert endpoint.jobs_url == "http://testserver/api/v1/jobs"
    for path in (WEBHOOKS, f"{WEBHOOKS}{endpoint.pk}/"):
        seen = alices.get(path).content.decode()
        assert secret not in seen
        assert "Radio &lt;b&gt;bot&lt;/b&gt;" in seen


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("url", "", "Give the address"),
        ("url", "https://10.0.0.1/", "10.0.0.1 is not on the public internet."),
        ("url", "http://receiver.example/", "receiver.example may be asked by https alone."),
        ("events", [], "Choose at least one."),
        ("events", ["job.started"], "Select a valid choice"),
        ("description", "d" * 201, "at most 200"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(alices, settings, field, value, message):
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    answer = alices.post(WEBHOOKS, FORM | {field: value})
    assert answer.status_code == 422
    assert message in error_at(answer, field)
    assert not WebhookEndpoint.objects.exists()


def test_who_has_twenty_is_told(alices, alice):
    for _ in range(rules.MAX_ENDPOINTS):
        endpoint_of(alice, URL)
    answer = alices.post(WEBHOOKS, FORM)
    assert answer.status_code == 422
    assert "as many as there may be" in text_of(answer)


def test_guests_are_told_to_sign_up_and_others_to_log_in(client, db):
    assert client.get(WEBHOOKS).status_code == 302
    client.force_login(User.objects.create_guest())
    assert "Sign up" in text_of(client.get(WEBHOOKS))
    assert client.post(WEBHOOKS, FORM).status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_the_account_page_leads_there(alices):
    assert reverse("webhooks") in alices.get("/accounts/").content.decode()


def test_a_webhook_is_changed(alices, endpoint, page, reread):
    assert alices.get(page).context["form"].initial["url"] == endpoint.url
    answer = alices.post(page, FORM, follow=True)
    assert "The webhook is changed." in text_of(answer)
    assert (reread(endpoint).url, reread(endpoint).description) == (URL, FORM["description"])
    assert alices.post(page, FORM | {"url": "ftp://a/"}).status_code == 422
    assert reread(endpoint).url == URL


def test_a_new_secret_is_asked_for_made_and_shown_once(alices, endpoint, page, reread):
    assert "24 hours" in text_of(alices.get(f"{page}rotate"))
    assert reread(endpoint).old_secret_until is None
    answer = alices.post(f"{page}rotate")
    new, old = reread(endpoint).signing_secrets(timezone.now())
    assert old == endpoint.secret
    assert new in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert new not in alices.get(page).content.decode()


def test_a_test_is_sent_and_the_page_follows_it(alices, endpoint, page, settings):
    settings.WEBHOOK_DELIVERY_DAYS = 7
    assert "Messages are kept here for 7 days." in text_of(alices.get(page))
    answer = alices.post(f"{page}test", follow=True)
    assert "A test message is being sent." in text_of(answer)
    assert answer.context["waits"] is True
    assert "webhook.test" in text_of(answer)
    assert "is being sent already" in text_of(alices.post(f"{page}test", follow=True))
    assert endpoint.deliveries.count() == 1
    endpoint.deliveries.update(status="failed", next_attempt_at=None, ended_at=timezone.now())
    assert alices.get(page).context["waits"] is False


def test_it_is_switched_off_and_on(alices, endpoint, page, reread):
    assert "switched off" in text_of(alices.post(f"{page}switch", follow=True))
    assert not reread(endpoint).is_enabled
    assert "It was switched off by its owner." in text_of(alices.get(page))
    assert "enabled" in text_of(alices.post(f"{page}switch", {"on": "1"}, follow=True))
    assert reread(endpoint).is_enabled


def test_where_the_secret_is_lost_a_new_one_comes_first(alice, endpoint, page, reread, settings):
    endpoint.disable(KEY_CHANGED)
    settings.SECRET_KEY = "another"
    alices = Client()
    alices.force_login(alice)
    shown = alices.get(page).content.decode()
    assert ">Enable<" not in shown
    assert re.search(r'class="button button-primary"\s+href="[^"]+rotate"', shown)
    assert "Rotate the secret" in text_of(alices.post(f"{page}switch", {"on": "1"}, follow=True))
    assert not reread(endpoint).is_enabled
    assert ">Enable<" in alices.post(f"{page}rotate").content.decode()
    alices.post(f"{page}switch", {"on": "1"})
    assert reread(endpoint).is_enabled


def test_the_reason_is_shown_where_the_site_disabled_it(alices, endpoint, page):
    endpoint.disable(GONE)
    assert GONE in text_of(alices.get(page))
    assert "disabled" in text_of(alices.get(WEBHOOKS))


def test_deliveries_are_shown_with_what_was_answered_as_text(alices, endpoint, page):
    delivery = ended(endpoint)
    delivery.attempts.create(
        at=timezone.now(), duration=0.25, status_code=500, answer="<script>alert(1)</script>"
    )
    delivery.attempts.create(at=timezone.now(), duration=15.0, error="It does not <i>answer</i> in time.")
    text = alices.get(page).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "It does not &lt;i&gt;answer&lt;/i&gt; in time." in text
    assert "<script>alert" not in text
    assert "0.25 s" in text
    assert str(delivery.pk) in text


def test_many_deliveries_are_on_pages_of_few_queries(alices, endpoint, page, django_assert_max_num_queries):
    for _ in range(25):
        ended(endpoint).attempts.create(at=timezone.now(), duration=0.25, status_code=500)
    with django_assert_max_num_queries(8):
        first = alices.get(page)
    assert (len(first.context["page"]), len(alices.get(f"{page}?page=2").context["page"])) == (20, 5)


def test_a_delivery_is_sent_again(alices, endpoint, page, reread):
    delivery = ended(endpoint)
    again = f"{page}deliveries/{delivery.pk}/redeliver"
    assert "The message is being sent again." in text_of(alices.post(again, follow=True))
    assert reread(delivery).status == "pending"
    assert "is being sent already" in text_of(alices.post(again, follow=True))


def test_deleting_asks_first(alices, endpoint, page):
    assert "cannot be undone" in text_of(alices.get(f"{page}delete"))
    assert WebhookEndpoint.objects.exists()
    assert "is deleted" in text_of(alices.post(f"{page}delete", follow=True))
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("rest", ["", "rotate", "delete", "test", "switch", "deliveries/{}/redeliver"])
def test_anothers_webhook_is_not_there(client, bob, alice, endpoint, page, rest):
    path = page + rest.format(outbox.send_test(endpoint).pk)
    client.force_login(bob)
    before = WebhookEndpoint.objects.values().get()
    assert client.post(path, FORM).status_code == 404
    assert client.get(path).status_code in (404, 405)
    assert WebhookEndpoint.objects.values().get() == before
    assert bytes(str(endpoint.pk), "ascii") not in client.get(WEBHOOKS).content


def test_acts_need_a_post_with_the_token_of_the_form(alices, endpoint, page):
    for act in ("test", "switch"):
        assert alices.get(page + act).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(endpoint.owner)
    for act in ("", "test", "switch", "rotate", "delete"):
        assert strict.post(page + act).status_code == 403
    assert WebhookEndpoint.objects.get().is_enabled
