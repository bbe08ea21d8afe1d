"""The owner of an account hears by mail what was changed about it."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.tests.conftest import PASSWORD
from accounts.tests.test_second_factor import CODES, OFF, set_up

pytestmark = pytest.mark.sqlite_is_enough
NEW = "quite another secret"
CHANGE = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}


@pytest.fixture(autouse=True)
def sends_mail(settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    settings.SITE_URL = "https://music.example.org"


def sent() -> list[tuple[list[str], str]]:
    """To whom each mail went and what it is about; each says how to take the account back."""
    for each in mail.outbox:
        assert "tell the operator" in str(each.body)
        assert "&" not in str(each.body)
    return [(each.to, each.subject.partition("] ")[2]) for each in mail.outbox]


def test_of_another_password(client, alice):
    client.force_login(alice)
    assert client.post("/accounts/password/change/", CHANGE).status_code == 302
    assert sent() == [([alice.email], "Your password was changed")]
    assert "https://music.example.org/accounts/password/reset/" in str(mail.outbox[0].body)
    assert mail.outbox[0].content_subtype == "plain"


def test_of_a_password_that_was_set_anew_by_a_link(client, alice):
    client.post("/accounts/password/reset/", {"email": alice.email})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox.pop().body))
    assert link
    page = client.get(link[0])
    assert client.post(page.url, {"password1": NEW, "password2": NEW}).status_code == 302
    assert sent() == [([alice.email], "Your password was changed")]


@pytest.mark.django_db(transaction=True)
def test_of_a_second_factor(client, alice, log_in):
    log_in(client, alice.email)
    set_up(client)
    assert client.post(f"{CODES}new/").status_code == 302
    assert client.post(OFF).status_code == 302
    assert sent() == [
        ([alice.email], "Your second factor was set up"),
        ([alice.email], "Your recovery codes were made anew"),
        ([alice.email], "Your second factor was removed"),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_what_staff_change(client, alice, charlie):
    client.force_login(charlie)
    page = f"/admin/accounts/user/{alice.pk}"
    new = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert client.post(f"{page}/password/", new).status_code == 302
    assert client.post(f"{page}/change/", {"email": "alice@new.example.org"}).status_code == 302
    assert sent() == [
        (["alice@example.org"], "Your password was changed"),
        (["alice@example.org"], "Your e-mail address was changed"),
    ]


@pytest.mark.parametrize("url", ["", "smtp://mail.example.org"])
def test_what_was_changed_stays_so_where_no_mail_goes_out(client, alice, settings, monkeypatch, caplog, url):
    def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("nobody there")

    settings.EMAIL_URL = url
    monkeypatch.setattr(mail.EmailMessage, "send", away)
    client.force_login(alice)
    assert client.post("/accounts/password/change/", CHANGE).status_code == 302
    assert User.objects.get().check_password(NEW)
    assert ("could not be sent mail about a change" in caplog.text) == bool(url)


def test_a_client_of_another_account_causes_none(client, bob):
    wrong = Client()
    wrong.force_login(bob)
    wrong.post("/accounts/password/change/", CHANGE | {"oldpassword": "a guess"})
    assert mail.outbox == []
