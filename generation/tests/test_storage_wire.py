"""What goes over the wire, over https, where botocore's defaults differ from those over http."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSPreparedRequest

from generation.storage import S3AudioStorage, save_verified

KEY = "tracks/6f1c/9a2b/master.wav"


@dataclass(frozen=True)
class Service:
    """A service as its guide configures it, and what must be sent to it."""

    endpoint: str | None
    host: str
    path: str
    region: str
    configured_region: str | None = None

    @property
    def bucket_path(self) -> str:
        """The path of the bucket itself."""
        return self.path.removesuffix(KEY)


SERVICES = {
    "AWS": Service(None, "music.s3.amazonaws.com", f"/{KEY}", "us-east-1"),
    "AWS by STORAGE_REGION": Service(
        None, "music.s3.eu-west-3.amazonaws.com", f"/{KEY}", "eu-west-3", configured_region="eu-west-3"
    ),
    "AWS in a region": Service(
        "https://s3.eu-central-1.amazonaws.com",
        "s3.eu-central-1.amazonaws.com",
        f"/music/{KEY}",
        "eu-central-1",
    ),
    "R2": Service(
        "https://0123abcd.r2.cloudflarestorage.com",
        "0123abcd.r2.cloudflarestorage.com",
        f"/music/{KEY}",
        "auto",
    ),
    "GCS": Service("https://storage.googleapis.com", "storage.googleapis.com", f"/music/{KEY}", "auto"),
    "B2": Service(
        "https://s3.us-west-004.backblazeb2.com",
        "s3.us-west-004.backblazeb2.com",
        f"/music/{KEY}",
        "us-west-004",
    ),
    "Spaces": Service(
        "https://nyc3.digitaloceanspaces.com", "nyc3.digitaloceanspaces.com", f"/music/{KEY}", "nyc3"
    ),
    "MinIO": Service("https://minio.example.org:9000", "minio.example.org:9000", f"/music/{KEY}", "auto"),
}


@pytest.fixture
def simulated_services(monkeypatch) -> Iterator[None]:
    """The services, simulated within this process."""
    endpoints = ",".join(service.endpoint for service in SERVICES.values() if service.endpoint)
    monkeypatch.setenv("MOTO_S3_CUSTOM_ENDPOINTS", endpoints)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert "MOTO_S3_CUSTOM_ENDPOINTS" in os.environ  # read when moto is imported
    from moto import mock_aws

    with mock_aws():
        yield


@pytest.fixture(params=list(SERVICES))
def service(request, simulated_services) -> Service:
    return SERVICES[request.param]


@pytest.fixture
def storage(service) -> S3AudioStorage:
    storage = S3AudioStorage(
        "music", service.endpoint, "AKIDEXAMPLE", "secret", region_name=service.configured_region
    )
    where = {"CreateBucketConfiguration": {"LocationConstraint": service.region}}
    options: dict[str, Any] = {} if service.region == "us-east-1" else where
    storage.client.create_bucket(Bucket="music", **options)
    return storage


@pytest.fixture
def sent(storage) -> Iterator[list[AWSPreparedRequest]]:
    """The requests that go out."""
    requests: list[AWSPreparedRequest] = []

    def listen(request: AWSPreparedRequest, **_: object) -> None:
        requests.append(request)

    storage.client.meta.events.register_first("before-send.s3", listen)
    yield requests
    storage.client.meta.events.unregister("before-send.s3", listen)


def test_upload_is_one_plain_signed_request(service, storage, sent):
    save_verified(storage, KEY, io.BytesIO(b"RIFF" * 1000))

    put, head = sent
    assert (put.method, head.method) == ("PUT", "HEAD")
    request = Sent(put)
    assert_plain_and_signed(request, service)
    assert request.path == service.path
    assert request.headers["content-length"] == "4000"
    assert request.headers["content-type"] == "audio/wav"
    assert request.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_every_request_is_plain_and_signed_for_its_service(service, storage, sent):
    """Each operation that the site uses, one of them for an upload in parts."""
    storage.transfer_config = TransferConfig(multipart_threshold=1, multipart_chunksize=5 << 20)
    storage.save(KEY, io.BytesIO(bytes(6 << 20)))
    storage.stat(KEY)
    storage.open(KEY).close()
    storage.client.list_objects_v2(Bucket="music", Prefix="tracks/")
    storage.delete(KEY)

    requests = [Sent(request) for request in sent]
    put_parts = [request for request in requests if request.method == "PUT"]
    listing = next(request for request in requests if "list-type" in request.query)
    assert sorted(request.headers["content-length"] for request in put_parts) == ["1048576", "5242880"]
    assert {request.method for request in requests} == {"POST", "PUT", "HEAD", "GET", "DELETE"}
    assert listing.path.rstrip("/") == service.bucket_path.rstrip("/")
    assert {request.path for request in requests if request is not listing} == {service.path}
    for request in requests:
        assert_plain_and_signed(request, service)


def test_signed_url_names_host_region_and_bucket(service, storage, sent):
    url = urlsplit(storage.url(KEY))
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", service.host, service.path)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Credential"][0].split("/")[2:] == [service.region, "s3", "aws4_request"]
    assert sent == []


def test_download_asks_for_no_checksum(storage, sent):
    storage.save(KEY, io.BytesIO(b"RIFF"))
    sent.clear()
    with storage.open(KEY) as file:
        assert file.read() == b"RIFF"
    assert sent
    assert not [name for request in sent for name in request.headers if "checksum" in name.lower()]


class Sent:
    """A request as a server would read it; the names of headers in small letters."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        address = urlsplit(request.url)
        self.method = request.method
        self.scheme, self.host, self.path, self.query = (
            address.scheme,
            address.netloc,
            address.path,
            address.query,
        )
        self.headers = {name.lower(): _text(value) for name, value in request.headers.items()}


def assert_plain_and_signed(request: Sent, service: Service) -> None:
    """No body in chunks, no trailer, no checksum, no ACL; SigV4 for the service's region, at its host."""
    assert (request.scheme, request.host) == ("https", service.host)
    assert "transfer-encoding" not in request.headers
    assert "aws-chunked" not in request.headers.get("content-encoding", "")
    assert "x-amz-decoded-content-length" not in request.headers
    assert not [name for name in request.headers if "trailer" in name or "checksum" in name or "acl" in name]
    assert "STREAMING" not in request.headers["x-amz-content-sha256"]
    algorithm, credential = request.headers["authorization"].split()[:2]
    assert algorithm == "AWS4-HMAC-SHA256"
    assert credential.rstrip(",").split("/")[2:] == [service.region, "s3", "aws4_request"]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
