"""One attempt to deliver a message. Knows no database, so that many threads can wait for receivers."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from generation.webhooks.delivery import MAX_ANSWER, Outcome
from generation.webhooks.schedule import seconds_of
from generation.webhooks.signing import headers_of
from musicgen.outbound import Answer, OutboundError, fetch

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 15.0
# Who may say when to come back, by `Retry-After`.
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
REDIRECTED = "The receiver redirects, which is not followed. Give the webhook the address that it leads to."
BROKEN = "The message could not be sent. The operator finds the reason in the log."


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out: to which URL, signed by which secrets, the newest first."""

    id: UUID
    url: str
    body: str
    secrets: Sequence[str]


def send(message: Message) -> Outcome:
    """Send a message once. It takes at most `TIMEOUT_SECONDS`, whatever the receiver does; nothing is raised."""
    at, began = timezone.now(), time.monotonic()
    try:
        answer = fetch(
            message.url,
            method="POST",
            headers=headers_of(message.id, message.body, message.secrets, at),
            body=message.body.encode(),
            private_networks=settings.WEBHOOK_ALLOWED_NETWORKS,
            encrypted=True,
            timeout=TIMEOUT_SECONDS,
            max_bytes=MAX_ANSWER,
            cut_off=True,
        )
        return _outcome(at, time.monotonic() - began, answer)
    except OutboundError as error:
        return Outcome(at, time.monotonic() - began, error=error.message)
    except Exception:  # one message that cannot be sent must not stop the others
        logger.exception("Delivery %s cannot be sent", message.id)
        return Outcome(at, time.monotonic() - began, error=BROKEN)


def _outcome(at: datetime, duration: float, answer: Answer) -> Outcome:
    return Outcome(
        at,
        duration,
        status_code=answer.status,
        error=REDIRECTED if 300 <= answer.status < 400 else "",
        answer=answer.body.decode("utf-8", "replace").replace("\0", "\ufffd"),
        retry_after=_retry_after(answer),
    )


def _retry_after(answer: Answer) -> float | None:
    asked = answer.headers.get("Retry-After", "")
    return seconds_of(asked, timezone.now()) if answer.status in _BUSY else None
