"""The second factor: set up, asked for, gone without where it is lost, and asked of staff before the admin opens."""

import re
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import second_factor
from accounts.models import ApiToken, User
from accounts.tests.conftest import PASSWORD, token_row

PAGE, ON, OFF = (f"/accounts/second-factor/{name}" for name in ("", "on/", "off/"))
ENTER, AGAIN, CODES = (f"/accounts/second-factor/{name}/" for name in ("enter", "again", "codes"))


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(client: Any, steps: int = 0) -> str:
    """Turn it on by the pages, as somebody who is logged in does. Returns the secret that the app knows."""
    asked = client.get(ON)
    assert asked.url.startswith("/accounts/password/again/?next=")
    form = {"password": PASSWORD, "next": ON}
    page = client.post(asked.url, form, follow=True)
    [secret] = re.findall(r'account-secret">(\w+)<', page.text)
    assert client.post(ON, {"code": code_of(secret, steps)}).url == CODES
    return str(secret)


@pytest.fixture
def alices(client, alice, log_in) -> Client:
    log_in(client, alice.email)
    return client


@pytest.fixture
def secret(alices) -> str:
    """That of Alice, who has turned it on a while ago: the code of now was not used yet."""
    return set_up(alices, -1)


def log_in_as(user: User, code: str | None = None, client: Any = None) -> tuple[Any, Any]:
    """Send the password and, where there is one, the code."""
    client = client or Client()
    response = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "next": "/echo"})
    if code is not None:
        assert response.url == ENTER
        response = client.post(ENTER, {"code": code})
    return client, response


def test_the_pages_lead_from_the_account_to_the_recovery_codes(alices, alice, settings):
    settings.SITE_NAME = "Night Radio"
    assert f'href="{PAGE}"' in alices.get("/accounts/").text
    assert "off" in alices.get(PAGE).text
    set_up(alices)
    codes = re.findall(r"<code>(\d{8})</code>", alices.get(CODES).text)
    assert len(set(codes)) == 10
    assert "10 recovery codes left" in alices.get(PAGE).text
    file = alices.get(f"{CODES}file/")
    assert re.findall(r"^\d{8}$", file.text, re.MULTILINE) == codes
    assert "attachment" in file["Content-Disposition"]
    assert file.text.startswith("Recovery codes for Night Radio,")


def test_the_picture_for_the_app_holds_name_site_and_secret(alices, alice, settings):
    page = alices.post("/accounts/password/again/", {"password": PASSWORD, "next": ON}, follow=True)
    assert 'src="data:image/svg+xml;base64,' in page.text
    [address] = re.findall(r'href="(otpauth:[^"]+)"', page.text)
    assert "alice%40example.org" in address
    assert "issuer=AI%20Music%20Generator" in address
    assert " style=" not in page.text.partition("<main")[2]


def test_the_password_alone_logs_nobody_in(secret, alice):
    client, response = log_in_as(alice)
    assert response.url == ENTER
    assert client.get("/accounts/").url.startswith("/accounts/login/")
    wrong = client.post(ENTER, {"code": "000000"})
    assert wrong.status_code == 422
    assert "Incorrect code" in wrong.text
    assert client.post(ENTER, {"code": code_of(secret)}).url == "/echo"
    assert client.get("/accounts/").status_code == 200
    assert [name for name in client.cookies if name.startswith("known_")]


def test_who_comes_without_a_password_is_asked_for_it(client, db):
    assert client.get(ENTER).url == "/accounts/login/"
    assert client.post(ENTER, {"code": "000000"}).url == "/accounts/login/"


def test_a_guest_stays_a_guest_until_the_code_is_right_and_brings_along_what_was_made(secret, alice):
    browser = Client()
    guest = User.objects.get(pk=browser.post("/make-music").json()["id"])
    token_row(guest, "made as a guest")
    log_in_as(alice, "000000", browser)
    assert browser.get("/make-music").json()["id"] == str(guest.pk)
    browser.post(ENTER, {"code": code_of(secret)})
    assert browser.get("/make-music").json()["id"] == str(alice.pk)
    assert alice.api_tokens.get().name == "made as a guest"


def test_a_log_in_that_stops_at_the_code_leaves_no_address_behind_and_is_soon_over(secret, alice):
    alice_in = {row.pk for row in Session.objects.all()}
    client, _ = log_in_as(alice)
    [row] = Session.objects.exclude(pk__in=alice_in)
    assert alice.email not in str(row.get_decoded())
    assert row.expire_date < timezone.now() + timedelta(minutes=16)
    client.post(ENTER, {"code": code_of(secret)})
    [row] = Session.objects.exclude(pk__in=alice_in)
    assert row.expire_date > timezone.now() + timedelta(days=364)


def test_a_code_works_once(secret, alice):
    code = code_of(secret)
    assert log_in_as(alice, code)[1].url == "/echo"
    assert log_in_as(alice, code)[1].status_code == 422


def test_a_code_works_once_for_all_of_its_time(secret, alice, monkeypatch):
    """Longer than django-allauth remembers it."""
    code = code_of(secret, 1)
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.TOTP._mark_code_used", lambda *_: True)
    assert log_in_as(alice, code)[1].url == "/echo"
    assert log_in_as(alice, code)[1].status_code == 422


def test_a_clock_may_be_half_a_minute_wrong_and_no_more(secret, alice):
    now = int(time.time()) // 30
    assert log_in_as(alice, format_hotp_value(hotp_value(secret, now + 3)))[1].status_code == 422
    assert log_in_as(alice, format_hotp_value(hotp_value(secret, now + 1)))[1].url == "/echo"


def test_codes_are_guessed_five_times_in_five_minutes_and_no_more(secret, alice):
    client, _ = log_in_as(alice, "000000")
    for _ in range(4):
        client.post(ENTER, {"code": "000000"})
    refused = client.post(ENTER, {"code": code_of(secret)})
    assert "Too many failed login attempts" in refused.text


def test_a_recovery_code_stands_in_once(secret, alices, alice):
    codes = re.findall(r"<code>(\d{8})</code>", alices.get(CODES).text)
    assert log_in_as(alice, codes[3])[1].url == "/echo"
    assert log_in_as(alice, codes[3])[1].status_code == 422
    assert "9 recovery codes left" in alices.get(PAGE).text


def test_new_recovery_codes_end_the_old(secret, alices, alice):
    old = re.findall(r"<code>(\d{8})</code>", alices.get(CODES).text)
    new = alices.post(f"{CODES}new/", follow=True).text
    assert not set(old) & set(re.findall(r"<code>(\d{8})</code>", new))
    assert log_in_as(alice, old[0])[1].status_code == 422


def test_turning_it_on_ends_all_other_sessions(alice, alices):
    other = Client()
    other.force_login(alice)
    set_up(alices)
    assert other.get("/accounts/").status_code == 302
    assert alices.get("/accounts/").status_code == 200
    assert Session.objects.count() == 1


def test_turning_it_off_asks_for_a_code_and_not_the_password(secret, alice):
    client, _ = log_in_as(alice, code_of(secret))
    assert client.get(OFF).url == f"{AGAIN}?next={OFF.replace('/', '%2F')}"
    assert client.get(f"/accounts/password/again/?next={OFF}").url.startswith(AGAIN)
    assert client.post(AGAIN, {"code": "000000", "next": OFF}).status_code == 200
    assert client.post(AGAIN, {"code": code_of(secret, 1), "next": OFF}).url == OFF
    assert client.post(OFF).url == PAGE
    assert not Authenticator.objects.exists()
    assert log_in_as(alice)[1].url == "/echo"


def test_guests_have_none(client, guest):
    for page in (PAGE, ON, OFF, AGAIN, CODES, f"{CODES}new/", f"{CODES}file/", "/accounts/password/again/"):
        assert client.get(page).url == "/accounts/signup/"
        assert client.post(page).url == "/accounts/signup/"
        assert Client().get(page).url.startswith("/accounts/login/")


def test_a_copy_of_the_database_makes_no_code(secret):
    for row in Authenticator.objects.all():
        assert secret not in str(row.data)
        assert row.data.get("secret", row.data.get("seed")).startswith("gAAAA"), "a token of Fernet"
    assert "totp.secret" not in str([session.get_decoded() for session in Session.objects.all()])


def test_where_the_key_of_the_site_is_lost_the_page_says_so(secret, alice, settings):
    settings.SECRET_KEY = "another"
    refused = log_in_as(alice, code_of(secret))[1]
    assert refused.status_code == 422
    assert "own key has changed" in refused.text


def test_api_tokens_are_asked_for_no_code(secret, alice):
    _, token = ApiToken.objects.issue(alice, "cron", ["read"])
    assert Client().get("/echo", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.fixture
def required(settings) -> None:
    settings.STAFF_MFA_REQUIRED = True


def test_staff_are_led_to_set_one_up_before_the_admin_opens(required, client, charlie):
    """As after `createsuperuser`."""
    form = {"login": charlie.email, "password": PASSWORD, "next": "/admin/"}
    assert client.post("/accounts/login/", form).url == "/admin/"
    page = client.get("/admin/accounts/user/", follow=True)
    assert page.redirect_chain[-1][0] == PAGE
    assert "without one the admin does not open" in page.text
    assert client.get("/echo").status_code == 200, "all else is open"
    set_up(client)
    assert 'href="/admin/"' in client.get(CODES).text
    assert client.get("/admin/").status_code == 200


def test_where_it_is_not_required_the_admin_opens_without(client, charlie, settings):
    assert not settings.STAFF_MFA_REQUIRED
    client.force_login(charlie)
    assert client.get("/admin/").status_code == 200


def test_it_is_asked_of_nobody_else(required, client, alice):
    client.force_login(alice)
    assert client.get("/admin/").url.startswith("/admin/login/")
    assert client.get("/admin/login/").status_code == 403
    assert "staff need one" not in client.get(PAGE).text


def test_the_command_removes_it_and_the_log_says_so(secret, alice, caplog):
    said = StringIO()
    call_command("remove_second_factor", "ALICE@example.org", stdout=said)
    assert "password alone" in said.getvalue()
    assert f"The second factor of user {alice.pk} was removed by the command line" in caplog.text
    assert log_in_as(alice)[1].url == "/echo"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("remove_second_factor", alice.email)
    with pytest.raises(CommandError, match="no user"):
        call_command("remove_second_factor", "nobody@example.org")


def test_a_superuser_removes_it_in_the_admin_and_the_admins_log_says_so(secret, alice, charlie, bob):
    staff = Client()
    staff.force_login(charlie)
    action = {"action": "remove_second_factor", "_selected_action": [str(alice.pk), str(bob.pk)]}
    page = staff.post("/admin/accounts/user/", action, follow=True)
    assert "of 1 of 2 selected users" in page.text
    assert not second_factor.is_on(alice)
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user) == (str(alice.pk), charlie)


def test_staff_who_are_no_superusers_do_not(secret, alice, bob):
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(*_rights_over_users())
    staff = Client()
    staff.force_login(bob)
    action = {"action": "remove_second_factor", "_selected_action": [str(alice.pk)]}
    staff.post("/admin/accounts/user/", action)
    assert second_factor.is_on(alice)
    assert staff.get("/admin/mfa/authenticator/").status_code == 404


def _rights_over_users() -> list[object]:
    from django.contrib.auth.models import Permission

    return list(Permission.objects.filter(content_type__app_label="accounts", content_type__model="user"))


def test_closing_the_account_forgets_it(secret, alice):
    alice.close()
    assert not Authenticator.objects.exists()
