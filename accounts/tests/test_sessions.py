"""Sessions are known by whose they are, and end with their user."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import SessionOwner, User
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def owners() -> dict[str, User]:
    return {owner.session_key: owner.user for owner in SessionOwner.objects.select_related("user")}


def test_every_session_of_somebody_is_noted(client, alice, bob, log_in):
    log_in(client, alice.email)
    other = Client()
    log_in(other, bob.email)
    keys = [each.cookies["sessionid"].value for each in (client, other)]
    assert owners() == dict(zip(keys, (alice, bob), strict=True))


def test_a_session_that_goes_on_under_another_key_is_noted_anew(client, alice, log_in):
    log_in(client, alice.email)
    new = {"oldpassword": PASSWORD, "password": "another long secret", "password1": "another long secret"}
    client.post("/accounts/password/change/", new)
    assert (
        set(owners())
        == {client.cookies["sessionid"].value}
        == set(Session.objects.values_list("pk", flat=True))
    )


def test_logging_out_leaves_neither(client, alice, log_in):
    log_in(client, alice.email)
    client.post("/accounts/logout/")
    assert not owners()
    assert not Session.objects.exists()


def test_a_guest_who_logs_in_takes_no_old_session_along(client, alice, log_in):
    client.force_login(User.objects.create_guest())
    log_in(client, alice.email)
    assert owners() == {client.cookies["sessionid"].value: alice}


def test_they_end_with_their_user_everywhere(client, alice, bob):
    for browser in (client, Client()):
        browser.force_login(alice)
    other = Client()
    other.force_login(bob)
    alice.close()
    assert set(owners().values()) == {bob}
    assert [row.pk for row in Session.objects.all()] == [other.cookies["sessionid"].value]


def test_those_that_are_over_are_pruned(client, alice, bob):
    client.force_login(alice)
    other = Client()
    other.force_login(bob)
    Session.objects.filter(pk=client.cookies["sessionid"].value).update(
        expire_date=timezone.now() - timedelta(1)
    )
    assert sessions.prune(timezone.now()) == 1
    assert set(owners().values()) == {bob}
    assert Session.objects.count() == 1
