"""Signed URLs by arithmetic alone: Signature Version 4 in the query, as S3 defines it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
# A host names no port that is its scheme's own, though the URL may.
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bucket is: its URL without a slash at the end, and the region and service to sign for."""

    url: str
    region: str
    service: str = "s3"


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs. Temporary keys come with a token, and end at `expires_at` (Unix time; None: never)."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires_at: float | None = None


class _Frame(NamedTuple):
    """What all URLs of a bucket have in common that the same keys sign for the same span of time."""

    bucket_path: str
    query: str  # as it stands in the URL
    canonical_query: str  # in the order in which it is signed
    canonical_rest: str  # the canonical request after its query
    signed_head: str  # the string to sign, all but the hash of the request
    key: bytes


def presigned_url(
    address: Address, keys: Keys, name: str, query: Mapping[str, str], start: int, expire: int
) -> str:
    """Return a URL for GET of an object, good for `expire` seconds from `start` (Unix time).

    `query` holds response overrides as S3 spells them (`response-content-type`), in the order that they are
    to have. Name and values may be in any script. Makes no request and waits for nothing.
    """
    frame = _frame(address, keys, start, expire)
    path = quote(name, safe="/~")
    pairs = [f"{key}={_quoted(value)}" for key, value in query.items()]
    # Lower-case names, as overrides have, sort after all of the signature's own.
    canonical_query = "&".join([frame.canonical_query, *sorted(pairs)])
    request = f"GET\n{frame.bucket_path}/{path}\n{canonical_query}\n{frame.canonical_rest}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signature = hmac.digest(frame.key, f"{frame.signed_head}{digest}".encode(), "sha256").hex()
    shown_query = "&".join([*pairs, frame.query])
    return f"{address.url}/{path}?{shown_query}&X-Amz-Signature={signature}"


def _quoted(value: str) -> str:
    return quote(value, safe="~")


@lru_cache(maxsize=256)
def _frame(address: Address, keys: Keys, start: int, expire: int) -> _Frame:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(start))
    day = stamp[:8]
    scope = f"{day}/{address.region}/{address.service}/aws4_request"
    credential = "%2F".join(
        (_quoted(keys.access_key), day, _quoted(address.region), _quoted(address.service), "aws4_request")
    )
    query = (
        f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={stamp}&X-Amz-Expires={expire}"
    )
    signed_headers, token = "&X-Amz-SignedHeaders=host", ""
    if keys.token:
        token = f"&X-Amz-Security-Token={_quoted(keys.token)}"
    path, host = _path_and_host(address.url)
    return _Frame(
        bucket_path=path,
        # Signed in alphabetical order, in which boto3 does not write it.
        query=f"{query}{signed_headers}{token}",
        canonical_query=f"{query}{token}{signed_headers}",
        canonical_rest=f"host:{host}\n\nhost\nUNSIGNED-PAYLOAD",
        signed_head=f"{ALGORITHM}\n{stamp}\n{scope}\n",
        key=_signing_key(keys.secret_key, day, address.region, address.service),
    )


@lru_cache(maxsize=64)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=64)
def _path_and_host(url: str) -> tuple[str, str]:
    """Return the path of a URL, and the Host header that a browser sends for it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    return parts.path, host
