"""What the pages say to who orders too much or too often: why, until when, and nothing that was typed is lost."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import RateCount, User
from generation import jobs
from generation.models import Job
from generation.tests.web_pages import text_of
from generation.web.views.create import PATIENT_REFUSALS

ORDER = {
    "prompt": "a rainy night in Lisbon",
    "duration": "30",
    "variations": "1",
    "title": "Night",
    "seed": "7",
}


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def test_a_refused_order_says_why_and_keeps_what_was_typed(alices, settings):
    settings.QUOTA_JOBS_PER_DAY = {"guest": 0, "user": 1, "staff": None}
    alices.post("/", ORDER)
    page = alices.post("/", ORDER)
    assert page.status_code == 429
    assert 1 <= int(page["Retry-After"]) <= 86_400
    assert "You may order 1 job a day, and you have. More can be ordered from 00:00 UTC on, in " in text_of(
        page
    )
    content = page.content.decode()
    assert "a rainy night in Lisbon</textarea>" in content
    assert 'value="Night"' in content
    assert 'value="7"' in content
    assert 'id="main"' in content  # so that it is swapped in
    assert Job.objects.count() == 1


def test_a_refused_order_makes_no_guest_and_no_session(settings):
    settings.QUOTA_QUEUED = {"guest": 1, "user": None, "staff": None}
    for status in (302, 429, 429):
        browser = Client()
        response = browser.post("/", ORDER)
        assert response.status_code == status
    assert "sessionid" not in browser.cookies
    assert (User.objects.count(), Session.objects.count(), Job.objects.count()) == (1, 1, 1)
    assert "All guests of one address together may have 1 job in line" in text_of(response)


def test_what_breaks_while_an_order_is_stored_makes_no_guest(monkeypatch):
    monkeypatch.setattr("generation.queue.messages.wake_for_job", lambda pk: 1 / 0)
    browser = Client(raise_request_exception=False)
    assert browser.post("/", ORDER).status_code == 500
    assert (User.objects.count(), Session.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_orders_are_counted_by_address(settings):
    settings.ORDER_RATE = ["2/hour", "9/day"]
    statuses = [
        Client().post("/", ORDER | {"prompt": prompt}).status_code for prompt in ("rain", "", "sun", "fog")
    ]
    assert statuses == [302, 422, 429, 429]
    page = Client().post("/", ORDER)
    assert "Too many orders came from your address. Try again in " in text_of(page)
    assert "a rainy night in Lisbon</textarea>" in page.content.decode()
    assert Client(REMOTE_ADDR="192.0.2.2").post("/", ORDER).status_code == 302
    assert User.objects.count() == 2


def test_who_goes_on_all_the_same_gets_a_page_that_costs_nothing(settings, django_assert_num_queries):
    settings.ORDER_RATE = ["1/hour"]
    for _ in range(1 + PATIENT_REFUSALS):
        page = Client().post("/", ORDER)
    assert "a rainy night in Lisbon</textarea>" in page.content.decode()
    with django_assert_num_queries(0):
        page = Client().post("/", ORDER)
    assert (page.status_code, page["Retry-After"].isdecimal()) == (429, True)
    assert "Too many attempts" in text_of(page)
    assert 'id="main"' in page.content.decode()


def test_new_guests_are_counted_by_address_and_known_ones_go_on(settings):
    settings.GUEST_RATE = ["1/hour"]
    known = Client()
    assert known.post("/", ORDER).status_code == 302
    assert Client().post("/", ORDER).status_code == 429
    assert known.post("/", ORDER).status_code == 302
    assert User.objects.count() == 1


def test_a_flood_without_cookies_makes_no_rows_without_bound(settings):
    settings.ORDER_RATE, settings.QUOTA_QUEUED = (
        ["5/day", "50/day"],
        {"guest": 3, "user": None, "staff": None},
    )
    for _ in range(40):
        Client().post("/", ORDER)
    assert (User.objects.count(), Session.objects.count(), Job.objects.count()) == (3, 3, 3)
    assert RateCount.objects.count() <= 4


def test_trying_again_is_refused_in_a_sentence(alice, alices, order, settings):
    job = order()
    jobs.cancel(job=job)
    settings.QUOTA_JOBS_PER_DAY = {"guest": 0, "user": 0, "staff": None}
    page = alices.post(f"/jobs/{job.pk}/retry", follow=True)
    assert "You may order 0 jobs a day" in text_of(page)
    settings.ORDER_RATE = ["0/hour"]
    page = alices.post(f"/jobs/{job.pk}/retry", follow=True)
    assert "Too many orders came from your address." in text_of(page)
    assert Job.objects.count() == 1


def test_the_account_page_shows_what_is_left(alices, order, settings):
    settings.QUOTA_JOBS_PER_DAY = {"guest": 0, "user": 3, "staff": None}
    settings.QUOTA_SECONDS_PER_DAY = {"guest": 0, "user": 90, "staff": None}
    settings.QUOTA_QUEUED = {"guest": 1, "user": 50, "staff": None}
    order(duration=30.0)
    text = text_of(alices.get("/accounts/"))
    assert "Left today Jobs 2 of 3 Music 1:00 of 1:30 Until 00:00 UTC , in " in text
    assert "In line 1 of 50" in text
    settings.QUOTA_JOBS_PER_DAY = settings.QUOTA_SECONDS_PER_DAY = {"guest": 0, "user": None, "staff": None}
    assert "Left today" not in text_of(alices.get("/accounts/"))


def test_a_guest_sees_that_limits_are_shared(client):
    client.post("/", ORDER)
    text = text_of(client.get("/accounts/"))
    assert "Jobs 99 of 100" in text
    assert "All guests of your address share this, and what may be in line." in text
    assert "In line 1 of 20" in text
