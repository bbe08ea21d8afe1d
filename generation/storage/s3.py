"""Audio in an S3 bucket: AWS, R2, GCS, B2, Spaces, MinIO and the like."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from shutil import copyfileobj
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.s3.transfer import TransferConfig
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from .base import CACHE_CONTROL, AudioStorage, Stat
from .client import Connection, client_config, shared_resource
from .expiry import DEFAULT_EXPIRE, checked_expire
from .listing import StoredObject, Unfinished
from .measuring import measured
from .names import checked_name, content_type_of
from .parameters import Parameters, checked_parameters
from .scratch import write_scratch
from .signer import Signer
from .vendor import translate_vendor_errors

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client, S3ServiceResource

MEBIBYTE = 1 << 20
# A minute and a half of 48 kHz, 16-bit stereo. What is longer goes up faster in parts, several at once; where one
# fails, it alone is sent again.
MULTIPART_THRESHOLD = 16 * MEBIBYTE
PART_SIZE = 8 * MEBIBYTE
PARTS_IN_MEMORY = 4
READ_INTO_MEMORY = 8 * MEBIBYTE
READ_PIECE = MEBIBYTE // 4


class S3AudioStorage(AudioStorage, S3Storage):
    """Objects of one bucket, at signed URLs that live `querystring_expire` seconds.

    Options: `bucket_name`; `endpoint_url` (None: AWS itself); `access_key` and `secret_key` (both None: the
    platform's own credentials); `region_name` (None: worked out from the endpoint); `querystring_expire`.
    """

    storage_type = "s3"

    def __init__(
        self,
        bucket_name: str,
        endpoint_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        region_name: str | None = None,
        querystring_expire: int = DEFAULT_EXPIRE,
    ) -> None:
        super().__init__(
            bucket_name=bucket_name,
            endpoint_url=endpoint_url,
            access_key=access_key,
            secret_key=secret_key,
            region_name=region_name,
            querystring_expire=checked_expire(querystring_expire),
            session_profile=None,
            default_acl=None,
            object_parameters={"CacheControl": CACHE_CONTROL},
            client_config=client_config(endpoint_url),
            transfer_config=_transfer_config(),
        )
        self._connection = Connection(endpoint_url, region_name, access_key, secret_key)
        self._signer = Signer(self._connection, bucket_name)
        self._service = urlsplit(endpoint_url).netloc if endpoint_url else "Amazon S3"

    @property
    def origin(self) -> str:
        with self._translated_errors():
            address = urlsplit(self._signer.address.url)
        return f"{address.scheme}://{address.netloc}"

    @property
    def connection(self) -> "S3ServiceResource":
        """The boto3 resource of this process, in place of django-storages' one for every thread."""
        return shared_resource(self._connection)

    @property
    def client(self) -> "S3Client":
        """The boto3 client of this process, shared by its threads."""
        return self.connection.meta.client

    @property
    def bucket(self) -> Any:
        return self.connection.Bucket(self.bucket_name)

    def warm(self) -> None:
        """Make the client and the first signature, so that nobody waits for them later."""
        with self._translated_errors():
            shared_resource(self._connection)
        self.url("warm")

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        return {**self.object_parameters, "ContentType": content_type_of(name)}

    def _save(self, name: str, content: IO[Any]) -> str:
        with measured("s3", "save"), self._translated_errors():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        if mode != "rb":
            raise ValueError(f"Stored audio opens for reading ('rb'), not {mode!r}; write it with save().")
        # Kept on disk beyond a few megabytes; closed, and thereby removed, with the File.
        file = tempfile.SpooledTemporaryFile(max_size=READ_INTO_MEMORY)  # noqa: SIM115
        with measured("s3", "open"), self._translated_errors(name):
            # Not by boto3's transfer, which asks for eight megabytes of whatever is there: some services refuse a part
            # that goes beyond the end.
            body = self.client.get_object(Bucket=self.bucket_name, Key=checked_name(name))["Body"]
            with body:
                write_scratch(file, lambda scratch: copyfileobj(body, scratch, READ_PIECE))
        return File(file, name)

    def delete(self, name: str) -> None:
        """Remove the object; S3 says nothing of one that was not there."""
        with measured("s3", "delete"), self._translated_errors():
            self.client.delete_object(Bucket=self.bucket_name, Key=checked_name(name))

    def exists(self, name: str) -> bool:
        try:
            self.stat(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        """Return the size in bytes. One request: keep it in a row."""
        return self.stat(name).size

    def part_size(self, size: int) -> int | None:
        return PART_SIZE if size >= MULTIPART_THRESHOLD else None

    def stat(self, name: str) -> Stat:
        with measured("s3", "stat"), self._translated_errors(name):
            head = self.client.head_object(Bucket=self.bucket_name, Key=checked_name(name))
        return Stat(size=head["ContentLength"], md5=_md5_in(head.get("ETag", "")))

    def url(self, name: str | None, parameters: Parameters | None = None, expire: int | None = None) -> str:
        """Return a URL that gives the object to anyone, by GET, for `expire` seconds, or until temporary keys end.

        Makes no request, unless temporary keys of the platform are to be renewed.
        """
        key, query = checked_name(name or ""), checked_parameters(parameters)
        with self._translated_errors():
            return self._signer.url(key, query, self._checked_expire(expire))

    def expires_at(self, expire: int | None = None) -> float:
        with self._translated_errors():
            return self._signer.expires_at(self._checked_expire(expire))

    def _checked_expire(self, expire: int | None) -> int:
        return checked_expire(self.querystring_expire if expire is None else expire)

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, Prefix=prefix)
        with self._translated_errors():
            for page in pages:
                for item in page.get("Contents", ()):
                    if not item["Key"].endswith("/"):  # what some consoles make to show a folder
                        yield StoredObject(item["Key"], item["Size"], item["LastModified"])

    def unfinished(self, prefix: str = "") -> Iterator[Unfinished]:
        """List the multipart uploads that were never completed; their parts take space and are seen nowhere.

        Raises NotSupported where the service has no call for that.
        """
        listing = self.client.get_paginator("list_multipart_uploads")
        with self._translated_errors():
            for page in listing.paginate(Bucket=self.bucket_name, Prefix=prefix):
                for upload in page.get("Uploads", ()):
                    yield Unfinished(
                        0, upload["Initiated"], self._abortion(upload["Key"], upload["UploadId"])
                    )

    def begin_upload(self, name: str) -> Unfinished:
        """Begin a multipart upload, which somebody must discard."""
        with self._translated_errors():
            begun = self.client.create_multipart_upload(Bucket=self.bucket_name, Key=checked_name(name))
        return Unfinished(0, datetime.now(UTC), self._abortion(name, begun["UploadId"]))

    def _abortion(self, key: str, upload_id: str) -> Callable[[], None]:
        def abort() -> None:
            with self._translated_errors():
                self.client.abort_multipart_upload(Bucket=self.bucket_name, Key=key, UploadId=upload_id)

        return abort

    def _translated_errors(self, name: str | None = None) -> AbstractContextManager[None]:
        return translate_vendor_errors(self.bucket_name, self._service, name)


def _md5_in(etag: str) -> str | None:
    """Return an ETag that looks like MD5s: of the object, or of its parts."""
    value = etag.strip('"').lower()
    return value if re.fullmatch(r"[0-9a-f]{32}(-\d+)?", value) else None


def _transfer_config() -> TransferConfig:
    config = TransferConfig(
        multipart_threshold=MULTIPART_THRESHOLD,
        multipart_chunksize=PART_SIZE,
        max_concurrency=PARTS_IN_MEMORY,
    )
    # Not a parameter of boto3's, but what bounds the memory of an upload: parts read ahead, ten by default.
    config.max_in_memory_upload_chunks = PARTS_IN_MEMORY
    return config
