"""Changing the e-mail of an account, with mail and without."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import email_change
from accounts.models import User
from accounts.tests.conftest import PASSWORD
from musicgen.scrubbing import scrubbed

PAGE = "/accounts/email/"
NEW = {"email": "Alice@New.example.org", "password": PASSWORD}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    return client


@pytest.fixture
def sends_mail(settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"


def link_in(message: mail.EmailMessage) -> str:
    match = re.search(r"http://testserver(\S+)", str(message.body))
    assert match
    return match[1]


def test_without_mail_the_password_is_enough(alices, alice):
    assert alices.post(PAGE, NEW).url == "/accounts/"
    alice.refresh_from_db()
    assert alice.email == "alice@new.example.org"
    assert [each.email for each in EmailAddress.objects.all()] == [alice.email], "one address for an account"
    assert mail.outbox == []
    assert alices.get("/accounts/").status_code == 200, "and one stays logged in"


@pytest.mark.parametrize(
    "wrong", [{"password": "another"}, {"email": "no address"}, {"email": "alice@example.org"}]
)
def test_what_is_wrong_is_named_and_nothing_changes(alices, alice, wrong):
    page = alices.post(PAGE, NEW | wrong)
    assert page.status_code == 422
    assert set(page.context["form"].errors) == set(wrong)
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_a_password_cannot_be_guessed_here(alices):
    for _ in range(10):
        assert "not your password" in alices.post(PAGE, NEW | {"password": "guess"}).content.decode()
    assert "tried too often" in alices.post(PAGE, NEW).content.decode()


def test_without_mail_a_taken_address_is_refused_in_neutral_words(alices, alice, bob):
    page = alices.post(PAGE, NEW | {"email": "BOB@example.org"})
    assert page.context["form"].errors["email"] == [email_change.NOT_USABLE]
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_with_mail_the_link_changes_it_and_the_old_address_is_told(sends_mail, alices, alice):
    assert "alice@new.example.org" in alices.post(PAGE, NEW).content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    [sent] = mail.outbox
    assert sent.to == ["alice@new.example.org"]
    link, anybody = link_in(sent), Client()
    assert "Confirm" in anybody.get(link).content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org", "looking at the page changes nothing"
    assert anybody.post(link).url == "/accounts/login/"
    alice.refresh_from_db()
    assert alice.email == "alice@new.example.org"
    assert mail.outbox[1].to == ["alice@example.org"]
    assert "alice@new.example.org" in mail.outbox[1].body
    assert anybody.post(link).status_code == 404, "a link works once"


def test_with_mail_nobody_learns_whether_an_address_has_an_account(sends_mail, alices, bob):
    free = alices.post(PAGE, NEW | {"email": "free@example.org"})
    taken = alices.post(PAGE, NEW | {"email": bob.email})
    assert free.status_code == taken.status_code == 200
    asked = ((free, "free@example.org"), (taken, bob.email))
    same = [page.content.decode().replace(email, "") for page, email in asked]
    assert _without_tokens(same[0]) == _without_tokens(same[1])
    assert [each.to for each in mail.outbox] == [["free@example.org"], [bob.email]]
    assert "http" not in mail.outbox[1].body


def _without_tokens(page: str) -> str:
    return re.sub(r'(value|nonce)="[^"]{32,}"', "", page)


def test_a_link_ends_with_a_day_a_new_password_and_the_account(sends_mail, alices, alice, monkeypatch):
    link = f"/accounts/confirm-email/{email_change.link_key(alice, 'new@example.org')}"
    assert alices.get(link).status_code == 200
    with monkeypatch.context() as later:
        later.setattr(email_change, "LINK_SECONDS", -1)
        assert alices.post(link).status_code == 404
    alice.set_password("another long secret")
    alice.save()
    assert Client().post(link).status_code == 404
    alice.refresh_from_db()
    link = f"/accounts/confirm-email/{email_change.link_key(alice, 'new@example.org')}"
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Client().post(link).status_code == 404
    assert Client().get("/accounts/confirm-email/made-up").status_code == 404


def test_an_address_that_was_taken_meanwhile_is_not_given_twice(sends_mail, alice, bob):
    link = f"/accounts/confirm-email/{email_change.link_key(alice, 'new@example.org')}"
    User.objects.filter(pk=bob.pk).update(email="new@example.org")
    assert Client().post(link).status_code == 409
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_a_guest_signs_up_instead(client, db):
    client.force_login(User.objects.create_guest())
    assert client.get(PAGE).url == "/accounts/signup/"
    assert Client().get(PAGE).url.startswith("/accounts/login/")


def test_the_link_is_in_no_log(alice, sends_mail):
    key = email_change.link_key(alice, "new@example.org")
    assert key not in scrubbed(f"GET /accounts/confirm-email/{key} 200")
