"""Limits on a running site with three web processes and no Redis: they count together, by the address of a proxy."""

import http.client
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest

from generation.tests.running_site import Site, running_site

pytestmark = pytest.mark.long
CSRF = "a" * 32
ADDRESS, ANOTHER = "203.0.113.7", "203.0.113.8"
VARIABLES = {
    "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
    "WEB_CONCURRENCY": "3",
    "TRUSTED_PROXIES": "1",
    "GENERATION_WORKERS": "1",
    "ORDER_RATE": "7/day",
    "QUOTA_QUEUED": "guest:50",
    "GUEST_RATE": "none",
    "API_RATE": "200/day",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site"), **VARIABLES) as site:
        yield site


def ask(site: Site, method: str, path: str, body: str = "", address: str = ADDRESS, **headers: str) -> int:
    """The status of an answer, on a connection of its own so that any process may give it."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)
    headers = {"X-Forwarded-For": f"198.51.100.{len(body) % 9}, {address}", "Connection": "close", **headers}
    connection.request(method, path, body, headers)
    return connection.getresponse().status


def form(site: Site, path: str, address: str, **fields: str) -> int:
    body = urlencode({**fields, "csrfmiddlewaretoken": CSRF})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={CSRF}"}
    return ask(site, "POST", path, body, address, **headers)


def at_once(count: int, act) -> Counter[int]:
    with ThreadPoolExecutor(8) as threads:
        return Counter(threads.map(act, range(count)))


def test_orders_of_an_address_add_up_over_processes(site):
    def order(number: int) -> int:
        return form(site, "/", ADDRESS, prompt=f"rain {number}", duration="5", variations="1")

    assert at_once(40, order) == {302: 7, 429: 33}
    assert form(site, "/", ANOTHER, prompt="rain", duration="5", variations="1") == 302


def test_failed_logins_add_up_over_processes(site):
    def log_in(number: int) -> int:
        return form(
            site, "/accounts/login/", "203.0.113.9", login="nobody@example.org", password=f"guess {number}"
        )

    assert at_once(40, log_in)[429] >= 40 - 30
    assert form(site, "/accounts/login/", ANOTHER, login="dana@example.org", password="guess") == 200


def test_bad_tokens_of_an_address_add_up_over_processes(site):
    address = f"203.0.113.{random.randrange(100, 250)}"  # another one when the test is run again

    def guess(number: int) -> int:
        return ask(site, "GET", "/api/v1/jobs", address=address, Authorization=f"Bearer mg_guess{number}")

    answers = at_once(150, guess)
    # A minute may turn in the midst of it.
    assert answers[401] in (60, 120)
    assert answers[401] + answers[429] == 150


def test_requests_of_two_tokens_add_up_over_processes_to_a_hundredth_each(site):
    secrets = [site.manage("create_token", "alice@example.org", "--create-user").strip() for _ in range(2)]

    def read(number: int) -> int:
        return ask(site, "GET", "/api/v1/engines", Authorization=f"Bearer {secrets[number % 2]}")

    answers = at_once(260, read)
    assert 200 <= answers[200] <= 200 + 3 * 2
    assert answers[200] + answers[429] == 260
