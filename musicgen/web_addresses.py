"""Which http and https URLs can be asked, as far as their text says."""

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_MAX_NAME = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def parts_of(url: str) -> tuple[SplitResult, int]:
    """The parts of a URL that can be asked, and its port. Raises ValueError, whose message is a sentence.

    Refused is what no resolver could make sense of, and what parsers read in different ways.
    """
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise ValueError("An address must be of printable ASCII, without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"This is no address: {error}.") from error
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError("An address must be http or https, with a host and without a password.")
    if port == 0:
        raise ValueError("There is no port 0. Leave the port out, or give one from 1 to 65535.")
    _check_host(parts.hostname, parts.netloc)
    return parts, port or _PORTS[parts.scheme]


def _check_host(host: str, netloc: str) -> None:
    if "[" in netloc:
        _check_ipv6(host, netloc)
        return
    name = host.removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # What ends in a number is an IPv4 address, in whatever form, or nothing.
        try:
            socket.inet_aton(name)
        except OSError:
            raise ValueError(f"{host[:60]} is no IPv4 address, and no name ends in a number.") from None
    elif len(name) > _MAX_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(
            f"{host[:60]} is no name of a host: it has parts of 1 to 63 letters, digits and hyphens between dots."
        )


def _check_ipv6(host: str, netloc: str) -> None:
    if "%" in host:
        raise ValueError(
            f"{host[:60]} names a network interface, which means something on one machine alone."
        )
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        raise ValueError(f"{host[:60]} is no IPv6 address.") from None
    if not re.fullmatch(r"\[[^]]*\](:\d*)?", netloc):
        raise ValueError("After an IPv6 address in brackets nothing but a port may follow.")
