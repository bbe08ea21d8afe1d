"""Mistakes in STORAGE_ENDPOINT_URL that show before any request is made."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from .place import Place
from .steps import Outcome, failed, ok, warning

# Where services take S3 requests without a bucket in the host name.
_S3_HOSTS = re.compile(
    r"s3[.-].*amazonaws\.com(\.cn)?|[a-z]{3}\d\.digitaloceanspaces\.com|s3\.[a-z0-9-]+\.backblazeb2\.com"
    r"|[a-z0-9-]+\.((eu|fedramp)\.)?r2\.cloudflarestorage\.com|storage\.googleapis\.com"
    r"|s3\.([a-z0-9-]+\.)?wasabisys\.com|s3\.[a-z0-9-]+\.scw\.cloud"
)
# Addresses of the same services that serve files to anybody, or pages, but do not speak S3.
_OTHER_HOSTS = {
    re.compile(r"(.+\.)?([a-z]{3}\d)\.cdn\.digitaloceanspaces\.com"): r"https://\2.digitaloceanspaces.com",
    re.compile(r".+\.r2\.dev"): "https://ACCOUNT.r2.cloudflarestorage.com",
    re.compile(r"f\d{3}\.backblazeb2\.com"): "https://s3.REGION.backblazeb2.com",
    re.compile(r"storage\.cloud\.google\.com"): "https://storage.googleapis.com",
}


def check_endpoint(place: Place, origins: Sequence[str]) -> Outcome:
    """Find mistakes that would still seem to work, or that only listeners would notice."""
    if not place.endpoint_url:
        return ok(f"Amazon S3, region {place.region}")
    parts = urlsplit(place.endpoint_url)
    host = (parts.hostname or "").lower()
    right = _right_address(parts, host, place.bucket)
    if right:
        return failed(f"{host} is not the address of the service", f"Set STORAGE_ENDPOINT_URL={right}.")
    if parts.scheme == "http" and not _is_loopback(host) and any(o.startswith("https:") for o in origins):
        return failed(
            "listeners get http addresses on https pages, which browsers refuse",
            "Give the service a certificate and write https:// in STORAGE_ENDPOINT_URL.",
        )
    if _is_near(host) and not all(_is_near(urlsplit(origin).hostname or "") for origin in origins):
        return warning(
            f"listeners are sent to {host}, which leads nowhere outside of this network",
            "Set STORAGE_ENDPOINT_URL to an address that listeners' browsers reach too.",
        )
    return ok(f"{place.service}, region {place.region}")


def _right_address(parts: SplitResult, host: str, bucket: str) -> str | None:
    """The address of the service, where this is another one of the same service. None: it looks right."""
    for pattern, address in _OTHER_HOSTS.items():
        match = pattern.fullmatch(host)
        if match:
            return match.expand(address)
    rest = host.removeprefix(f"{bucket.lower()}.")
    if rest != host and _S3_HOSTS.fullmatch(rest):
        return f"{parts.scheme}://{rest}"
    return None


def bucket_in_host(place: Place) -> str | None:
    """The endpoint without the bucket, where the host begins with its name. Whether that is wrong shows in use.

    A host may be called like the bucket by chance, as `minio.example.org` with a bucket `minio`.
    """
    parts = urlsplit(place.endpoint_url or "")
    prefix, host = f"{place.bucket.lower()}.", parts.netloc.lower()
    if not host.startswith(prefix):
        return None
    return parts._replace(netloc=host.removeprefix(prefix)).geturl()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_near(host: str) -> bool:
    """Whether a host means something on this machine or in its network only."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return _is_loopback(host) or "." not in host or host.endswith((".local", ".internal"))
