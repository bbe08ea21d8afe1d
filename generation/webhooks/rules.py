"""What holds for every webhook, however it is asked for: where it may be, how many there may be."""

import socket
from collections.abc import Iterable

from django.conf import settings

from generation.webhooks.events import JobEvent
from musicgen.outbound import OutboundError, check_addresses, parsed

MAX_ENDPOINTS = 20
MAX_URL = 2000
MAX_DESCRIPTION = 200
ACCOUNT_REQUIRED = "Guests have no webhooks. Sign up first; what you have made is kept."
TOO_MANY = (
    f"There are {MAX_ENDPOINTS} webhooks of this account, which is as many as there may be. "
    "Delete one that is no longer used."
)
IS_DISABLED = "This webhook is disabled. Enable it first."
TEST_IS_PENDING = "A test message to this webhook is being sent already. Look at its deliveries."
IS_PENDING = "This delivery is being sent already: it is tried again by itself."


class NotAccepted(Exception):
    """What was asked of a webhook cannot be. `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def clean_url(url: str) -> str:
    """The URL, if a message may be sent there as far as is known without asking for its host.

    Where the host is a name, the addresses behind it are looked at whenever something is sent. Raises ValueError.
    """
    if len(url) > MAX_URL:
        raise ValueError(f"An address has at most {MAX_URL} characters.")
    networks = settings.WEBHOOK_ALLOWED_NETWORKS
    try:
        parts, port = parsed(url)
        is_https = parts.scheme == "https"
        addresses = _evident_addresses(parts.hostname or "", port)
        if addresses:
            check_addresses(parts.hostname or "", addresses, networks, https=is_https)
        elif not is_https and not networks:
            raise OutboundError("not_encrypted", f"{parts.hostname} may be asked by https alone.")
    except OutboundError as error:
        raise ValueError(f"No message can be sent there. {error.message}") from None
    return url


def clean_events(events: Iterable[str]) -> list[str]:
    """The events once each, in the order in which they are listed. Raises ValueError for none or an unknown one."""
    wanted = set(events)
    unknown = sorted(wanted - set(JobEvent.values))
    if unknown:
        raise ValueError(
            f"There is no event “{unknown[0][:60]}”; the events are {', '.join(JobEvent.values)}."
        )
    if not wanted:
        raise ValueError(f"Choose at least one event of {', '.join(JobEvent.values)}.")
    return [event for event in JobEvent.values if event in wanted]


def _evident_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host that is one, however it is written, or this machine; of another name none."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return ["127.0.0.1", "::1"]
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]
