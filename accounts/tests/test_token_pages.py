"""The account page: tokens are made, shown once, and revoked; a guest and a stranger see what is theirs."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken
from accounts.tests.conftest import refusal_of, token_row
from accounts.token_rules import LIVE_LIMIT

ORDER = {"name": "Radio bot", "access": "both", "expires": "90", "date": ""}


@pytest.fixture
def alices(client, alice) -> Client:
    client.force_login(alice)
    return client


def secret_in(page: HttpResponse) -> str:
    """The one secret that a page shows."""
    secrets = set(re.findall(r"mg_[\w-]{40,}", page.content.decode()))
    assert len(secrets) == 1
    return secrets.pop()


def test_who_is_not_logged_in_logs_in_first(client, db):
    assert client.get("/accounts/").url == "/accounts/login/?next=/accounts/"
    assert client.post("/accounts/", ORDER).status_code == 302
    assert not ApiToken.objects.exists()


def test_a_token_is_made_and_its_secret_shown_once(alices, alice):
    page = alices.post("/accounts/", ORDER)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    token = ApiToken.objects.authenticate(secret_in(page))
    assert (token.user, token.name, token.scopes) == (alice, "Radio bot", ["read", "write"])
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)
    again = alices.get("/accounts/").content.decode()
    assert "Radio bot" in again
    assert token.prefix in again
    assert not re.search(r"mg_[\w-]{20}", again)


def commands_in(page: HttpResponse) -> list[str]:
    """The commands that a page shows, as a reader copies them."""
    return [
        unescape(shown) for shown in re.findall(r"<code[^>]*>(curl .*?)</code>", page.content.decode(), re.S)
    ]


def test_the_commands_that_are_shown_fit_the_token(alices, alice):
    page = alices.post("/accounts/", ORDER)
    header = f'-H "Authorization: Bearer {secret_in(page)}"'
    order, tracks = commands_in(page)
    assert order == (
        f'curl {header} -H "Content-Type: application/json" -d '
        """'{"prompt": "rainy night lo-fi", "duration": 10}'"""
        ' "http://testserver/api/v1/jobs"'
    )
    assert tracks == 'curl -H "Authorization: Bearer $TOKEN" "http://testserver/api/v1/tracks"'
    page = alices.post("/accounts/", {**ORDER, "access": "read"})
    assert commands_in(page)[0] == tracks.replace("$TOKEN", secret_in(page))


@pytest.mark.parametrize(
    ("choice", "date", "end"),
    [
        ("never", "", None),
        ("date", "2030-01-31", datetime(2030, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("never", "2030-01-31", None),
    ],
)
def test_a_token_ends_on_a_date_or_never(alices, choice, date, end):
    alices.post("/accounts/", {**ORDER, "expires": choice, "date": date})
    assert ApiToken.objects.get().expires_at == end


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"access": "all"}, "access"),
        ({"expires": "31"}, "expires"),
        ({"expires": "date"}, "date"),
        ({"expires": "date", "date": "2020-01-01"}, "date"),
        ({"expires": "date", "date": "soon"}, "date"),
        ({"expires": "date", "date": "9999-12-31"}, "date"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_makes_nothing(alices, wrong, field):
    page = alices.post("/accounts/", {**ORDER, **wrong})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not ApiToken.objects.exists()


def test_too_many_tokens_are_refused_in_words(alices, alice):
    for _ in range(LIVE_LIMIT):
        token_row(alice)
    page = alices.post("/accounts/", ORDER)
    assert page.status_code == 422
    assert "Revoke one" in page.content.decode()
    assert ApiToken.objects.count() == LIVE_LIMIT


def test_odd_names_are_escaped_wherever_they_stand(alices, alice):
    name = "<script>alert('1')</script> & \"\u202eevil"
    pages = [alices.post("/accounts/", {**ORDER, "name": name})]
    token = ApiToken.objects.get()
    assert token.name == name
    pages += [alices.get("/accounts/"), alices.get(f"/accounts/tokens/{token.pk}/revoke")]
    pages.append(alices.post(f"/accounts/tokens/{token.pk}/revoke", follow=True))
    for page in pages:
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;" in text


def test_revoking_is_asked_about_and_works_at_once(alices, alice):
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    other, _ = ApiToken.objects.issue(alice, "phone", ["read"])
    address = f"/accounts/tokens/{token.pk}/revoke"
    assert address in alices.get("/accounts/").content.decode()
    assert "Revoke “laptop”?" in alices.get(address).content.decode()
    assert ApiToken.objects.authenticate(secret) == token
    page = alices.post(address, follow=True)
    assert page.redirect_chain == [("/accounts/", 302)]
    assert "“laptop” is revoked." in page.content.decode()
    assert address not in page.content.decode()
    assert refusal_of(secret) == "token_revoked"
    assert list(ApiToken.objects.active()) == [other]
    assert alices.post(address).status_code == 404


def test_another_user_gets_404(alices, bob):
    token, secret = ApiToken.objects.issue(bob, "his laptop", ["read"])
    address = f"/accounts/tokens/{token.pk}/revoke"
    assert alices.get(address).status_code == alices.post(address).status_code == 404
    assert "his laptop" not in alices.get("/accounts/").content.decode()
    assert ApiToken.objects.authenticate(secret) == token


def test_revoking_needs_the_csrf_token(alice):
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(f"/accounts/tokens/{token.pk}/revoke").status_code == 403
    assert browser.post("/accounts/", ORDER).status_code == 403
    assert ApiToken.objects.active().count() == 1


def test_an_expired_token_is_listed_as_one(alices, alice):
    token_row(alice, "old laptop", expires_at=timezone.now() - timedelta(days=1))
    text = " ".join(alices.get("/accounts/").content.decode().split())
    assert "<strong>expired on" in text


def test_a_guest_sees_what_was_used_and_how_to_come_by_tokens(client, guest):
    page = client.get("/accounts/").content.decode()
    assert "Last 30 days" in page
    assert "With an account you can make tokens" in page
    assert 'name="access"' not in page
    assert client.post("/accounts/", ORDER).status_code == 422
    assert not ApiToken.objects.exists()


def test_the_page_costs_the_same_for_many_tokens(alices, alice, django_assert_max_num_queries):
    for _ in range(LIVE_LIMIT):
        token_row(alice)
    with django_assert_max_num_queries(17):
        alices.get("/accounts/")
