"""The account pages, used as a browser uses them, by people and by guests."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.adapter import AccountAdapter
from accounts.models import ApiToken, User
from accounts.tests.conftest import PASSWORD, token_row

SIGNUP = {"email": "Dora@Example.org", "password1": PASSWORD}


def found(pattern: str, text: str) -> str:
    """The one group of `pattern` in `text`, where it must be."""
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


def user_of(client: Client) -> object:
    """The id of the user whom the site sees in this browser."""
    return client.get("/make-music").json()["id"]


def test_signing_up_makes_an_account_and_logs_in(client, db):
    response = client.post("/accounts/signup/", SIGNUP)
    assert response.url == "/"
    dora = User.objects.get()
    assert (dora.email, dora.is_guest) == ("dora@example.org", False)
    assert dora.check_password(PASSWORD)
    assert user_of(client) == str(dora.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("domain", ["\u202eexample.org", "a..b.org", f"{'a' * 64}.org"])
def test_an_address_that_no_mail_can_be_sent_to_is_refused(client, domain):
    for address in ("/accounts/signup/", "/accounts/password/reset/"):
        response = client.post(address, SIGNUP | {"email": f"dora@{domain}"})
        assert "Enter a valid email address." in response.content.decode()
    assert mail.outbox == []


def test_a_guest_who_signs_up_stays_the_same_user_in_a_new_session(client, guest):
    token = token_row(guest)
    session = client.cookies["sessionid"].value
    client.post("/accounts/signup/", SIGNUP)
    dora = User.objects.get()
    assert (dora.pk, dora.email, dora.is_guest) == (guest.pk, "dora@example.org", False)
    assert dora.check_password(PASSWORD)
    assert dora.api_tokens.get() == token
    assert client.cookies["sessionid"].value != session
    assert user_of(client) == str(guest.pk)


def test_signing_up_ends_the_guest_session_elsewhere(client, guest):
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post("/accounts/signup/", SIGNUP)
    assert stolen.get("/make-music").status_code == 302


def test_a_second_press_on_sign_up_changes_nothing(client, guest, monkeypatch):
    """The first press ends between this request's reading of the guest and its writing of the account."""

    def read_then_lose_the_race(adapter, request):
        row = User.objects.get(pk=guest.pk)
        User.objects.get(pk=guest.pk).become_account("first@example.org", "first secret")
        return row

    monkeypatch.setattr(AccountAdapter, "new_user", read_then_lose_the_race)
    assert client.post("/accounts/signup/", SIGNUP).url == "/"
    assert User.objects.get().email == "first@example.org"


def test_an_email_that_is_taken_is_refused_and_the_guest_stays(client, guest, alice):
    page = client.post("/accounts/signup/", {"email": "ALICE@example.org", "password1": PASSWORD})
    assert "already registered" in page.content.decode()
    assert User.objects.get(pk=guest.pk).is_guest


@pytest.mark.parametrize("password", ["short", "password123", "dora@example.org"])
def test_a_weak_password_is_refused(client, db, password):
    page = client.post("/accounts/signup/", {**SIGNUP, "password1": password})
    assert page.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_an_email_longer_than_can_be_stored_is_refused(client, guest):
    page = client.post("/accounts/signup/", {**SIGNUP, "email": f"d@{'dora.' * 50}example.org"})
    assert "at most 254 characters" in page.context["form"].errors["email"][0]
    assert User.objects.get().is_guest


def test_closed_sign_up_says_so_and_lets_nobody_in(client, db, settings):
    settings.SIGNUP_OPEN = False
    assert "Sign-up is closed" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", SIGNUP)
    assert not User.objects.exists()
    assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()


def test_logging_in_with_the_email_in_any_case(client, alice, log_in):
    assert log_in(client, "ALICE@Example.org").url == "/"
    assert user_of(client) == str(alice.pk)


def test_a_guest_who_logs_in_brings_along_what_was_made(client, guest, alice, log_in):
    token_row(guest, "made as a guest")
    ApiToken.objects.issue(alice, "made before", ["read"])
    session = client.cookies["sessionid"].value
    log_in(client, "alice@example.org")
    assert {token.name for token in alice.api_tokens.all()} == {"made as a guest", "made before"}
    assert not User.objects.filter(pk=guest.pk).exists()
    assert client.cookies["sessionid"].value != session
    assert user_of(client) == str(alice.pk)


def test_a_failed_log_in_leaves_the_guest_alone(client, guest, alice):
    page = client.post("/accounts/login/", {"login": "alice@example.org", "password": "a wrong secret"})
    assert "not correct" in page.content.decode()
    assert user_of(client) == str(guest.pk)


def test_one_account_does_not_adopt_another(client, alice, bob):
    """Whoever logs in over an account's session takes nothing from it."""
    ApiToken.objects.issue(alice, "hers", ["read"])
    client.force_login(alice)
    client.get("/accounts/logout/")
    client.post("/accounts/login/", {"login": "bob@example.org", "password": PASSWORD})
    assert ApiToken.objects.get().user == alice
    assert User.objects.filter(pk=alice.pk).exists()


def test_a_suspended_user_reads_that_and_the_guest_stays(client, guest, alice, log_in):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert log_in(client, "alice@example.org").url == "/accounts/inactive/"
    assert "suspended" in client.get("/accounts/inactive/").content.decode()
    assert user_of(client) == str(guest.pk)


@pytest.mark.parametrize("page", ["login", "signup"])
def test_a_guest_may_log_in_and_sign_up_and_an_account_is_sent_on(client, guest, alice, page):
    assert client.get(f"/accounts/{page}/").status_code == 200
    client.force_login(alice)
    assert client.get(f"/accounts/{page}/?next=/echo").url == "/echo"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client, alice, elsewhere):
    form = {"login": "alice@example.org", "password": PASSWORD, "next": elsewhere}
    assert client.post("/accounts/login/", form).url == "/"


def test_logging_in_leads_to_where_one_was_going(client, alice):
    form = {"login": "alice@example.org", "password": PASSWORD, "next": "/echo"}
    assert client.post("/accounts/login/", form).url == "/echo"


def test_too_many_tries_get_a_page_of_the_site(client, db):
    for _ in range(20):
        client.post("/accounts/signup/", {})
    page = client.post("/accounts/signup/", SIGNUP)
    assert page.status_code == 429
    assert "Go back, wait a little" in page.content.decode()


def test_logging_out(client, alice):
    client.force_login(alice)
    assert "alice@example.org" in client.get("/accounts/logout/").content.decode()
    assert client.post("/accounts/logout/").url == "/"
    assert client.get("/make-music").status_code == 302


def test_a_guest_is_not_offered_to_log_out(client, guest):
    page = client.get("/accounts/logout/").content.decode()
    assert 'action="/accounts/logout/"' not in page
    assert "Sign up" in page
    assert "would be lost" in page


def reset_link(client: Client, email: str) -> str:
    """Ask for a reset and return the path in the mail."""
    response = client.post("/accounts/password/reset/", {"email": email})
    assert response["Location"] == "/accounts/password/reset/done/"
    return found(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))


def set_password(client: Client, link: str, password: str) -> None:
    page = client.get(link, follow=True)
    form = {"password1": password, "password2": password}
    client.post(page.context["action_url"], form, follow=True)


def test_a_forgotten_password_is_set_anew_by_mail(client, alice, log_in):
    link = reset_link(client, "Alice@example.org")
    assert mail.outbox[-1].to == ["alice@example.org"]
    set_password(client, link, "quite another secret")
    alice.refresh_from_db()
    assert alice.check_password("quite another secret")
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_the_reset_mail_names_the_site(client, alice, settings):
    settings.SITE_NAME = "Humming"
    reset_link(client, "alice@example.org")
    assert "your account at Humming" in mail.outbox[-1].body
    assert "testserver!" not in mail.outbox[-1].body


def test_a_guest_who_forgot_the_password_loses_nothing(client, guest, alice):
    token_row(guest, "made as a guest")
    set_password(client, reset_link(client, "alice@example.org"), "quite another secret")
    assert user_of(client) == str(guest.pk)
    client.post("/accounts/login/", {"login": "alice@example.org", "password": "quite another secret"})
    assert alice.api_tokens.get().name == "made as a guest"


def test_another_account_is_logged_out_by_a_reset_link(client, alice, bob):
    client.force_login(bob)
    client.get(reset_link(client, "alice@example.org"), follow=True)
    assert client.get("/make-music").status_code == 302


def test_the_reset_page_does_not_reveal_who_has_an_account(client, alice):
    known = client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert "there is no account with the e-mail address nobody@example.org" in mail.outbox[-1].body


@pytest.mark.parametrize("page", ["/accounts/password/reset/", "/accounts/password/reset/done/"])
def test_a_site_without_mail_says_so(client, db, settings, page):
    settings.EMAIL_URL = ""
    assert "no e-mail configured" in client.get(page).content.decode()
    settings.EMAIL_URL = "smtp://mail.example.org"
    assert "no e-mail configured" not in client.get(page).content.decode()


def test_changing_the_password_keeps_one_logged_in(client, alice):
    client.force_login(alice)
    new = {"oldpassword": PASSWORD, "password1": "quite another secret", "password2": "quite another secret"}
    page = client.post("/accounts/password/change/", new, follow=True)
    assert "Your password is changed." in page.content.decode()
    alice.refresh_from_db()
    assert alice.check_password("quite another secret")
    assert user_of(client) == str(alice.pk)


def test_who_is_not_logged_in_logs_in_before_changing_the_password(client, db):
    page = client.get("/accounts/password/change/")
    assert (page.status_code, page.url) == (302, "/accounts/login/?next=/accounts/password/change/")


def test_a_guest_gets_a_password_by_signing_up(client, guest):
    assert client.get("/accounts/password/change/").url == "/accounts/signup/"


def test_every_input_names_its_label_help_and_error(client, db):
    page = client.post("/accounts/signup/", {"email": "no address", "password1": "short"}).content.decode()
    for name in ("id_email", "id_password1"):
        assert f'<label for="{name}">' in page
        widget = found(rf'(<input[^>]*id="{name}"[^>]*>)', page)
        assert 'aria-invalid="true"' in widget
        described = found(r'aria-describedby="([^"]+)"', widget).split()
        assert f"{name}_error" in described
        for target in described:
            assert page.count(f'id="{target}"') == 1
    assert "id_password1_helptext" in page
