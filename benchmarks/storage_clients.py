"""The three that are compared: our storage, django-storages' own, and bare boto3."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from generation.storage import S3AudioStorage


@dataclass(frozen=True, slots=True)
class Service:
    """A bucket of an S3 service, and its keys."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str


# Nothing is asked of it: signing makes no request.
NOWHERE = Service("https://0123abcd.r2.cloudflarestorage.com", "music", "AKIDEXAMPLE", "secret")


def our_storage(service: Service) -> "S3AudioStorage":
    """Return the storage class of this site."""
    if not settings.configured:
        settings.configure()
    from generation.storage import S3AudioStorage

    return S3AudioStorage(service.bucket, service.endpoint, service.access_key, service.secret_key)


def their_storage(service: Service) -> Any:
    """Return django-storages' class, set up for the same service as its guide says."""
    if not settings.configured:
        settings.configure()
    from storages.backends.s3 import S3Storage

    return S3Storage(
        bucket_name=service.bucket,
        endpoint_url=service.endpoint,
        access_key=service.access_key,
        secret_key=service.secret_key,
        region_name="auto",
        signature_version="s3v4",
        addressing_style="path",
    )


def bare_client(service: Service) -> "S3Client":
    """Return boto3's client as it comes."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=service.endpoint,
        region_name="auto",
        aws_access_key_id=service.access_key,
        aws_secret_access_key=service.secret_key,
    )
