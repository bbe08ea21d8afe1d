"""HTTP requests to other machines, bounded in time, size and destination; the site makes no others of its own."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import SplitResult

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse

from musicgen.addresses import Network, is_public, is_within
from musicgen.web_addresses import parts_of

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
MAX_BYTES = 1 << 20
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. Header names match in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class OutboundError(Exception):
    """There was no answer, or none that may be had.

    `code` is one of `bad_address`, `forbidden_address`, `not_encrypted` (http where only https may be asked),
    `unknown_host`, `refused`, `timeout`, `bad_certificate`, `no_tls` (https asked of a server that does not speak it),
    `no_http` and `too_large`; `message` is a sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _Target(NamedTuple):
    """A checked address: where to go (IP addresses), and what to say there."""

    https: bool
    host: str
    port: int
    host_header: str
    path: str
    addresses: list[str]


class _Connection(HTTPConnection):
    """A connection that is made within its timeout, TLS and all: urllib3 by itself begins anew to count for TLS."""

    def _new_conn(self) -> socket.socket:
        began = time.monotonic()
        sock = super()._new_conn()
        # What is left holds for the handshake as a whole, however its bytes drip in.
        sock.settimeout(max(0.01, (self.timeout or 0.0) - (time.monotonic() - began)))
        return sock


class _TlsConnection(_Connection, HTTPSConnection):
    """The same by https."""


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    private_hosts: Collection[str] = (),
    private_networks: Collection[Network] = (),
    encrypted: bool = False,
    timeout: float = TOTAL_SECONDS,
    max_bytes: int = MAX_BYTES,
    cut_off: bool = False,
    ca_bundle: str | None = None,
) -> Answer:
    """Ask an http or https URL and return the answer; redirects are returned, not followed.

    Addresses that are not of the public internet are refused, unless the operator himself named their host or their
    network: then it stands in `private_hosts` or `private_networks`. With `encrypted`, http goes to those networks
    alone. `timeout` bounds all of it in seconds; `max_bytes` bounds the answer's body, of which with `cut_off` the rest
    is left unread; `ca_bundle` is a file of certificates to trust instead of the public ones. The URL goes out byte for
    byte, so a signature in it stays good. Raises OutboundError.
    """
    deadline = time.monotonic() + timeout
    target = _checked(url, private_hosts, private_networks, encrypted, timeout)
    with (
        contextlib.closing(_connected(target, deadline, ca_bundle)) as connection,
        _cut_at(deadline, connection, target),
    ):
        connection.request(
            method,
            target.path,
            body=body,
            headers={"Host": target.host_header, "User-Agent": "musicgen", **(headers or {})},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        answered = _bounded_body(response, max_bytes, None if cut_off else target)
        return Answer(response.status, response.headers, answered)


def _checked(
    url: str,
    private_hosts: Collection[str],
    private_networks: Collection[Network],
    encrypted: bool,
    timeout: float,
) -> _Target:
    """Return where a URL leads. The addresses found here are those connected to, so no later answer of the DNS
    can lead elsewhere."""
    parts, port = parsed(url)
    host = parts.hostname or ""
    addresses = _looked_up(host, port, timeout)
    if host not in private_hosts:
        check_addresses(host, addresses, private_networks, https=parts.scheme == "https" or not encrypted)
    return _Target(parts.scheme == "https", host, port, parts.netloc, _path(parts), addresses)


def parsed(url: str) -> tuple[SplitResult, int]:
    """The parts of an http or https URL that can be asked, and its port. Raises OutboundError."""
    try:
        return parts_of(url)
    except ValueError as error:
        raise OutboundError("bad_address", str(error)) from error


def check_addresses(
    host: str, addresses: Collection[str], private_networks: Collection[Network], *, https: bool
) -> None:
    """Raises OutboundError where one of a host's IP addresses may not be asked; without https only private ones may."""
    for address in addresses:
        if is_within(address, private_networks):
            continue
        if not is_public(address):
            raise OutboundError("forbidden_address", f"{host} is not on the public internet.")
        if not https:
            raise OutboundError("not_encrypted", f"{host} may be asked by https alone.")


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _looked_up(host: str, port: int, timeout: float) -> list[str]:
    """The host's IP addresses. The system's resolver knows no timeout: one that takes longer is left to itself."""
    answers: list[list[Any] | Exception] = []

    def look_up() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # raised where it is waited for
            answers.append(error)

    thread = threading.Thread(target=look_up, name="look-up", daemon=True)
    thread.start()
    thread.join(timeout)
    if not answers:
        raise OutboundError("timeout", f"The name {host} is not found in time.")
    [found] = answers
    if isinstance(found, OSError | UnicodeError):
        raise OutboundError("unknown_host", f"The name {host} leads nowhere.") from found
    if isinstance(found, Exception):
        raise found
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _connected(target: _Target, deadline: float, ca_bundle: str | None) -> _Connection:
    """Return a connection to the first of the addresses that takes one within `CONNECT_SECONDS`, with https by TLS."""
    for address in target.addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            raise OutboundError("timeout", f"{target.host}:{target.port} does not answer in time.")
        connection = _connection(target, address, min(CONNECT_SECONDS, left), ca_bundle)
        try:
            with _translated_failures(target):
                connection.connect()
        except OutboundError as error:
            connection.close()
            if error.code not in ("refused", "timeout") or address == target.addresses[-1]:
                raise
        else:
            connection.timeout = max(0.01, deadline - time.monotonic())
            return connection
    raise AssertionError  # the loop returns or raises


def _connection(target: _Target, address: str, timeout: float, ca_bundle: str | None) -> _Connection:
    if not target.https:
        return _Connection(address, target.port, timeout=timeout)
    trusted = ssl.create_default_context(cafile=ca_bundle or certifi.where())
    return _TlsConnection(
        address, target.port, timeout=timeout, server_hostname=target.host, ssl_context=trusted
    )


@contextlib.contextmanager
def _cut_at(deadline: float, connection: HTTPConnection, target: _Target) -> Iterator[None]:
    """End the connection at the deadline: a socket's own timeout starts anew with every byte that drips in."""
    late = threading.Event()
    wire = connection.sock  # which the connection forgets as soon as the server means to close it

    def cut() -> None:
        late.set()
        if wire is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.start()
    try:
        with _translated_failures(target, late):
            yield
            if late.is_set():  # cut off, a body without a length seems to have ended well
                raise TimeoutError
    finally:
        timer.cancel()


@contextlib.contextmanager
def _translated_failures(target: _Target, late: threading.Event | None = None) -> Iterator[None]:
    where = f"{target.host}:{target.port}"
    try:
        yield
    except NewConnectionError as error:
        raise OutboundError("refused", f"{where} takes no connection.") from error
    except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as error:
        raise OutboundError("timeout", f"{where} does not answer in time.") from error
    except ssl.SSLCertVerificationError as error:
        raise OutboundError(
            "bad_certificate", f"The certificate of {where} is not trusted ({error.verify_message})."
        ) from error
    except (http.client.HTTPException, HTTPError, OSError) as error:
        if late is not None and late.is_set():
            raise OutboundError("timeout", f"{where} does not answer in time.") from error
        if isinstance(error, ssl.SSLError):
            raise OutboundError("no_tls", f"{where} does not speak TLS.") from error
        raise OutboundError("no_http", f"{where} broke off instead of answering in HTTP.") from error


def _bounded_body(response: BaseHTTPResponse, max_bytes: int, refusing: _Target | None) -> bytes:
    """The body, or as much of it as may be. With `refusing` one that is longer is an error."""
    body = bytearray()
    while piece := response.read1(PIECE):
        body += piece
        if len(body) > max_bytes and refusing:
            raise OutboundError("too_large", f"{refusing.host} answers with more than {max_bytes} bytes.")
        if len(body) >= max_bytes and not refusing:
            break
    return bytes(body[:max_bytes])
