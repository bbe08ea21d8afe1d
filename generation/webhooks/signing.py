"""The secrets of webhooks, and the headers by which a receiver knows that a message is ours (Standard Webhooks 1.0.0).

A secret is not stored. It is drawn from `SECRET_KEY` and a random salt, which is: so a copy of the database alone signs
nothing, and nothing needs to be encrypted. With another `SECRET_KEY` all secrets are others. Their digests show which
key drew each, so those of before stay as they are for as long as `SECRET_KEY_FALLBACKS` names it.
"""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac
from standardwebhooks import Webhook

from musicgen.keys import site_keys

PREFIX = "whsec_"
USER_AGENT = "musicgen-webhooks/1"
_PURPOSE = "generation.webhooks.signing"


def new_salt() -> str:
    """256 random bits, in hex."""
    return secrets.token_hex(32)


def secret_of(salt: str, key: str | None = None) -> str:
    """The secret, `whsec_` and 32 bytes in base64, that goes with a salt under `SECRET_KEY`, or this key."""
    hashed = salted_hmac(_PURPOSE, salt, secret=key, algorithm="sha256")
    return PREFIX + b64encode(hashed.digest()).decode()


def secrets_of(salt: str) -> list[str]:
    """The secrets that go with a salt under each of the site's keys, the newest first."""
    return [secret_of(salt, key) for key in site_keys()]


def found_secret(salt: str, digest: str) -> str | None:
    """The secret of that salt and that digest. None: it was drawn by a key that the site has no more."""
    return next((secret for secret in secrets_of(salt) if is_still(secret, digest)), None)


def digest_of(secret: str) -> str:
    """SHA-256 in hex. The secret has 256 random bits, so a slow hash would add nothing."""
    return sha256(secret.encode()).hexdigest()


def is_still(secret: str, digest: str) -> bool:
    """Whether this is the secret of that digest."""
    return constant_time_compare(digest_of(secret), digest)


def headers_of(message_id: UUID, body: str, keys: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of a message, signed by each of these secrets, the newest first."""
    at = now.astimezone(UTC)
    signatures = [Webhook(key).sign(str(message_id), at, body) for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": str(message_id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
