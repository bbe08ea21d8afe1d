"""Staff log in anew every day; everybody else stays logged in for a year."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, SessionOwner, User
from accounts.sessions import SINCE
from accounts.tests.conftest import PASSWORD

HOUR = 3600
pytestmark = pytest.mark.django_db


@pytest.fixture
def later(monkeypatch):
    """Has sessions be so many hours older."""

    def by(hours: float) -> None:
        now = time.time() + hours * HOUR
        monkeypatch.setattr("accounts.session_age.time.time", lambda: now)

    return by


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def test_a_session_of_staff_ends_a_day_after_log_in_however_busy(client, charlie, log_in, later):
    log_in(client, charlie.email)
    later(23.9)
    assert client.get("/admin/").status_code == 200
    client.post("/accounts/theme", {"theme": "dark"})
    later(24.1)
    assert client.get("/admin/").url == "/admin/login/?next=/admin/"
    assert not is_in(client)
    assert not SessionOwner.objects.exists()
    assert not Session.objects.filter(expire_date__gt=timezone.now() + timedelta(hours=24.1)).exists()


def test_it_lasts_as_long_as_the_setting_says(client, charlie, log_in, later, settings):
    settings.STAFF_SESSION_HOURS = 2
    log_in(client, charlie.email)
    [session] = Session.objects.all()
    assert session.expire_date < timezone.now() + timedelta(hours=2.1)
    later(1.9)
    assert is_in(client)
    later(2.1)
    assert not is_in(client)


def test_others_stay_for_a_year(client, alice, guest, later):
    person = Client()
    person.force_login(alice)
    later(24 * 300)
    assert is_in(person)
    assert is_in(client)


def test_who_has_become_staff_meanwhile_logs_in_once_more(client, alice, log_in, later):
    log_in(client, alice.email)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert is_in(client)
    later(25)
    assert not is_in(client)


def test_a_new_password_does_not_make_it_longer(client, charlie, log_in, later):
    log_in(client, charlie.email)
    new = {"oldpassword": PASSWORD, "password1": "another long secret", "password2": "another long secret"}
    later(20)
    assert client.post("/accounts/password/change/", new).status_code == 302
    assert is_in(client)
    later(25)
    assert not is_in(client)


def test_a_session_of_before_this_was_counted_is_over(client, charlie):
    client.force_login(charlie)
    session = client.session
    del session[SINCE]
    session.save()
    assert not is_in(client)


def test_the_session_of_the_api_ends_too_and_a_token_does_not(client, charlie, later):
    client.force_login(charlie)
    _, secret = ApiToken.objects.issue(charlie, "cron", ["read"])
    later(25)
    assert client.get("/echo").status_code == 401
    assert client.get("/echo", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
