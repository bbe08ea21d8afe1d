"""`POST /jobs`: what becomes a job, and everything that does not."""

import json
import threading

import pytest
from django.db import connection
from django.test import Client
from django_q.models import OrmQ

from accounts.models import User
from generation import jobs
from generation.api import waiting
from generation.api.seats import Caller, TooManyOfCaller
from generation.api.waiting import preferred_wait
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.tests.api_calls import API, client_of, problem, wrong_fields
from generation.worker import attempt

JOBS = f"{API}/jobs"


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


def post(client, body: str | bytes, content_type="application/json"):
    return client.generic("POST", JOBS, body, content_type=content_type)


def test_a_prompt_is_enough(client, alice):
    response = client.post(JOBS, {"prompt": "rainy night"})
    job = Job.objects.get()
    assert response.status_code == 202
    assert response["Location"] == f"http://testserver{JOBS}/{job.pk}"
    assert response["Retry-After"] == "1"
    assert (job.owner, job.engine, job.status) == (alice, "scripted", "queued")
    body = response.json()
    assert (body["id"], body["status"], body["queue_position"]) == (str(job.pk), "queued", 1)
    assert body["input"]["duration"] == 30
    assert body["input"]["seed"] == job.request.seed
    assert OrmQ.objects.count() == 1


def test_every_field_reaches_the_job(client):
    asked = {
        "prompt": "warm piano",
        "genre": "lofi",
        "duration": 12.5,
        "engine": "scripted",
        "seed": 2**32 - 1,
        "variations": 2,
        "bpm": 82,
        "instrumental": True,
        "title": "Late train",
        "tags": ["study", "wet"],
    }
    used = client.post(JOBS, asked).json()["input"]
    assert asked.items() <= used.items()
    left_out = {"key", "time_signature", "lyrics", "negative_prompt"}
    assert {name for name, value in used.items() if value is None} == left_out


def test_a_time_signature_reaches_the_job_where_the_genre_has_it(client, settings):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    asked = {"prompt": "music", "genre": "jazz", "time_signature": "5/4"}
    assert client.post(JOBS, asked).json()["input"]["time_signature"] == "5/4"
    refused = client.post(JOBS, asked | {"genre": "house"})
    assert wrong_fields(refused) == {"time_signature": "invalid"}
    assert refused.json()["detail"] == "The genre “house” is played in 4/4 here, not in 5/4."
    assert wrong_fields(client.post(JOBS, asked | {"time_signature": "5/16"})) == {
        "time_signature": "unknown"
    }
    assert wrong_fields(client.post(JOBS, asked | {"time_signature": 5})) == {"time_signature": "invalid"}
    assert Job.objects.count() == 1
    told = client.post(JOBS, {"prompt": "techno", "time_signature": "3/4"}).json()
    assert told["input"]["time_signature"] == "4/4"
    assert told["notices"] == ["'3/4' was not used: Techno is played in 4/4 here."]


def test_null_and_empty_count_as_left_out(client):
    empty = {"genre": "", "engine": None, "seed": None, "variations": None, "lyrics": "", "tags": None}
    empty["ignored_words"] = None
    response = client.post(JOBS, {"prompt": "rain", "duration": None, **empty})
    assert response.status_code == 202
    assert response.json()["input"]["variations"] == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{}", {"prompt": "required"}),
        ('{"prompt": null}', {"prompt": "null"}),
        ('{"prompt": "  "}', {"prompt": "required"}),
        ('{"prompt": "\\u200b"}', {"prompt": "required"}),
        ('{"prompt": " \\u200b\\ufeff\\u3164 "}', {"prompt": "required"}),
        ('{"prompt": "x", "title": "\\u200b"}', {"title": "blank"}),
        ('{"prompt": "\\u2060", "title": "\\u200b"}', {"prompt": "required", "title": "blank"}),
        ('{"prompt": "x", "tags": ["\\u200b"]}', {"tags": "blank"}),
        ('{"prompt": 7}', {"prompt": "invalid"}),
        ('{"prompt": ["rain"]}', {"prompt": "invalid"}),
        (json.dumps({"prompt": "x" * 2001}), {"prompt": "too_long"}),
        ('{"prompt": "a\\u0000b"}', {"prompt": "null_characters_not_allowed"}),
        ('{"prompt": "a\\ud800b"}', {"prompt": "surrogate_characters_not_allowed"}),
        ('{"prompt": "x", "duration": "abc"}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": "30"}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": NaN}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": Infinity}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": 1e999}', {"duration": "invalid"}),
        (f'{{"prompt": "x", "duration": 1{"0" * 400}}}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": true}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": [30]}', {"duration": "invalid"}),
        ('{"prompt": "x", "duration": 0}', {"duration": "out_of_range"}),
        ('{"prompt": "x", "duration": -3}', {"duration": "out_of_range"}),
        ('{"prompt": "x", "duration": 301}', {"duration": "out_of_range"}),
        ('{"prompt": "x", "seed": 1.5}', {"seed": "invalid"}),
        ('{"prompt": "x", "seed": "x"}', {"seed": "invalid"}),
        ('{"prompt": "x", "seed": "7"}', {"seed": "invalid"}),
        ('{"prompt": "x", "seed": true}', {"seed": "invalid"}),
        ('{"prompt": "x", "seed": Infinity}', {"seed": "invalid"}),
        ('{"prompt": "x", "seed": -1}', {"seed": "out_of_range"}),
        ('{"prompt": "x", "seed": 4294967296}', {"seed": "out_of_range"}),
        ('{"prompt": "x", "variations": 0}', {"variations": "out_of_range"}),
        ('{"prompt": "x", "variations": 5}', {"variations": "out_of_range"}),
        ('{"prompt": "x", "bpm": 29}', {"bpm": "out_of_range"}),
        ('{"prompt": "x", "instrumental": 1}', {"instrumental": "invalid"}),
        ('{"prompt": "x", "instrumental": "yes"}', {"instrumental": "invalid"}),
        ('{"prompt": "x", "instrumental": false}', {"instrumental": "unsupported"}),
        ('{"prompt": "x", "lyrics": "la la"}', {"lyrics": "unsupported"}),
        ('{"prompt": "x", "key": "A minor"}', {"key": "unsupported"}),
        ('{"prompt": "x", "time_signature": "3/4"}', {"time_signature": "unsupported"}),
        ('{"prompt": "x", "negative_prompt": "drums"}', {"negative_prompt": "unsupported"}),
        ('{"prompt": "x", "tags": "wet"}', {"tags": "not_a_list"}),
        ('{"prompt": "x", "tags": {"wet": 1}}', {"tags": "not_a_list"}),
        ('{"prompt": "x", "tags": [1]}', {"tags": "invalid"}),
        ('{"prompt": "x", "tags": [""]}', {"tags": "blank"}),
        (json.dumps({"prompt": "x", "tags": ["t"] * 11}), {"tags": "invalid"}),
        (json.dumps({"prompt": "x", "title": "t" * 121}), {"title": "too_long"}),
        ('{"prompt": "x", "engine": "nope"}', {"engine": "unknown"}),
        ('{"prompt": "x", "status": "completed"}', {"status": "unknown_field"}),
        (
            '{"prompt": "x", "lenght": 3, "\\ud800": 1}',
            {"lenght": "unknown_field", "\\ud800": "unknown_field"},
        ),
        (
            '{"seed": "x", "bpm": "x", "y": 1}',
            {"seed": "invalid", "bpm": "invalid", "prompt": "required", "y": "unknown_field"},
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_created(client, body, named):
    assert wrong_fields(post(client, body)) == named
    assert not Job.objects.exists()
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "invalid_json"),
        ("prompt=rain", "invalid_json"),
        (b'{"prompt": "\xff"}', "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        (f'{{"seed": {"1" * 5000}}}', "invalid_json"),
        ('["rain"]', "not_an_object"),
        ('"rain"', "not_an_object"),
        ("null", "not_an_object"),
        ("7", "not_an_object"),
    ],
)
def test_a_body_that_is_no_json_object(client, body, code):
    problem(post(client, body), 400, code)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type(client, content_type):
    problem(post(client, '{"prompt": "rain"}', content_type), 415, "unsupported_media_type")
    assert not Job.objects.exists()


def test_a_body_over_a_mebibyte(client):
    problem(post(client, json.dumps({"prompt": "x" * (1 << 20)})), 413, "too_large")
    problem(
        post(client, json.dumps({"prompt": "x" * (1 << 20)}), "text/plain"), 415, "unsupported_media_type"
    )
    fits = json.dumps({"prompt": "x" * ((1 << 20) - 14)})
    assert len(fits) == 1 << 20
    assert wrong_fields(post(client, fits)) == {"prompt": "too_long"}
    assert not Job.objects.exists()


def test_a_body_that_is_declared_too_large_is_not_read(client):
    never_sent = {"content_type": "application/json", "CONTENT_LENGTH": str((1 << 20) + 1)}
    problem(client.generic("POST", JOBS, "{}", **never_sent), 413, "too_large")


def test_a_body_in_chunks_is_not_taken_for_an_empty_one(client):
    response = client.generic(
        "POST", JOBS, content_type="application/json", headers={"Transfer-Encoding": "chunked"}
    )
    problem(response, 411, "length_required")


def test_many_unknown_fields_are_answered_shortly(client):
    response = post(client, json.dumps({f"field{number}": 1 for number in range(50_000)}))
    assert len(wrong_fields(response)) <= 20
    assert len(response.content) < 20_000


def test_the_engine_itself_resolves_what_is_left_out(client, scripted):
    first, second = (client.post(JOBS, {"prompt": "rain"}).json()["input"]["seed"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("wait=1", 1),
        ('wait="20"', 20),
        ("respond-async, Wait = 20; foo=1", 20),
        ("wait=3600", 3600),
        (f"wait={'9' * 5000}", 999_999_999),
        ("wait=0", None),
        ("wait=-1", None),
        ("wait=²", None),
        ("wait", None),
        ("waiting=5", None),
    ],
)
def test_what_a_prefer_header_asks(header, seconds):
    assert preferred_wait(header) == seconds


@pytest.mark.django_db(transaction=True)
def test_waiting_for_the_end_gives_201(client):
    made = threading.Thread(target=_make_the_first_job)
    made.start()
    response = client.post(JOBS, {"prompt": "rain", "duration": 1}, headers={"Prefer": "wait=20"})
    made.join()
    assert (response.status_code, response["Preference-Applied"]) == (201, "wait=20")
    body = response.json()
    assert body["status"] == "completed"
    assert len(body["tracks"]) == 1
    assert response["Location"] == body["urls"]["self"]
    assert "Retry-After" not in response


def test_waiting_in_vain_gives_202(client):
    response = client.post(JOBS, {"prompt": "rain"}, headers={"Prefer": "wait=1"})
    assert (response.status_code, response["Preference-Applied"]) == (202, "wait=1")
    assert response.json()["status"] == "queued"


def test_nobody_waits_longer_than_the_site_grants(client, settings):
    settings.LONGEST_WAIT = 1
    response = client.post(JOBS, {"prompt": "rain"}, headers={"Prefer": "wait=60"})
    assert (response.status_code, response["Preference-Applied"]) == (202, "wait=1")
    settings.LONGEST_WAIT = 0
    address = response.json()["urls"]["self"]
    response = client.get(address, headers={"Prefer": "wait=60"})
    assert (response.status_code, response["Preference-Applied"]) == (200, "wait=0")


def test_who_has_no_seat_is_told_and_answered_at_once(client, bob, settings):
    """Of four that may wait one user has two, so that the others are for somebody else."""
    settings.LONGEST_WAIT = 1
    bobs = Caller(f"user:{bob.pk}")
    seats = [waiting.WAITING.take(bobs, waiting.MAX_WAITING) for _ in range(2)]
    try:
        with pytest.raises(TooManyOfCaller):
            waiting.WAITING.take(bobs, waiting.MAX_WAITING)
        first = client.post(JOBS, {"prompt": "rain"}, headers={"Prefer": "wait=60"})
        seats += [waiting.WAITING.take(Caller(f"user:{n}"), waiting.MAX_WAITING) for n in range(2)]
        second = client.get(first.json()["urls"]["self"], headers={"Prefer": "wait=60"})
    finally:
        for seat in seats:
            seat.give_back()
    assert (first.status_code, first["Preference-Applied"]) == (202, "wait=1")
    assert (second.status_code, second["Preference-Applied"], second["Retry-After"]) == (200, "wait=0", "1")
    assert waiting.WAITING.taken == 0


@pytest.mark.django_db(transaction=True)
def test_a_job_is_waited_for_after_its_order_too(client, order):
    job = order()
    made = threading.Thread(target=_make_the_first_job)
    made.start()
    response = client.get(f"{JOBS}/{job.pk}", headers={"Prefer": "wait=20"})
    made.join()
    assert (response.status_code, response["Preference-Applied"]) == (200, "wait=20")
    assert response.json()["status"] == "completed"
    assert "Retry-After" not in response


def test_another_users_job_is_not_waited_for(client, bob):
    job = jobs.submit(owner=bob, request=MusicRequest(prompt="rain", duration=1.0))
    problem(client.get(f"{JOBS}/{job.pk}", headers={"Prefer": "wait=20"}), 404, "not_found")


def test_guests_of_one_address_wait_as_one_and_leave_a_seat_to_accounts(client, order, settings):
    settings.LONGEST_WAIT = 1

    def waits(address: str) -> str:
        guest = User.objects.create_guest()
        browser = Client(REMOTE_ADDR=address)
        browser.force_login(guest)
        job = jobs.submit(owner=guest, request=MusicRequest(prompt="rain", duration=1.0))
        return browser.get(f"{JOBS}/{job.pk}", headers={"Prefer": "wait=9"})["Preference-Applied"]

    seats = [
        waiting.WAITING.take(Caller("address:192.0.2.1", is_guest=True), waiting.MAX_WAITING)
        for _ in range(2)
    ]
    try:
        assert waits("192.0.2.1") == "wait=0"
        assert waits("192.0.2.2") == "wait=1"
        seats.append(waiting.WAITING.take(Caller("address:192.0.2.3", is_guest=True), waiting.MAX_WAITING))
        assert waits("192.0.2.2") == "wait=0"
        granted = client.get(f"{JOBS}/{order().pk}", headers={"Prefer": "wait=9"})
        assert granted["Preference-Applied"] == "wait=1"
    finally:
        for seat in seats:
            seat.give_back()
    assert waiting.WAITING.taken == 0


def test_a_session_needs_the_csrf_token(alice, scripted):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    order = {"data": {"prompt": "rain"}, "content_type": "application/json"}
    problem(browser.post(JOBS, **order), 403, "permission_denied")
    assert not Job.objects.exists()
    browser.cookies["csrftoken"] = "a" * 32
    assert browser.post(JOBS, **order, headers={"X-CSRFToken": "a" * 32}).status_code == 202


def _make_the_first_job():
    try:
        for _ in range(200):
            if job := Job.objects.first():
                attempt.run(job.pk)
                return
            threading.Event().wait(0.05)
    finally:
        connection.close()


def test_waiting_for_a_job_is_not_ended_by_another(scripted, order):
    ended, job = order(), order()
    ended.cancel()
    slept: list[float] = []
    waiting.wait_until_ended(job.pk, 6.25, clock=lambda: sum(slept), sleep=slept.append)
    assert slept[:2] == pytest.approx([0.1, 0.12])
    assert slept[12] == max(slept) == 0.5
    assert sum(slept) == pytest.approx(6.25)


@pytest.mark.parametrize(
    ("order", "named"),
    [
        (
            {"unknown": 1, "duration": "x", "prompt": "", "variations": 9, "bpm": 5},
            {
                "unknown": "unknown_field",
                "duration": "invalid",
                "prompt": "required",
                "variations": "out_of_range",
                "bpm": "out_of_range",
            },
        ),
        ({"seed": "x", "engine": "no"}, {"seed": "invalid", "engine": "unknown", "prompt": "required"}),
        (
            {"prompt": 7, "tags": [""], "lyrics": "la"},
            {"prompt": "invalid", "tags": "blank", "lyrics": "unsupported"},
        ),
        ({"prompt": "rain", "unknown": 1}, {"unknown": "unknown_field"}),
    ],
)
def test_all_that_is_wrong_is_named_at_once(client, order, named):
    assert wrong_fields(client.post(JOBS, order)) == named
