"""The site gets another SECRET_KEY: nobody is logged out, no guest loses music, no code and no link stops to work."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from accounts import email_change, key_rotation, login_limits, second_factor, sign_up_by_mail
from accounts.models import User
from accounts.tests.conftest import PASSWORD
from accounts.tests.test_account_pages import reset_link
from accounts.tests.test_second_factor import code_of, log_in_as, set_up

pytestmark = pytest.mark.django_db
OLD, NEW = "the old key", "the new key"


@pytest.fixture(autouse=True)
def keys(settings):
    """Has the site have these keys: the first signs."""

    def are(first: str, *before: str) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = first, list(before)

    are(OLD)
    return are


def user_in(client: Client) -> str:
    return str(client.post("/make-music").json()["id"])


def test_guests_and_accounts_stay_who_they_are(client, guest, alice, log_in, keys):
    person = Client()
    log_in(person, alice.email)
    keys(NEW, OLD)
    assert (user_in(client), user_in(person)) == (str(guest.pk), str(alice.pk))
    keys(NEW)
    assert (user_in(client), user_in(person)) == (str(guest.pk), str(alice.pk)), (
        "who came meanwhile is signed anew"
    )


def test_who_does_not_come_meanwhile_keeps_all_by_the_command(client, guest, alice, log_in, keys):
    person = Client()
    log_in(person, alice.email)
    keys(NEW, OLD)
    assert key_rotation.sign_sessions_anew() == 2
    assert key_rotation.sign_sessions_anew() == 0
    keys(NEW)
    assert (user_in(client), user_in(person)) == (str(guest.pk), str(alice.pk))
    assert User.objects.count() == 2


def test_without_the_old_key_all_would_be_lost(client, guest, keys):
    """So the tests above can fail."""
    keys(NEW)
    assert user_in(client) != str(guest.pk)


def test_a_session_of_an_older_password_is_not_opened_again(client, alice, log_in, keys):
    log_in(client, alice.email)
    alice.set_password("quite another secret")
    alice.save()
    keys(NEW, OLD)
    key_rotation.sign_sessions_anew()
    assert client.get("/accounts/").status_code == 302


def test_a_session_that_changes_meanwhile_is_left_to_whoever_changes_it(client, guest, keys, monkeypatch):
    keys(NEW, OLD)
    [session] = Session.objects.all()
    hash_anew = key_rotation._hash_anew

    def meanwhile(data):
        Session.objects.update(session_data="changed")
        return hash_anew(data)

    monkeypatch.setattr(key_rotation, "_hash_anew", meanwhile)
    assert key_rotation.sign_sessions_anew() == 0
    session.refresh_from_db()
    assert session.session_data == "changed"


def test_processes_with_the_old_key_and_the_new_understand_each_other(client, guest, keys):
    """In the first step all processes learn the new key, and only in the second one they sign by it."""
    keys(OLD, NEW)
    assert user_in(client) == str(guest.pk)
    keys(NEW, OLD)
    client.post("/accounts/theme", {"theme": "dark"})
    assert user_in(client) == str(guest.pk)
    keys(OLD, NEW)
    assert user_in(client) == str(guest.pk)


def test_codes_of_a_second_factor_go_on(client, alice, log_in, keys):
    log_in(client, alice.email)
    secret = set_up(client, -1)
    keys(NEW, OLD)
    assert second_factor.encrypt_anew() == 2
    assert second_factor.encrypt_anew() == 0
    keys(NEW)
    assert log_in_as(alice, code_of(secret))[1].url == "/echo"
    assert Authenticator.objects.count() == 2


def test_links_that_are_out_go_on(client, alice, keys, settings):
    settings.EMAIL_URL = "smtp://mail.example.org"
    reset = reset_link(client, alice.email)
    change = email_change.link_key(alice, "new@example.org")
    sign_up = sign_up_by_mail.link_key("dora@example.org")
    keys(NEW, OLD)
    assert "no longer works" not in Client().get(reset, follow=True).text
    assert email_change.opened(change) == (alice, "new@example.org")
    assert sign_up_by_mail.opened(sign_up) == "dora@example.org"
    keys(NEW)
    assert "no longer works" in Client().get(reset, follow=True).text
    assert email_change.opened(change) is None
    assert sign_up_by_mail.opened(sign_up) is None
    assert len(mail.outbox) == 1


def test_a_browser_stays_known(client, alice, log_in, keys, rf):
    log_in(client, alice.email)
    keys(NEW, OLD)
    request = rf.get("/")
    request.COOKIES.update({name: cookie.value for name, cookie in client.cookies.items()})
    assert login_limits._known(request, login_limits.account_key(alice.email))


def test_a_session_holds_the_hash_that_goes_with_the_new_key(client, alice, keys):
    client.login(email=alice.email, password=PASSWORD)
    before = client.session[HASH_SESSION_KEY]
    keys(NEW, OLD)
    key_rotation.sign_sessions_anew()
    assert client.session[HASH_SESSION_KEY] == alice.get_session_auth_hash() != before
