"""Secrets taken out of text that people other than their owner will read: lines of the log, notes for the operator.

What is secret is known in two ways: by its value, where it is one of this installation's own (`remember`), and by its
looks: a token's first letters, the name before a value, the place in an address.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

HIDDEN = "***"
# A value that is any shorter is a word that may stand anywhere, and nobody's secret.
SHORTEST = 8

# Whoever asks decides what is logged of it: nothing here may repeat without an end, or a long text takes its square.
_NAMES = (
    r"pass(?:word|wd|phrase)\w{0,40}|pwd|secret\w{0,40}|api_?key|private_?key|access_?key(?:_?id)?"
    r"|\w{0,40}secret_?(?:access_?)?key|\w{0,40}token\w{0,40}|sessionid|cookie"
    r"|x-amz-(?:signature|credential|security-token)|awsaccesskeyid|signature|credentials?"
)
_LOOKS = re.compile(
    "|".join(
        (
            # Our own tokens and the secrets of webhooks, which say by how they begin what they are.
            r"(?P<prefix>mg_|whsec_)[A-Za-z0-9_+/=-]{4,}",
            # Authorization: Bearer …, also as Python and JSON write it.
            r"(?P<header>authorization[\"']{0,4}\s{0,8}[:=]\s{0,8}[\"']{0,4}(?:[a-z0-9-]{1,40}\s{1,8})?)[^\s\"',;]{3,}",
            r"(?P<scheme>\b(?:bearer|basic)\s{1,8})[A-Za-z0-9._~+/=-]{8,}",
            # password=…, "password": "…", signature%3D…
            rf"(?P<name>(?:\b|(?<=%[0-9a-f]{{2}}))(?:{_NAMES})[\"']?\s{{0,8}}(?:=|%3d|(?<=[\"'])\s{{0,8}}:)\s{{0,8}}[\"']?)[^\s\"'&<>,;)\]}}]+",
            r"(?P<said>\b(?:password|passphrase|secret)\s{0,8}:\s{0,8})[^\s\"'&<>,;)\]}]+",
            # postgresql://USER:…@HOST
            r"(?P<user>(?<![a-z0-9+])[a-z][a-z0-9+]{0,40}://[^\s:/@]{0,500}:)[^\s/@]{1,500}(?=@)",
            # The links by which a lost password is set anew, an e-mail address confirmed and an account made.
            r"(?P<reset>/(?:password/reset/key|confirm-email|confirm-signup)/)[^\s/]+",
        )
    ),
    re.IGNORECASE,
)
# Most lines hold none of these, and need no closer look, which takes some twenty times as long.
_HINTS = (
    *("mg_", "whsec_", "auth", "bearer", "basic", "pass", "pwd", "secret", "key", "token"),
    *("session", "cookie", "signature", "credential", "confirm-", "://"),
)
_values: re.Pattern[str] | None = None


def remember(secrets: Iterable[str]) -> None:
    """From now on hide these values wherever they stand, as they are and as addresses and Python write them."""
    global _values
    spelled = {form for secret in secrets if len(secret) >= SHORTEST for form in _spellings(secret)}
    # The longest first: one secret may begin with another.
    ordered = sorted(spelled, key=lambda form: (-len(form), form))
    _values = re.compile("|".join(map(re.escape, ordered))) if ordered else None


def scrubbed(text: str) -> str:
    """The text with every secret in it replaced by `***`, and all else as it was."""
    if _values is not None:
        text = _values.sub(HIDDEN, text)
    lowered = text.lower()
    return _LOOKS.sub(_kept, text) if any(map(lowered.__contains__, _HINTS)) else text


def scrubbed_value(value: Any) -> Any:
    """The same for a value of JSON, whatever texts it is made of; what is none becomes its text.

    What goes by a secret's name goes whole.
    """
    match value:
        case str():
            return scrubbed(value)
        case Mapping():
            return {key: scrubbed_under(str(key), nested) for key, nested in value.items()}
        case list() | tuple():
            return [scrubbed_value(nested) for nested in value]
        case None | bool() | int() | float():
            return value
    return scrubbed(str(value))


def secrets_in(variables: Mapping[str, str]) -> list[str]:
    """The values among these variables that must not be shown: by their names, and the passwords of addresses."""
    found = []
    for name, value in variables.items():
        if is_secret_variable(name):
            found.append(value)
        elif "://" in value:
            found += _password_of(value)
    return found


def is_secret_variable(name: str) -> bool:
    """Whether all of what a variable of this name holds is secret."""
    return _SECRET_VARIABLE.search(name) is not None


_SECRET_VARIABLE = re.compile(r"SECRET|TOKEN|PASSWORD|ACCESS_KEY|API_KEY|PRIVATE_KEY")
_SECRET_NAME = re.compile(rf"(?:{_NAMES}|authorization)", re.IGNORECASE)


def scrubbed_under(name: str, value: Any) -> Any:
    """The same for a value that goes by this name."""
    if isinstance(value, str) and value and _SECRET_NAME.fullmatch(name):
        return HIDDEN
    return scrubbed_value(value)


def _kept(match: re.Match[str]) -> str:
    """What stands before the secret is no secret, and says what was there."""
    kept = match.lastgroup and match[match.lastgroup]
    return f"{kept or ''}{HIDDEN}"


def _spellings(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), repr(secret)[1:-1]}


def _password_of(address: str) -> list[str]:
    """The password in an address, as it is written there and as it is meant."""
    try:
        parts = urlsplit(address)
        password = parts.password or ""
        # Sentry's address has its key where others have a user.
        key = "" if password or not parts.scheme.startswith("http") else parts.username
    except ValueError:
        return []
    return [form for word in (password, key or "") if word for form in (word, unquote(word))]
