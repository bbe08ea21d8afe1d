"""Reporting errors to Sentry: what went wrong and where, and nothing of whom it went wrong for.

No body, query, cookie, form or local variable is sent, for they hold prompts, lyrics and e-mail addresses. What texts
remain (messages of errors, lines of the log) go through `musicgen.scrubbing`, and lose the e-mail addresses in them.
"""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from musicgen import scrubbing

# A part of an address is at most so long: what matches it in a long text takes no square of time.
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_HEADERS = ("Accept", "Content-Length", "Content-Type", "Host", "User-Agent")
_REQUEST = ("method", "url")
_EXTRA = ("request_id", "job_id")
_DATABASE = re.compile(r"(?:^|\.)(?:psycopg|sqlite3|django\.db)(?:\.|$)")


def report_errors_to_sentry(dsn: str) -> None:
    """Send errors from now on to the project of this DSN, without personal data or secrets.

    Raises ImproperlyConfigured.
    """
    import sentry_sdk
    from sentry_sdk.utils import BadDsn

    try:
        sentry_sdk.init(
            dsn=dsn,
            send_default_pii=False,
            max_request_body_size="never",
            include_local_variables=False,
            before_send=without_persons,
            before_breadcrumb=_log_lines_alone,
        )
    except BadDsn:
        raise ImproperlyConfigured(
            "SENTRY_DSN cannot be read. Write it like https://KEY@HOST/PROJECT, as Sentry shows it."
        ) from None


def without_persons(event: Any, hint: Any) -> Any:
    """The event with what helps to mend the error, and no more."""
    event = {name: value for name, value in event.items() if name != "user"}
    if request := event.get("request"):
        headers = request.get("headers") or {}
        event["request"] = {name: request[name] for name in _REQUEST if name in request}
        event["request"]["headers"] = {name: headers[name] for name in _HEADERS if name in headers}
    if extra := event.get("extra"):
        event["extra"] = {name: extra[name] for name in _EXTRA if name in extra}
    if entry := event.get("logentry"):
        event["logentry"] = {"message": entry.get("formatted") or entry.get("message")}
    for error in (event.get("exception") or {}).get("values") or ():
        _shorten(error)
    return _without_addresses(scrubbing.scrubbed_value(event))


def _log_lines_alone(crumb: Any, hint: Any) -> Any:
    """What led to an error: lines of the log. SQL, requests of others and commands hold what people have typed."""
    if crumb.get("type") != "log":
        return None
    return {name: value for name, value in crumb.items() if name != "data"}


def _shorten(error: dict[str, Any]) -> None:
    """A database tells the row that it refused, below the first line of its message."""
    if _DATABASE.search(error.get("module") or "") and error.get("value"):
        error["value"] = str(error["value"]).partition("\n")[0]


def _without_addresses(value: Any) -> Any:
    match value:
        case str():
            return _EMAIL.sub(scrubbing.HIDDEN, value) if "@" in value else value
        case dict():
            return {name: _without_addresses(nested) for name, nested in value.items()}
        case list():
            return [_without_addresses(nested) for nested in value]
    return value
