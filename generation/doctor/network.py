"""Reaching the service: whether it answers at all, whether as S3, and by what clock."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from musicgen.outbound import Answer

from .steps import Outcome, failed, ok, skipped, warning

SKEW_WARNED = 60.0
SKEW_REFUSED = 15 * 60.0  # beyond which S3 services refuse signatures

# Asks a URL: `fetch(url, headers, method)`. Raises OutboundError.
Fetch = Callable[[str, Mapping[str, str], str], Answer]


class Reachability:
    """The first answer of the service to somebody without keys, and what can be read from it."""

    def __init__(self, fetch: Fetch, url: Callable[[], str], now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._url = url
        self._now = now
        self._answer: Answer | None = None
        self._answered_at = 0.0

    @property
    def server(self) -> str:
        """What the server calls itself, or nothing."""
        return self._answer.headers.get("Server", "") if self._answer else ""

    def reach(self) -> Outcome:
        """Ask for an object that is not there, without a signature."""
        answer = self._answer = self._fetch(self._url(), {}, "GET")
        self._answered_at = self._now()
        if answer.status == 400 and b"HTTPS" in answer.body and b"<Error>" not in answer.body:
            return failed(
                "the service speaks TLS there, and was asked without",
                "Write https:// instead of http:// in STORAGE_ENDPOINT_URL.",
            )
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            return failed(
                "what answers is a website, not S3",
                "Check host and port in STORAGE_ENDPOINT_URL: the API of a service is not at its console.",
            )
        return ok("it answers")

    def clock(self) -> Outcome:
        """Compare this machine's clock with the one that the service signs by."""
        date_header = self._answer.headers.get("Date", "") if self._answer else ""
        try:
            date = parsedate_to_datetime(date_header)
        except ValueError:
            return skipped("the service tells no time")
        skew = self._answered_at - date.replace(tzinfo=date.tzinfo or UTC).timestamp()
        detail = f"this machine is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
        if abs(skew) > SKEW_REFUSED:
            return failed(detail, "Set this machine's clock by NTP: signatures this far off are refused.")
        if abs(skew) > SKEW_WARNED:
            return warning(detail, "Set this machine's clock by NTP, before signatures are refused.")
        return ok("right")
