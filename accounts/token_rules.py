"""What holds for every API token, however it is asked for: its name, how long it lives, how many there may be."""

import re
from datetime import UTC, date, datetime, time, timedelta

LIVE_LIMIT = 50
# Revoked and expired ones are remembered, so that whoever still uses one reads what became of it.
ENDED_KEPT = 50
NAME_LENGTH = 100
MAX_DAYS = 3650
# Something to be seen, and no control characters. Both Python and JSON Schema read it.
NAME_PATTERN = (
    r"^(?=.*[^\s\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff])"
    r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$"
)
_NAME = re.compile(NAME_PATTERN)
_NO_DATE = "Give a number of days, such as 90, or a date, such as 2030-01-31."


class TokenRefused(Exception):
    """A token that does not open the API. `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotIssued(TokenRefused):
    """A token that may not be made."""


def clean_name(name: str) -> str:
    """The name without spaces around it. Raises ValueError for one that cannot be read or is too long."""
    stripped = name.strip()
    if len(stripped) > NAME_LENGTH:
        raise ValueError(f"A name has at most {NAME_LENGTH} characters.")
    if not _NAME.fullmatch(name) or not stripped:
        raise ValueError("Give the token a name that can be read, on one line.")
    return stripped


def after_days(days: int, now: datetime) -> datetime:
    """When a token expires that is to live so many days. Raises ValueError outside of 1 to `MAX_DAYS`."""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"A token expires in 1 to {MAX_DAYS} days, or never.")
    return now + timedelta(days=days)


def end_of(day: date) -> datetime:
    """The last second of a day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def check_expiry(expires_at: datetime, now: datetime) -> None:
    """Raises ValueError for a moment that is past, or too far away."""
    if expires_at <= now:
        raise ValueError("A token cannot expire in the past. Give a later time.")
    if expires_at > end_of((now + timedelta(days=MAX_DAYS)).date()):
        raise ValueError(f"A token expires within {MAX_DAYS} days, or never.")


def read_expiry(text: str, now: datetime) -> datetime:
    """When a token expires: in a number of days (`90`), or at the end of a day (`2030-01-31`). Raises ValueError."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return after_days(int(text[:9]), now)
    try:
        expires_at = end_of(date.fromisoformat(text))
    except ValueError:
        raise ValueError(_NO_DATE) from None
    check_expiry(expires_at, now)
    return expires_at
