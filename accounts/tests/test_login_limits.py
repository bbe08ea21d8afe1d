"""Guessing passwords: failed logins are counted by account and by address, for all processes of the site together."""

import pytest
from django.core.cache import cache, caches
from django.test import Client

from accounts.models import CachedValue, User
from accounts.tests.conftest import PASSWORD

LOGIN, SIGNUP = "/accounts/login/", "/accounts/signup/"


def log_in(password: str, address: str = "192.0.2.1", email: str = "alice@example.org", **headers):
    return Client(REMOTE_ADDR=address).post(LOGIN, {"login": email, "password": password}, headers=headers)


def forget_process() -> None:
    """What another process would not know either."""
    for alias in caches:
        if alias != "default":
            caches[alias].clear()


def test_an_account_is_guessed_five_times_and_no_more(alice):
    for number in range(5):
        forget_process()
        assert log_in("wrong", f"192.0.2.{number}").status_code == 200
    refused = log_in(PASSWORD, "192.0.2.77")
    assert "sessionid" not in refused.cookies
    assert "Too many failed login attempts" in refused.content.decode()


def test_an_address_tries_thirty_logins_a_minute_and_no_more(alice):
    statuses = [log_in("wrong", email=f"nobody{number}@example.org").status_code for number in range(31)]
    assert statuses[:10] == [200] * 10
    assert statuses[-1] == 429
    assert log_in(PASSWORD, "192.0.2.2").status_code == 302


def test_the_counts_lie_where_all_processes_see_them(alice):
    log_in("wrong")
    assert CachedValue.objects.filter(cache_key__contains="login_failed").exists()
    assert cache.get("nothing") is None


@pytest.mark.parametrize("forwarded", ["203.0.113.7", "203.0.113.7, nonsense", ""])
def test_a_header_that_does_not_fit_the_proxies_is_no_error(alice, settings, forwarded):
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert log_in(PASSWORD, **{"X-Forwarded-For": forwarded}).status_code == 302


def test_made_up_addresses_are_one_address(db, settings):
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    statuses = set()
    for number in range(31):
        forwarded = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.7"}
        statuses.add(log_in("wrong", email=f"n{number}@example.org", **forwarded).status_code)
    assert 429 in statuses


def test_an_address_makes_twenty_accounts_an_hour_and_no_more(db):
    for number in range(21):
        form = {"email": f"dana{number}@example.org", "password1": PASSWORD}
        response = Client().post(SIGNUP, form)
    assert response.status_code == 429
    assert User.objects.count() == 20
