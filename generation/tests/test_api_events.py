"""`/events` and `/jobs/{id}/events` where the web server hands no connection over: a thread tells, for a few."""

import gc
import json
import logging
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from generation.api.streams.feed import KEEP_ALIVE, OPENING, Feed
from generation.api.streams.hub import KEEP_ALIVE_SECONDS, LIFETIME_SECONDS
from generation.api.streams.in_thread import pieces_of
from generation.api.streams.opening import HELD, IN_THREAD, IN_THREADS
from generation.api.streams.readers import Reader
from generation.api.streams.watcher import Watcher
from generation.models import Job
from generation.tests.api_calls import API, client_of, problem
from musicgen.handover import KEY, Handover

EVENTS = f"{API}/events"


@pytest.fixture
def client(alice, scripted):
    gc.collect()  # what other tests have opened and not read
    assert IN_THREAD.taken == 0
    return client_of(alice)


def test_a_stream_tells_how_things_stand_and_frees_its_seat(client, order):
    job = order()
    response = client.get(f"{API}/jobs/{job.pk}/events")
    pieces = iter(response.streaming_content)
    assert next(pieces) == OPENING
    assert f'"id":"{job.pk}","status":"queued"' in next(pieces).decode()
    assert IN_THREAD.taken == 1
    response.close()
    assert IN_THREAD.taken == 0


def test_the_stream_of_an_ended_job_ends(client, order):
    job = order()
    job.cancel()
    response = client.get(f"{API}/jobs/{job.pk}/events")
    assert b"event: canceled" in b"".join(response.streaming_content)
    response.close()
    assert IN_THREAD.taken == 0


def test_one_that_nobody_reads_frees_its_seat_too(client):
    response = client.get(EVENTS)
    assert (response.status_code, IN_THREAD.taken) == (200, 1)
    del response
    gc.collect()
    assert IN_THREAD.taken == 0


def test_one_that_is_never_handed_over_frees_its_seat_too(client):
    response = client.get(EVENTS, **{KEY: Handover()})
    assert (response.status_code, HELD.taken, IN_THREAD.taken) == (200, 1, 0)
    del response
    gc.collect()
    assert HELD.taken == 0


def test_only_a_few_hold_a_thread(client, alice, bob):
    opened = [client.get(EVENTS) for _ in range(IN_THREADS)]
    assert problem(client.get(EVENTS), 429, "concurrency_limited")["retryable"]
    refused = client_of(bob).get(EVENTS)
    assert problem(refused, 503, "no_stream_free")["retryable"]
    assert refused["Retry-After"] == "10"
    for response in opened:
        response.close()


def listening(browser: Any) -> Any:
    """The answer to somebody who asks for all events, held as gunicorn's worker holds it."""
    return browser.get(EVENTS, **{KEY: Handover()})


def test_guests_of_one_address_listen_as_one_and_leave_streams_to_accounts(client, settings):
    settings.EVENT_STREAMS = 40

    def opened(address: str, count: int):
        """Streams of a new guest at this address."""
        browser = Client(REMOTE_ADDR=address)
        browser.force_login(User.objects.create_guest())
        return [listening(browser) for _ in range(count)]

    held = [*opened("192.0.2.1", 10), *opened("192.0.2.1", 10)]
    assert {response.status_code for response in held} == {200}
    problem(opened("192.0.2.1", 1)[0], 429, "concurrency_limited")
    held += opened("192.0.2.2", 10)
    assert held[-1].status_code == 200
    problem(opened("192.0.2.3", 1)[0], 503, "no_stream_free")
    held += [listening(client) for _ in range(10)]
    assert (held[-1].status_code, HELD.taken) == (200, 40)
    del held
    gc.collect()
    assert HELD.taken == 0


def test_that_all_streams_are_taken_is_no_error_in_the_log(client, settings, caplog):
    settings.EVENT_STREAMS = 0
    caplog.set_level(logging.INFO)
    problem(client.get(EVENTS, **{KEY: Handover()}), 503, "no_stream_free")
    lines = [(record.name, record.levelname) for record in caplog.records]
    assert ("musicgen.access", "INFO") in lines
    assert not [line for line in lines if line[0] == "django.request"]


def test_a_job_whose_row_goes_while_it_is_read_is_not_there(client, order, monkeypatch):
    job = order()
    job.cancel()
    response = client.get(f"{API}/jobs/{job.pk}/events")
    stream = b"".join(response.streaming_content).decode()
    del response  # whose seat is free again
    last = {"Last-Event-ID": stream.partition("id: ")[2].partition("\n")[0]}
    assert client.get(f"{API}/jobs/{job.pk}/events", headers=last).status_code == 204
    look = Watcher.look

    def gone_before(self, feeds):
        Job.objects.filter(pk=job.pk).delete()
        return look(self, feeds)

    monkeypatch.setattr(Watcher, "look", gone_before)
    problem(client.get(f"{API}/jobs/{job.pk}/events", headers=last), 404, "not_found")


@pytest.mark.parametrize("last", ["A" * 1001, "!" * 8000])
def test_an_id_longer_than_any_header_may_be_begins_anew(client, order, last):
    job = order()
    job.cancel()
    response = client.get(f"{API}/jobs/{job.pk}/events", headers={"Last-Event-ID": last})
    stream = b"".join(response.streaming_content).decode()
    response.close()
    assert json.loads(stream.partition("data: ")[2].partition("\n")[0])["status"] == "canceled"


def test_head_opens_no_stream(client):
    response = client.head(EVENTS)
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    assert response["Cache-Control"] == "no-store, no-transform"
    assert IN_THREAD.taken == 0


def test_a_token_must_be_allowed_to_read(alice, scripted, order):
    problem(client_of(alice, "write").get(f"{API}/jobs/{order().pk}/events"), 403, "permission_denied")


@pytest.mark.sqlite_is_enough
def test_a_silent_stream_is_kept_open_and_ends_after_an_hour(alice, scripted, client):
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 5

    client.get(f"{API}/jobs")  # whoever asks is known by their token
    token = alice.api_tokens.get()
    pieces = list(pieces_of(Feed(alice.pk), Reader(alice.pk, token.pk), clock=lambda: now[0], sleep=sleep))
    assert pieces[0] == OPENING
    assert set(pieces[1:]) == {KEEP_ALIVE}
    assert len(pieces) - 1 == pytest.approx(LIFETIME_SECONDS / KEEP_ALIVE_SECONDS, rel=0.1)


def test_a_reader_whose_token_is_revoked_hears_no_more(alice, scripted, client):
    token = alice.api_tokens.get()
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 1
        token.revoke()

    assert list(pieces_of(Feed(alice.pk), Reader(alice.pk, token.pk), clock=lambda: now[0], sleep=sleep)) == [
        OPENING
    ]
    assert now[0] < 5
