"""Fixtures of the tests of webhooks: those of the room around, an endpoint of alice's, and receivers on loopback."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from generation.models import WebhookDelivery, WebhookEndpoint
from generation.tests.conftest import (
    alice,
    alices,
    audio_root,
    bob,
    browser,
    heartbeat,
    order,
    scripted,
    scripted_remote,
    scripted_site,
    site,
)
from generation.webhooks.events import JobEvent
from generation.webhooks.tests.receiver import Receiver, receiving

__all__ = [
    "alice",
    "alices",
    "audio_root",
    "bob",
    "browser",
    "heartbeat",
    "order",
    "scripted",
    "scripted_remote",
    "scripted_site",
    "site",
]
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
JOBS_URL = "https://music.example/api/v1/jobs"


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings) -> None:
    """The operator allows this machine, on which the tests' receivers are."""
    settings.WEBHOOK_ALLOWED_NETWORKS = LOOPBACK


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def endpoint_of(owner: User, url: str, **fields: Any) -> WebhookEndpoint:
    """A new endpoint, which knows its secret as `secret` for the test to verify by."""
    events = fields.pop("events", JobEvent.values)
    endpoint, secret = WebhookEndpoint.objects.add(owner, url=url, events=events, jobs_url=JOBS_URL, **fields)
    endpoint.secret = secret  # type: ignore[attr-defined]
    return endpoint


@pytest.fixture
def endpoint(alice, receiver) -> WebhookEndpoint:
    """Alice's endpoint at the receiver."""
    return endpoint_of(alice, receiver.url)


@pytest.fixture
def delivery(endpoint) -> WebhookDelivery:
    """A message to alice's endpoint."""
    return delivery_to(endpoint)


def delivery_to(endpoint: WebhookEndpoint, **fields: Any) -> WebhookDelivery:
    values = {"type": "job.completed", "body": '{"type": "job.completed", "data": {"id": "ä"}}'}
    return WebhookDelivery.objects.create(endpoint=endpoint, **values | fields)


@pytest.fixture
def reread() -> Callable[[Any], Any]:
    """The row anew."""
    return lambda row: type(row).objects.get(pk=row.pk)
