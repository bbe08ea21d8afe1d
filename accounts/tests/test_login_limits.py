"""Guessing passwords: bounded for an account and an address, for an address, and for an account, by all processes."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache, caches
from django.test import Client

from accounts import login_limits
from accounts.models import RateCount, User
from accounts.rates import HELD
from accounts.tests.conftest import PASSWORD

LOGIN, SIGNUP = "/accounts/login/", "/accounts/signup/"
ALICE = "alice@example.org"
TOO_MANY = "Too many failed login attempts"
DAY = 86_400


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> SimpleNamespace:
    """What the limits take for the time: `clock.now`, which stands still."""
    clock = SimpleNamespace(now=20_000.0 * DAY)
    monkeypatch.setattr("accounts.rates.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def log_in(password: str, address: str = "192.0.2.1", email: str = ALICE, **headers: str) -> Any:
    return try_in(Client(), password, address, email, **headers)


def try_in(
    client: Client, password: str, address: str = "192.0.2.1", email: str = ALICE, **headers: str
) -> Any:
    forget_process()
    form = {"login": email, "password": password}
    return client.post(LOGIN, form, headers=headers, REMOTE_ADDR=address)


def forget_process() -> None:
    """What another process would not know either."""
    HELD.clear()
    for alias in caches:
        if alias != "default":
            caches[alias].clear()


def is_in(response: Any) -> bool:
    return response.status_code == 302 and "sessionid" in response.cookies


@pytest.fixture
def no_view_limit(settings) -> None:
    """Without the 30 log-ins a minute that an address has, right or wrong."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "10000/m/ip"}


def test_an_address_tries_an_account_ten_times_an_hour_and_no_more(alice, clock):
    for _ in range(10):
        assert TOO_MANY not in log_in("wrong").text
    refused = log_in(PASSWORD)
    assert not is_in(refused)
    assert TOO_MANY in refused.text
    assert is_in(log_in(PASSWORD, "192.0.2.2")), "from elsewhere its owner gets in"
    clock.now += 3600
    assert is_in(log_in(PASSWORD))


def test_it_is_the_same_for_an_address_that_has_no_account(db):
    pages = [log_in("wrong", email="nobody@example.org").text for _ in range(11)]
    assert "not correct" in pages[9]
    assert TOO_MANY in pages[10]


def test_an_address_tries_sixty_passwords_of_many_accounts_an_hour_and_no_more(alice, no_view_limit):
    for number in range(60):
        assert TOO_MANY not in log_in("wrong", email=f"nobody{number}@example.org").text
    assert TOO_MANY in log_in(PASSWORD).text
    assert is_in(log_in(PASSWORD, "192.0.2.2"))


def test_all_addresses_together_try_an_account_a_hundred_times_a_day_and_no_more(alice, clock, no_view_limit):
    known = Client()
    assert is_in(try_in(known, PASSWORD, "198.51.100.1"))
    known.post("/accounts/logout/")
    for number in range(100):
        assert TOO_MANY not in log_in("wrong", f"192.0.2.{number // 9}").text
    assert TOO_MANY in log_in(PASSWORD, "203.0.113.7").text, "a browser that was never logged in"
    assert is_in(try_in(known, PASSWORD, "198.51.100.1")), "one that was"
    assert is_in(log_in(PASSWORD, "203.0.113.7", "bob@example.org")) is False
    clock.now += DAY
    assert is_in(log_in(PASSWORD, "203.0.113.7"))


def test_a_known_browser_tries_ten_times_an_hour_too(alice, bob):
    known = Client()
    try_in(known, PASSWORD)
    known.post("/accounts/logout/")
    for _ in range(10):
        assert TOO_MANY not in try_in(known, "wrong").text
    assert TOO_MANY in try_in(known, PASSWORD).text
    assert is_in(log_in(PASSWORD)), "and what it tried counts for nobody else"


def test_a_browser_is_known_for_one_account_and_not_by_a_cookie_that_was_made_up(alice, bob):
    browser = Client()
    try_in(browser, PASSWORD, email="bob@example.org")
    browser.post("/accounts/logout/")
    account = login_limits.account_key(ALICE)
    [cookie] = [each for name, each in browser.cookies.items() if name.startswith("known_")]
    browser.cookies[login_limits.COOKIE.format(account)] = cookie.value
    for _ in range(10):
        log_in("wrong")
    assert TOO_MANY in try_in(browser, PASSWORD).text


def test_its_cookie_tells_nobody_whose_it_is(alice):
    response = log_in(PASSWORD)
    [cookie] = [each for name, each in response.cookies.items() if name.startswith("known_")]
    assert ALICE not in str(cookie)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/accounts/")


def test_right_passwords_are_not_counted(alice, no_view_limit):
    for _ in range(15):
        assert is_in(log_in(PASSWORD))
    assert sum(RateCount.objects.values_list("number", flat=True)) == 0


def test_log_ins_at_once_do_not_slip_through(alice, monkeypatch):
    """Each is counted before its password is looked at."""
    seen = []
    monkeypatch.setattr(
        User, "check_password", lambda *_: seen.append(RateCount.objects.filter(number=1).count()) or False
    )
    log_in("wrong")
    assert seen == [3]


def test_log_in_takes_the_same_work_with_and_without_an_account(alice, monkeypatch):
    """A hash is what takes time."""
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given)
    )
    pages = []
    for email in (ALICE, "nobody@example.org"):
        pages.append(log_in("wrong", email=email).text.replace(email, ""))
        hashed.append(0)
    assert hashed == [1, 0, 1, 0]
    assert [page.count("not correct") for page in pages] == [1, 1]


def test_an_address_tries_thirty_logins_a_minute_and_no_more(alice):
    statuses = [log_in("wrong", email=f"nobody{number}@example.org").status_code for number in range(31)]
    assert statuses[:10] == [200] * 10
    assert statuses[-1] == 429
    assert log_in(PASSWORD, "192.0.2.2").status_code == 302


def test_the_counts_lie_where_all_processes_see_them(alice):
    log_in("wrong")
    assert RateCount.objects.count() == 3
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
