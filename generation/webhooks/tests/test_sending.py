"""One attempt: what goes out is what Standard Webhooks' own library accepts, and no receiver holds it for long."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from generation.webhooks import sending, signing
from generation.webhooks.sending import Message, send
from generation.webhooks.tests import receiver as receivers
from generation.webhooks.tests.receiver import answering

SECRET, OTHER = (signing.secret_of(signing.new_salt()) for _ in range(2))
BODY = json.dumps({"type": "job.completed", "data": {"title": "Über „Regen“"}}, ensure_ascii=False)


def message_to(url: str, *secrets: str) -> Message:
    return Message(uuid.uuid4(), url, BODY, secrets or (SECRET,))


def test_the_library_accepts_what_arrives(receiver):
    message = message_to(receiver.url)
    outcome = send(message)
    assert (outcome.is_success, outcome.status_code, outcome.error) == (True, 204, "")
    [received] = receiver.received
    assert Webhook(SECRET).verify(received.body, received.headers) == json.loads(BODY)
    assert received.headers["webhook-id"] == str(message.id)
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["User-Agent"] == signing.USER_AGENT
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 5


def test_the_library_refuses_another_secret_another_body_and_another_id(receiver):
    send(message_to(receiver.url))
    [received] = receiver.received
    for secret, body, headers in (
        (OTHER, received.body, received.headers),
        (SECRET, received.body + b" ", received.headers),
        (SECRET, received.body, received.headers | {"webhook-id": "another"}),
        (SECRET, received.body, received.headers | {"webhook-timestamp": str(int(time.time()) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


def test_while_a_secret_is_rotated_either_verifies(receiver):
    send(message_to(receiver.url, SECRET, OTHER))
    [received] = receiver.received
    assert len(received.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OTHER):
        assert Webhook(secret).verify(received.body, received.headers)


@pytest.mark.parametrize("behaviour", ["hanging", "dripping", "dripping_body", "going_on"])
def test_a_receiver_that_hangs_costs_its_timeout(receiver, monkeypatch, behaviour):
    monkeypatch.setattr(sending, "TIMEOUT_SECONDS", 0.5)
    receiver.behaviour = getattr(receivers, behaviour)
    began = time.monotonic()
    outcome = send(message_to(receiver.url))
    assert time.monotonic() - began < 2
    assert (outcome.status_code, outcome.is_success) == (None, False)
    assert "does not answer in time" in outcome.error
    assert 0.4 < outcome.duration < 2


def test_of_a_flood_the_first_kilobyte_is_read(receiver):
    receiver.behaviour = receivers.flooding
    outcome = send(message_to(receiver.url))
    assert outcome.is_success
    assert outcome.answer == ("flood " * 200)[:1024]
    assert outcome.duration < 2


@pytest.mark.parametrize("behaviour", ["flooding_headers", "resetting", "babbling"])
def test_what_is_no_answer_is_said_to_be_none(receiver, behaviour):
    receiver.behaviour = getattr(receivers, behaviour)
    outcome = send(message_to(receiver.url))
    assert (outcome.status_code, outcome.answer) == (None, "")
    assert "broke off" in outcome.error
    assert outcome.duration < 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    receiver.behaviour = answering(status, Location=receiver.url)
    outcome = send(message_to(receiver.url))
    assert (outcome.is_success, outcome.status_code) == (False, status)
    assert "redirects" in outcome.error
    assert (len(receiver.received), receiver.followed) == (1, [])


@pytest.mark.parametrize(
    ("status", "good"), [(200, True), (299, True), (400, False), (404, False), (500, False)]
)
def test_any_two_hundred_is_success(receiver, status, good):
    receiver.behaviour = answering(status, b"caf\xc3\xa9 \xff\x00")
    outcome = send(message_to(receiver.url))
    assert (outcome.is_success, outcome.status_code) == (good, status)
    assert outcome.answer == "café \ufffd\ufffd"


def test_a_receiver_may_ask_to_be_left_alone_for_a_while(receiver):
    later = datetime.now(UTC) + timedelta(hours=1)
    for status, header, asked in (
        (429, "120", 120),
        (503, format_datetime(later, usegmt=True), 3600),
        (503, "soon", None),
        (503, "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        (429, "Sat, 31 Jan 2026 18:01:00 +99999999999999999999", None),
        (500, "120", None),
    ):
        receiver.behaviour = answering(status, Retry_After=header)
        outcome = send(message_to(receiver.url))
        assert outcome.retry_after == (asked and pytest.approx(asked, abs=5))


def test_nobody_there_is_said(receiver):
    outcome = send(message_to("http://127.0.0.1:1/hooks"))
    assert (outcome.status_code, outcome.error) == (None, "127.0.0.1:1 takes no connection.")


def test_what_should_not_be_is_logged_and_stops_nothing(receiver, caplog):
    outcome = send(message_to(receiver.url, "whsec_"))
    assert outcome.error == sending.BROKEN
    assert "EmptyWebhookSecretError" in caplog.text
    assert receiver.received == []
