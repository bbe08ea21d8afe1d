"""The keys to sign with: those configured, or the platform's own, renewed in time."""

from typing import Any

from botocore.exceptions import CredentialRetrievalError, NoCredentialsError

from .client import Connection, shared_credentials
from .signing import Keys


def configured_keys(connection: Connection) -> Keys | None:
    """Return the keys that a connection names; None: it leaves them to the platform."""
    if connection.access_key and connection.secret_key:
        return Keys(connection.access_key, connection.secret_key)
    return None


def platform_keys(connection: Connection) -> Keys:
    """Return the platform's keys to sign with now.

    They are asked for by botocore's chain of providers, and renewed by it in their last 15 minutes, which may
    make a request. Raises NoCredentialsError where there are none, CredentialRetrievalError where they cannot
    be renewed.
    """
    credentials = shared_credentials(connection)
    if credentials is None:
        raise NoCredentialsError
    try:
        return _frozen(credentials)
    except RuntimeError as error:  # what botocore says of renewed keys that have expired as well
        raise CredentialRetrievalError(provider=credentials.method, error_msg=str(error)) from error


def _frozen(credentials: Any) -> Keys:
    # The end is read between two looks at the keys: should another thread renew them meanwhile, it is too
    # early for the keys that are used, never too late.
    credentials.get_frozen_credentials()
    expiry = getattr(credentials, "_expiry_time", None)
    frozen = credentials.get_frozen_credentials()
    return Keys(
        frozen.access_key, frozen.secret_key, frozen.token or None, expiry.timestamp() if expiry else None
    )
