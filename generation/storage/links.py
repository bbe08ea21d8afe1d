"""Signed links to local audio: made by the local storage, read by the view that serves it."""

import time
from collections.abc import Mapping
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from .expiry import checked_expire, window_start
from .parameters import QUERY_NAMES, Parameters, checked_parameters

_SALT = "generation.storage.links"


class LinkRefused(Exception):
    """A link that opens nothing. The message is a sentence for the person who followed it."""


def signed_link(
    name: str, expire: int, parameters: Parameters | None = None, now: float | None = None
) -> str:
    """Return the path and query at which the view `local_audio` serves a name for `expire` seconds at most.

    The link is the same for half of that time (see `window_start`). `now` is Unix time. Raises ValueError for
    a lifetime or parameters that S3 would not sign either.
    """
    start = window_start(time.time() if now is None else now, checked_expire(expire))
    query = {"expires": str(start + expire)}
    query |= {QUERY_NAMES[key]: value for key, value in checked_parameters(parameters).items()}
    query["signature"] = _signer().signature(_payload(name, query))
    return f"{reverse('local_audio', args=[name])}?{urlencode(query)}"


def opened_link(name: str, query: Mapping[str, str], now: float | None = None) -> dict[str, str]:
    """Return the parameters that a followed link was signed with.

    Raises LinkRefused where the link was altered (name, expiry or parameters) or has expired.
    """
    try:
        _signer().unsign(f"{_payload(name, query)}:{query.get('signature', '')}")
    except BadSignature as error:
        raise LinkRefused(
            "This link is not whole or was altered. Open the audio from its track again."
        ) from error
    if int(time.time() if now is None else now) > int(query["expires"]):
        raise LinkRefused("This link has expired. Open the audio from its track again.")
    return {key: query[spelled] for key, spelled in QUERY_NAMES.items() if spelled in query}


def _signer() -> Signer:
    # HMAC-SHA256 under SECRET_KEY, compared in constant time; SECRET_KEY_FALLBACKS keep links good over a
    # key change.
    return Signer(salt=_SALT)


def _payload(name: str, query: Mapping[str, str]) -> str:
    signed = ["expires", *QUERY_NAMES.values()]
    return urlencode([("name", name), *((key, query[key]) for key in signed if key in query)])
