"""Fetching what a URL gives, as a player without any keys does."""

import urllib.error
import urllib.request
from email.message import Message


def got(url: str, **headers: str) -> tuple[int, Message, bytes]:
    """Return status, headers and body of a GET."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()
