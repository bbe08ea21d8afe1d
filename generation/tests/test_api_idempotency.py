"""`Idempotency-Key`: what is sent again is ordered once, and what is not the same is refused."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ
from rest_framework.test import APIClient

from accounts.guests import adopt
from accounts.models import User
from generation import jobs
from generation.models import IdempotencyKey, Job
from generation.models.idempotency_key import KeyTaken
from generation.tests.api_calls import API, client_of, problem, wrong_fields
from generation.worker import attempt, reaper
from musicgen.tests.simultaneous import at_once

JOBS = f"{API}/jobs"
AT_ONCE = 50
ORDER = {"prompt": "rainy night", "duration": 30, "tags": ["wet"]}


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


def post(client, body=ORDER, key="once", **headers):
    return client.post(JOBS, body, headers={"Idempotency-Key": key} | headers)


def test_the_same_order_with_the_same_key_is_the_same_job(client):
    first, again = post(client), post(client)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    assert again["Location"] == first["Location"] == f"http://testserver{JOBS}/{first.json()['id']}"
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert (Job.objects.count(), OrmQ.objects.count()) == (1, 1)


def test_the_job_is_shown_as_it_stands_now(client):
    first = post(client)
    jobs.cancel(job=Job.objects.get())
    again = post(client)
    assert (again.status_code, again.json()["status"]) == (202, "canceled")
    assert again["Location"] == first["Location"]
    assert "Retry-After" not in again


@pytest.mark.parametrize(
    "body",
    [
        {"tags": ["wet"], "duration": 30.0, "prompt": " rainy night "},
        {"duration": 30, "prompt": "rainy night", "tags": ["wet"]},
    ],
)
def test_an_order_is_the_same_however_it_is_spelled(client, body):
    assert post(client, body).json()["id"] == post(client).json()["id"]


@pytest.mark.parametrize("change", [{"prompt": "sunny day"}, {"seed": 7}, {"tags": []}, {"duration": 31}])
def test_another_order_with_the_same_key_is_refused(client, change, settings):
    settings.IDEMPOTENCY_HOURS = 48
    post(client)
    refused = problem(post(client, ORDER | change), 422, "idempotency_key_reused")
    assert "of the last 48 hours" in refused["detail"]
    assert (Job.objects.count(), OrmQ.objects.count()) == (1, 1)


def test_without_a_key_and_with_another_there_is_another_job(client):
    post(client)
    post(client, key="twice")
    for _ in range(2):
        assert "Idempotent-Replayed" not in client.post(JOBS, ORDER)
    assert Job.objects.count() == 4


def test_everyone_has_keys_of_their_own(client, bob):
    theirs = post(client_of(bob), {"prompt": "loud"})
    mine = post(client)
    assert (theirs.status_code, mine.status_code) == (202, 202)
    assert mine.json()["id"] != theirs.json()["id"]
    assert post(client).json()["id"] == mine.json()["id"]


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "a\tb", "a\x7f"])
def test_a_key_that_is_none_is_named(client, key):
    assert wrong_fields(post(client, key=key)) == {"Idempotency-Key": "invalid"}
    assert not Job.objects.exists()


@pytest.mark.parametrize("key", ["!", "k" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a,b~"])
def test_keys_of_visible_ascii_are_taken_as_they_stand(client, key):
    assert post(client, key=key).status_code == 202
    assert post(client, key=key)["Idempotent-Replayed"] == "true"
    assert IdempotencyKey.objects.get().key == key


@pytest.mark.parametrize("wrong", [{"prompt": ""}, {"duration": 9999}, {"engine": "none"}, {"mood": "sad"}])
def test_an_order_that_is_wrong_keeps_no_key(client, wrong):
    assert post(client, ORDER | wrong).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert post(client).status_code == 202


def test_what_breaks_while_it_is_stored_keeps_no_key(client, monkeypatch):
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("generation.queue.messages.wake_for_job", lambda pk: 1 / 0)
        problem(post(client), 500, "internal")
    assert not IdempotencyKey.objects.exists()
    assert "Idempotent-Replayed" not in post(client)
    assert Job.objects.count() == 1


def test_a_day_later_the_key_is_free(client):
    first = post(client)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24))
    second = post(client, {"prompt": "another"})
    assert (second.status_code, Job.objects.count()) == (202, 2)
    assert second.json()["id"] != first.json()["id"]
    assert post(client, {"prompt": "another"}).json()["id"] == second.json()["id"]
    assert IdempotencyKey.objects.count() == 1


def test_almost_a_day_later_it_is_not(client):
    first = post(client)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    reaper.reap()
    assert post(client).json()["id"] == first.json()["id"]


def test_trying_again_with_a_key_tries_again_once(client, order):
    job, other = order(), order()
    for each in (job, other):
        jobs.cancel(job=each)
    again = [client.post(f"{JOBS}/{job.pk}/retry", headers={"Idempotency-Key": "r"}) for _ in range(2)]
    assert [response.status_code for response in again] == [202, 202]
    assert again[0].json()["id"] == again[1].json()["id"]
    assert (again[0].get("Idempotent-Replayed"), again[1]["Idempotent-Replayed"]) == (None, "true")
    assert list(Job.objects.filter(retry_of__isnull=False).values_list("retry_of", flat=True)) == [job.pk]
    reused = client.post(f"{JOBS}/{other.pk}/retry", headers={"Idempotency-Key": "r"})
    problem(reused, 422, "idempotency_key_reused")
    problem(post(client, key="r"), 422, "idempotency_key_reused")


def test_what_cannot_be_tried_again_keeps_no_key(client, order):
    job = order()
    problem(client.post(f"{JOBS}/{job.pk}/retry", headers={"Idempotency-Key": "r"}), 409, "not_retryable")
    assert not IdempotencyKey.objects.exists()


def test_deleting_an_owner_deletes_the_keys_at_once(client, alice, bob):
    post(client)
    post(client_of(bob))
    jobs.delete_owner(owner=alice)
    assert [key.owner_id for key in IdempotencyKey.objects.all()] == [bob.pk]


def test_a_guests_keys_do_not_meet_those_of_the_account(alice, scripted):
    guest = User.objects.create_guest()
    guests = APIClient()
    guests.force_login(guest)
    for client in (guests, client_of(alice)):
        post(client)
    adopt(guest, alice)
    assert Job.objects.filter(owner=alice).count() == 2
    jobs.delete_owner(owner=alice)
    while reaper.reap():
        pass
    assert not User.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_one_that_is_still_being_stored_is_asked_for_again(client, monkeypatch):
    def taken(self, job):
        raise KeyTaken

    with monkeypatch.context() as busy:
        busy.setattr(IdempotencyKey, "claim", taken)
        response = post(client)
    assert problem(response, 409, "idempotency_key_in_use")["retryable"] is True
    assert int(response["Retry-After"]) >= 1
    assert not Job.objects.exists()
    assert post(client).status_code == 202


def test_one_that_was_stored_just_now_is_answered_with(client, monkeypatch):
    """The first was stored between this one's look and its own insert."""
    first = post(client)
    looks = []
    look = IdempotencyKey.earlier_job
    monkeypatch.setattr(
        IdempotencyKey, "earlier_job", lambda key: look(key) if looks or looks.append(key) else None
    )
    again = post(client)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again["Idempotent-Replayed"] == "true"
    looks.clear()
    problem(post(client, {"prompt": "another"}), 422, "idempotency_key_reused")
    assert (Job.objects.count(), OrmQ.objects.count()) == (1, 1)


@pytest.mark.only_on("postgresql")  # SQLite has one writer at a time, which waits for the other.
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_takes_long_is_not_waited_for(client, alice, order):
    job, stored, answered = order(), threading.Event(), threading.Event()

    def store_slowly():
        try:
            with transaction.atomic():
                IdempotencyKey(owner_id=alice.pk, key="once", fingerprint="f").claim(job)
                stored.set()
                answered.wait(30)
        finally:
            connection.close()

    slow = threading.Thread(target=store_slowly)
    slow.start()
    stored.wait(10)
    response = post(client)
    answered.set()
    slow.join()
    problem(response, 409, "idempotency_key_in_use")
    problem(post(client), 422, "idempotency_key_reused")
    assert Job.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", ["order", "retry"])
def test_of_fifty_equal_requests_at_once_one_is_taken(alice, scripted, order, call):
    path, made = JOBS, 1
    if call == "retry":
        canceled = order()
        jobs.cancel(job=canceled)
        path, made = f"{JOBS}/{canceled.pk}/retry", 2
    clients = [client_of(alice) for _ in range(AT_ONCE)]
    messages = OrmQ.objects.count()
    once = {"Idempotency-Key": "once"}
    responses = at_once([lambda client=client: client.post(path, ORDER, headers=once) for client in clients])
    assert Job.objects.count() == made
    assert OrmQ.objects.count() == messages + 1
    taken = [response for response in responses if response.status_code == 202]
    assert {response.status_code for response in responses} <= {202, 409}
    assert len({response.json()["id"] for response in taken}) == 1
    assert sum("Idempotent-Replayed" not in response for response in taken) == 1
    for response in responses:
        if response.status_code == 409:
            problem(response, 409, "idempotency_key_in_use")


@pytest.mark.django_db(transaction=True)
def test_waiting_for_the_end_again_gives_201_again(client):
    first = post(client, {"prompt": "rain", "duration": 1})
    attempt.run(Job.objects.get().pk)
    again = post(client, {"prompt": "rain", "duration": 1}, Prefer="wait=5")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again["Idempotent-Replayed"] == "true"
    assert again["Preference-Applied"] == "wait=5"


def test_old_keys_go_with_the_reaper(client):
    for key in ("old", "new"):
        post(client, key=key)
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=24))
    reaper.reap()
    assert [key.key for key in IdempotencyKey.objects.all()] == ["new"]
    assert Job.objects.count() == 2
