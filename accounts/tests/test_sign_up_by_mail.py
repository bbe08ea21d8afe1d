"""Signing up where the site sends mail: by a link, and without telling who has an account."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import sign_up_by_mail
from accounts.models import User
from accounts.tests.conftest import PASSWORD, token_row
from musicgen.scrubbing import scrubbed

SIGNUP = "/accounts/signup/"
DORA = "dora@example.org"
CHOSEN = {"password1": PASSWORD}


@pytest.fixture(autouse=True)
def sends_mail(settings, db) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"


def link_for(email: str, client: Client | None = None) -> str:
    """Ask for a link, and return its path."""
    assert (client or Client()).post(SIGNUP, {"email": email}).status_code == 200
    match = re.search(r"http://testserver(/accounts/confirm-signup/\S+)", str(mail.outbox[-1].body))
    assert match
    return match[1]


def test_the_link_makes_the_account_and_logs_in():
    client = Client()
    link = link_for("Dora@Example.org", client)
    assert not User.objects.exists(), "nothing is stored before"
    assert DORA in client.get(link).text
    assert client.post(link, CHOSEN).url == "/"
    dora = User.objects.get()
    assert (dora.email, dora.is_guest, dora.check_password(PASSWORD)) == (DORA, False, True)
    assert EmailAddress.objects.get(user=dora).verified
    assert client.get("/make-music").json()["id"] == str(dora.pk)
    assert [name for name in client.cookies if name.startswith("known_")]
    assert Client().get(link).status_code == 404, "a link works once"


def test_a_guest_makes_music_meanwhile_and_becomes_the_account(client, guest):
    token = token_row(guest)
    link = link_for(DORA, client)
    assert client.post("/make-music").json() == {"id": str(guest.pk), "guest": True}
    assert "added to it" in client.get(link).text
    client.post(link, CHOSEN)
    dora = User.objects.get()
    assert (dora.pk, dora.email) == (guest.pk, DORA)
    assert dora.api_tokens.get() == token


def test_in_another_browser_the_music_comes_with_logging_in(client, guest, log_in):
    token_row(guest)
    link = link_for(DORA, client)
    telephone = Client()
    assert "Log in there afterwards" in telephone.get(link).text
    telephone.post(link, CHOSEN)
    dora = User.objects.get(email=DORA)
    assert dora.pk != guest.pk, "who reads the mail gets nothing of what a guest has made"
    log_in(client, DORA)
    assert dora.api_tokens.count() == 1


def test_nobody_learns_who_has_an_account(alice):
    pages, queries = [], []
    for email in (DORA, alice.email):
        with CaptureQueriesContext(connection) as captured:
            page = Client().post(SIGNUP, {"email": email})
        queries.append(len(captured))
        pages.append(
            (page.status_code, re.sub(r'(value|nonce)="[^"]{32,}"', "", page.text).replace(email, ""))
        )
    assert pages[0] == pages[1]
    assert queries[0] == queries[1], "the same work"
    assert [each.to for each in mail.outbox] == [[DORA], [alice.email]]
    assert "There is one already" in mail.outbox[1].body
    assert "/accounts/password/reset/" in mail.outbox[1].body
    assert "confirm-signup" not in mail.outbox[1].body


def test_a_weak_password_is_refused(client):
    link = link_for(DORA)
    for weak in ("short", "password123", DORA):
        page = client.post(link, {"password1": weak})
        assert page.status_code == 422
        assert page.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_a_link_ends_after_a_day_and_cannot_be_made_up(client, monkeypatch):
    link = link_for(DORA)
    assert client.get(link[:-1]).status_code == 404
    assert client.get("/accounts/confirm-signup/made-up").status_code == 404
    monkeypatch.setattr(sign_up_by_mail, "LINK_SECONDS", -1)
    assert client.post(link, CHOSEN).status_code == 404
    assert not User.objects.exists()


def test_two_presses_make_one_account(client, monkeypatch):
    link = link_for(DORA)
    monkeypatch.setattr(sign_up_by_mail, "opened", lambda key: DORA)
    client.post(link, CHOSEN)
    second = Client().post(link, {"password1": "quite another secret"})
    assert second.status_code == 409
    assert User.objects.get().check_password(PASSWORD)


def test_closed_sign_up_closes_the_links_too(client, settings):
    link = link_for(DORA)
    settings.SIGNUP_OPEN = False
    assert "Sign-up is closed" in client.get(SIGNUP).text
    assert client.post(SIGNUP, {"email": DORA}).status_code == 200
    assert len(mail.outbox) == 1
    assert client.post(link, CHOSEN).status_code == 404


def test_a_wrong_address_is_named_and_gets_nothing(client):
    page = client.post(SIGNUP, {"email": "no address"})
    assert page.status_code == 422
    assert mail.outbox == []


def test_a_mailbox_gets_five_an_hour_and_the_page_says_nothing_of_it(client):
    pages = [client.post(SIGNUP, {"email": DORA}).status_code for _ in range(7)]
    assert pages == [200] * 7
    assert len(mail.outbox) == 5


def test_an_address_asks_twenty_times_an_hour_and_no_more(client):
    statuses = [client.post(SIGNUP, {"email": f"dora{n}@example.org"}).status_code for n in range(21)]
    assert statuses == [200] * 20 + [429]


def test_who_has_an_account_is_sent_on(client, alice):
    client.force_login(alice)
    assert client.get(f"{SIGNUP}?next=/echo").url == "/echo"


def test_the_link_is_in_no_log():
    key = sign_up_by_mail.link_key(DORA)
    assert key not in scrubbed(f"GET /accounts/confirm-signup/{key} 200")


def test_a_reset_sends_a_mail_with_and_without_an_account(client, alice):
    """That is what takes time. What the pages say is in `test_account_pages.py`."""
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    counted = []
    for email in ("nobody@example.org", "somebody@example.org", alice.email):
        with CaptureQueriesContext(connection) as captured:
            client.post("/accounts/password/reset/", {"email": email})
        counted.append(len(captured))
    assert len(mail.outbox) == 3
    assert counted[2] - counted[1] <= 2
