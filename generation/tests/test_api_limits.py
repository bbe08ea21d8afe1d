"""What the API answers to who asks too often, orders too much or tries tokens, and the headers that foretell it."""

import json
import re

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import rates
from accounts.models import User
from generation import jobs
from generation.models import Job
from generation.tests.api_calls import API, client_of, problem
from generation.web.views import create

ENGINES = f"{API}/engines"
ORDER = {"prompt": "rainy night", "duration": 30}
HOUR = 500_000 * 3600.0


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def guests():
    """Makes a browser of a new guest, at an address."""

    def browser(address: str = "192.0.2.1") -> Client:
        client = Client(REMOTE_ADDR=address)
        client.force_login(User.objects.create_guest())
        return client

    return browser


def order_by(browser: Client, **headers):
    return browser.post(f"{API}/jobs", json.dumps(ORDER), content_type="application/json", **headers)


def test_too_many_requests(alice, bob, settings, monkeypatch):
    """A second token of the same user does not double what they may ask."""
    settings.API_RATE = "2/hour"
    client, other_token = client_of(alice), client_of(alice)
    for second, each in ((0, client), (3500, other_token)):
        monkeypatch.setattr(rates.time, "time", lambda now=HOUR + second: now)
        assert each.get(ENGINES).status_code == 200
    for each in (client, other_token):
        response = each.get(ENGINES)
        assert problem(response, 429, "rate_limited")["retryable"] is True
        assert response["Retry-After"] == "101"
    assert client_of(bob).get(ENGINES).status_code == 200
    monkeypatch.setattr(rates.time, "time", lambda: HOUR + 3600)
    assert client.get(ENGINES).status_code == 200


def test_a_session_and_a_token_of_the_same_user_count_together(alice, alices, settings):
    settings.API_RATE = "1/hour"
    assert alices.get(ENGINES).status_code == 200
    problem(client_of(alice).get(ENGINES), 429, "rate_limited")


def test_guests_of_one_address_count_together(guests, settings):
    settings.API_RATE = "1/hour"
    assert guests().get(ENGINES).status_code == 200
    problem(guests().get(ENGINES), 429, "rate_limited")
    assert guests("192.0.2.2").get(ENGINES).status_code == 200


def test_an_address_that_the_caller_made_up_is_not_believed(guests, settings):
    settings.API_RATE, settings.TRUSTED_PROXIES = "1/hour", 1
    for made_up, status in (("198.51.100.1", 200), ("198.51.100.2", 429)):
        forwarded = {"X-Forwarded-For": f"{made_up}, 203.0.113.7"}
        assert guests().get(ENGINES, headers=forwarded).status_code == status


@pytest.mark.parametrize("path", ["engines", "jobs/7", "openapi.json"])
def test_headers_tell_how_the_caller_stands(alice, settings, monkeypatch, path):
    settings.API_RATE = "120/min"
    monkeypatch.setattr(rates.time, "time", lambda: HOUR + 26)
    client = client_of(alice)
    client.get(ENGINES)
    response = client.get(f"{API}/{path}")
    if path == "jobs/7":  # no call of the API, so not counted
        assert "RateLimit" not in response
        return
    assert response["RateLimit-Policy"] == '"requests";q=120;w=60'
    assert response["RateLimit"] == '"requests";r=118;t=34'


def test_headers_are_there_when_it_is_too_much_and_when_something_is_wrong(alice, settings):
    settings.API_RATE = "2/hour"
    client = client_of(alice)
    assert client.post(f"{API}/jobs", {"prompt": ""})["RateLimit"].startswith('"requests";r=1;t=')
    client.get(ENGINES)
    response = client.get(ENGINES)
    assert response.status_code == 429
    left, reset = map(int, re.fullmatch(r'"requests";r=(\d+);t=(\d+)', response["RateLimit"]).groups())
    assert (left, response["RateLimit-Policy"]) == (0, '"requests";q=2;w=3600')
    assert 0 <= int(response["Retry-After"]) - reset <= 1


def test_bad_tokens_are_counted_by_address_and_a_good_one_opens_all_the_same(alice, settings):
    settings.BAD_TOKEN_RATE = "2/min"
    good = client_of(alice)
    for number, status in enumerate((401, 401, 429, 429)):
        response = APIClient(HTTP_AUTHORIZATION=f"Bearer mg_wrong{number}").get(ENGINES)
        assert response.status_code == status
    problem(response, 429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 61
    assert good.get(ENGINES).status_code == 200
    elsewhere = APIClient(HTTP_AUTHORIZATION="Bearer mg_wrong", REMOTE_ADDR="192.0.2.9")
    assert elsewhere.get(ENGINES).status_code == 401


def test_more_in_a_day_than_there_may_be(alice, settings):
    settings.QUOTA_JOBS_PER_DAY = {"guest": 0, "user": 1, "staff": None}
    client = client_of(alice)
    assert client.post(f"{API}/jobs", ORDER).status_code == 202
    response = client.post(f"{API}/jobs", ORDER)
    body = problem(response, 429, "quota_exceeded")
    assert "More can be ordered from 00:00 UTC on" in body["detail"]
    assert body["retryable"] is True
    assert 1 <= int(response["Retry-After"]) <= 86_400
    assert "RateLimit" in response
    assert Job.objects.count() == 1


def test_more_in_line_than_there_may_be(alice, settings):
    settings.QUOTA_QUEUED = {"guest": 1, "user": 1, "staff": None}
    client = client_of(alice)
    job = client.post(f"{API}/jobs", ORDER).json()
    response = client.post(f"{API}/jobs", ORDER)
    assert "in line" in problem(response, 429, "concurrency_limited")["detail"]
    assert int(response["Retry-After"]) >= 1
    canceled = client.post(f"{API}/jobs/{job['id']}/cancel")
    assert canceled.status_code == 200
    assert client.post(f"{API}/jobs/{job['id']}/retry").status_code == 202
    problem(client.post(f"{API}/jobs/{job['id']}/retry"), 429, "concurrency_limited")


def test_an_order_that_was_taken_is_not_refused_when_it_is_sent_again(alice, settings):
    settings.QUOTA_QUEUED = {"guest": 1, "user": 1, "staff": None}
    client = client_of(alice)
    first, again = (client.post(f"{API}/jobs", ORDER, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (again.status_code, again["Idempotent-Replayed"]) == (202, "true")
    assert again.json()["id"] == first.json()["id"]
    problem(
        client.post(f"{API}/jobs", ORDER, headers={"Idempotency-Key": "twice"}), 429, "concurrency_limited"
    )
    jobs.cancel(job=Job.objects.get())
    assert client.post(f"{API}/jobs", ORDER, headers={"Idempotency-Key": "twice"}).status_code == 202


def test_guests_of_an_address_order_as_one(guests, settings):
    settings.QUOTA_QUEUED = {"guest": 2, "user": None, "staff": None}
    for status in (202, 202, 429):
        response = order_by(guests())
        assert response.status_code == status
    problem(response, 429, "concurrency_limited")
    assert order_by(guests("192.0.2.2")).status_code == 202
    assert len(set(Job.objects.values_list("turn_id", flat=True))) == 2


def test_orders_of_guests_are_counted_by_address_on_the_pages_and_here(guests, settings):
    settings.ORDER_RATE = ["2/hour"]
    page = guests()
    page.post("/", {"prompt": "rainy night", "duration": "30"})
    assert order_by(guests()).status_code == 202
    problem(order_by(guests()), 429, "rate_limited")
    refused = page.post("/", {"prompt": "rainy night", "duration": "30"})
    assert refused.status_code == 429
    assert create.RECENT > Job.objects.count() == 2


def test_usage_tells_the_limits(alice, settings):
    settings.QUOTA_JOBS_PER_DAY = {"guest": 0, "user": 3, "staff": None}
    settings.QUOTA_SECONDS_PER_DAY = {"guest": 0, "user": None, "staff": None}
    settings.QUOTA_QUEUED = {"guest": 1, "user": 50, "staff": None}
    client = client_of(alice)
    client.post(f"{API}/jobs", ORDER | {"variations": 2})
    limits = client.get(f"{API}/usage").json()["limits"]
    renews_at = limits["jobs_per_day"].pop("renews_at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", renews_at)
    assert limits["seconds_per_day"].pop("renews_at") == renews_at
    assert limits["usd_per_day"].pop("renews_at") == renews_at
    assert limits == {
        "jobs_per_day": {"limit": 3, "used": 1.0, "left": 2.0},
        "seconds_per_day": {"limit": None, "used": 60.0, "left": None},
        "queued": {"limit": 50, "used": 1.0, "left": 49.0, "renews_at": None},
        "running": {"limit": None, "used": 0.0, "left": None, "renews_at": None},
        "stored_minutes": {"limit": None, "used": 1.0, "left": None, "renews_at": None},
        "usd_per_day": {"limit": None, "used": 0.0, "left": None},
    }
