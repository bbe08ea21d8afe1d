"""From which address a request comes, as far as that can be believed, and what stands for it where it is kept."""

import ipaddress
import re
import uuid

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

# Whoever has one address of IPv6 has as a rule all of its /64.
IPV6_PREFIX = 64
UNKNOWN = "unknown"
_WITH_PORT = re.compile(r"\[(?P<ipv6>[^\]]+)\](:\d+)?|(?P<ipv4>[\d.]+):\d+")
_SALT = "musicgen.client_address"


def client_address(request: HttpRequest) -> str:
    """The IP address of whoever sent the request, "unknown" where a server on a socket of this machine tells none.

    Each of `settings.TRUSTED_PROXIES` proxies adds to the end of `X-Forwarded-For` whom it was asked by; what stands
    before those entries anybody may have written. A header with fewer entries, or with something else in that place,
    is not theirs: then it is the address of the connection.
    """
    connected = _readable(request.META.get("REMOTE_ADDR", "")) or UNKNOWN
    if settings.TRUSTED_PROXIES < 1:
        return connected
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(entries) < settings.TRUSTED_PROXIES:
        return connected
    return _readable(entries[-settings.TRUSTED_PROXIES]) or connected


def client_network(request: HttpRequest) -> str:
    """What counts as one address: that of IPv4, or the /64 of one of IPv6."""
    address = client_address(request)
    if ":" not in address:
        return address
    return str(ipaddress.IPv6Network((address, IPV6_PREFIX), strict=False))


def client_key(request: HttpRequest) -> uuid.UUID:
    """What stands for `client_network` in the database: half of its HMAC under the `SECRET_KEY`."""
    return uuid.UUID(bytes=salted_hmac(_SALT, client_network(request), algorithm="sha256").digest()[:16])


def _readable(entry: str) -> str:
    """The address in its shortest form, without its port; "" for what is none."""
    entry = entry.strip()
    if port := _WITH_PORT.fullmatch(entry):
        entry = port["ipv6"] or port["ipv4"]
    try:
        address = ipaddress.ip_address(entry)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.IPv6Address(int(address))  # without a zone
    return str(address)
