"""The S3 client of this process: one for all threads, made at first use and made anew after a fork."""

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from .endpoints import addressing_style, region_from_endpoint

if TYPE_CHECKING:
    from types_boto3_s3 import S3ServiceResource

AWS_DEFAULT_REGION = "us-east-1"
# Two attempts of either length, and the pause between them, stay below ten seconds.
CONNECT_SECONDS = 4
READ_SECONDS = 4
ATTEMPTS = 2
# Some services, and proxies before them, take in a complete file before they begin to work on it and to answer.
STORE_SECONDS = 30
_STORING = ("PutObject", "UploadPart", "CompleteMultipartUpload")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an S3 service is and who asks. None for a key means the platform's own credential chain."""

    endpoint_url: str | None
    region_name: str | None
    access_key: str | None
    secret_key: str | None


@dataclass(frozen=True, slots=True)
class _Link:
    """A resource, and the botocore credentials that its requests are signed with (None: there are none)."""

    resource: "S3ServiceResource"
    credentials: Any


_links: dict[Connection, _Link] = {}
_lock = threading.Lock()


def shared_resource(connection: Connection) -> "S3ServiceResource":
    """Return this process's one resource, and with it (`.meta.client`) the one client, for a connection.

    A client is safe to share between threads and costs a quarter of a second and some 18 MB to make. Of
    the resource only its client and the objects it makes are used, as those alone are safe to share.
    """
    return _link(connection).resource


def shared_credentials(connection: Connection) -> Any:
    """Return the botocore credentials of a connection's client, which renew themselves; None: there are none."""
    return _link(connection).credentials


def client_config(endpoint_url: str | None) -> Config:
    """Return how to speak to an S3 service that may be anyone's.

    SigV4 must be asked for, or AWS would presign with SigV2. Checksums only where an operation requires them:
    botocore's default sends trailers over https that R2, GCS, B2 and older MinIO refuse. The times are those of
    one operation of a socket, so that a slow transfer may take as long as it needs while bytes flow.
    """
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing_style(endpoint_url)},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=32,
        tcp_keepalive=True,
    )


def _link(connection: Connection) -> _Link:
    link = _links.get(connection)
    if link is None:
        with _lock:
            link = _links.get(connection) or _new_link(connection)
            _links[connection] = link
    return link


def _new_link(connection: Connection) -> _Link:
    session = boto3.Session(
        aws_access_key_id=connection.access_key, aws_secret_access_key=connection.secret_key
    )
    resource = session.resource(
        "s3",
        endpoint_url=connection.endpoint_url,
        region_name=connection.region_name or _region(connection.endpoint_url, session),
        config=client_config(connection.endpoint_url),
    )
    for operation in _STORING:
        resource.meta.client.meta.events.register(f"before-parameter-build.s3.{operation}", _wait_longer)
    return _Link(resource, session.get_credentials())


def _wait_longer(context: dict[str, Any], **_: object) -> None:
    context["read_timeout"] = STORE_SECONDS


def _region(endpoint_url: str | None, session: boto3.Session) -> str:
    if endpoint_url:
        return region_from_endpoint(endpoint_url)
    # boto3 itself reads AWS_DEFAULT_REGION and its files, but not the name that AWS's own platforms set.
    return session.region_name or os.environ.get("AWS_REGION") or AWS_DEFAULT_REGION


def _start_anew() -> None:
    # Two processes must not share sockets, and the lock may have been held by a thread that the child lacks.
    global _lock
    _links.clear()
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_start_anew)
