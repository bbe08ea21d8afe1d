"""The words of botocore and of S3 services when something fails, translated into StorageError."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectionError as VendorConnectionError
from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError

from .errors import StorageError

INSUFFICIENT_STORAGE = 507  # a status of HTTP


class _Message(NamedTuple):
    code: str
    message: str
    retryable: bool = False


_WRONG_KEY = _Message(
    "wrong_access_key",
    "{place} does not know the access key. Check STORAGE_ACCESS_KEY_ID.",
)
_WRONG_SECRET = _Message(
    "wrong_secret_key",
    "{place} refused the signature. Check STORAGE_SECRET_ACCESS_KEY.",
)
_NO_BUCKET = _Message(
    "no_such_bucket",
    'There is no bucket "{bucket}" at {place}. Create it, or correct STORAGE_BUCKET_NAME or STORAGE_ENDPOINT_URL.',
)
_DENIED = _Message(
    "access_denied",
    '{place} does not let these keys into the bucket "{bucket}". '
    "Check the keys, and that they may read, write and delete objects in it.",
)
_REGION = _Message(
    "wrong_region", 'The bucket "{bucket}" is in another region. Set STORAGE_REGION ({region}).'
)
_CLOCK = _Message("wrong_clock", "{place} says that this machine's clock is wrong. Set the clock (NTP).")
_EXPIRED = _Message("expired_credentials", "The temporary keys for {place} have expired. Renew them.")
_FULL = _Message("bucket_full", 'The bucket "{bucket}" at {place} is full. Free some space there.')
_BUSY = _Message("busy", "{place} is too busy or failing at the moment. Try again later.", retryable=True)
_UNREACHABLE = _Message(
    "unreachable",
    "{place} cannot be reached. Check STORAGE_ENDPOINT_URL and the network, or try again later.",
    retryable=True,
)
_GARBLED = _Message(
    "not_stored_whole", "What reached {place} is not what was sent to it. Try again.", retryable=True
)
_NO_KEYS = _Message(
    "no_credentials",
    "There are no keys for {place}. Set STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY, "
    "or give this machine a role.",
)
_NOT_RENEWED = _Message(
    "no_credentials",
    "The platform does not renew the temporary keys for {place} at the moment. Check this machine's role.",
    retryable=True,
)
_CERTIFICATE = _Message(
    "bad_certificate",
    "The TLS certificate of {place} is not trusted. Check STORAGE_ENDPOINT_URL and the certificate.",
)
_NO_TLS = _Message("no_tls", "{place} does not speak https there. Check STORAGE_ENDPOINT_URL: http or https?")

_NOT_FOUND = ("NoSuchKey", "404", "NotFound")
_BY_CODE = {
    "InvalidAccessKeyId": _WRONG_KEY,
    "401": _WRONG_KEY,
    "Unauthorized": _WRONG_KEY,
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "NoSuchBucket": _NO_BUCKET,
    "404": _NO_BUCKET,
    "NotFound": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "403": _DENIED,
    "Forbidden": _DENIED,
    "AuthorizationHeaderMalformed": _REGION,
    "AuthorizationQueryParametersError": _REGION,
    "PermanentRedirect": _REGION,
    "301": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "RequestTimeTooSkewed": _CLOCK,
    "ExpiredToken": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "QuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "XMinioStorageFull": _FULL,
    "XMinioAdminBucketQuotaExceeded": _FULL,
    "BadDigest": _GARBLED,
    "IncompleteBody": _GARBLED,
    "NoSuchUpload": _GARBLED,
    "XAmzContentSHA256Mismatch": _GARBLED,
    "OperationAborted": _BUSY,
    "RequestTimeout": _BUSY,
    "SlowDown": _BUSY,
    "429": _BUSY,
}


@contextlib.contextmanager
def translate_vendor_errors(bucket: str, place: str, name: str | None = None) -> Iterator[None]:
    """Turn errors of botocore and its service into StorageError.

    `place` is how the sentences call the service. Where `name` says which object is read, a missing one becomes
    FileNotFoundError. Errors of others, such as of the file being uploaded, pass through.
    """
    try:
        yield
    except ClientError as error:
        if name is not None and _code(error) in _NOT_FOUND:
            raise FileNotFoundError(f'There is no audio "{name}" in the bucket "{bucket}".') from error
        raise _refused(error, bucket, place) from error
    except (BotoCoreError, RetriesExceededError, S3DownloadFailedError) as error:
        raise _failed(error, bucket, place) from error


def _refused(error: ClientError, bucket: str, place: str) -> StorageError:
    """Translate an answer of the service."""
    code = _code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    saying = _BY_CODE.get(code)
    if saying is None and status >= 500:
        saying = _FULL if status == INSUFFICIENT_STORAGE else _BUSY
    if saying is None:
        said = error.response.get("Error", {}).get("Message") or "without a reason"
        saying = _Message("refused", f"{{place}} refused ({code}: {_braces_doubled(said)}).")
    return _error(saying, bucket, place, _region_of(error))


def _failed(error: Exception, bucket: str, place: str) -> StorageError:
    """Translate what went wrong before there was an answer."""
    match error:
        case SSLError():
            saying = _of_tls(str(error))
        case NoCredentialsError() | PartialCredentialsError():
            saying = _NO_KEYS
        case CredentialRetrievalError():
            saying = _NOT_RENEWED
        case ParamValidationError():
            saying = _NO_BUCKET
        case VendorConnectionError() | HTTPClientError() | RetriesExceededError() | S3DownloadFailedError():
            saying = _UNREACHABLE
        case _:
            saying = _Message("failed", f"{{place}} could not be used ({_braces_doubled(str(error))}).")
    return _error(saying, bucket, place)


def _of_tls(said: str) -> _Message:
    """Tell a service that cannot be trusted from one that is cut off: OpenSSL says both in one error."""
    if "CERTIFICATE_VERIFY_FAILED" in said or "certificate" in said.lower():
        return _CERTIFICATE
    return _NO_TLS if "WRONG_VERSION_NUMBER" in said else _UNREACHABLE


def _error(saying: _Message, bucket: str, place: str, region: str = "") -> StorageError:
    message = saying.message.format(bucket=bucket, place=place, region=region)
    return StorageError(saying.code, message, saying.retryable)


def _code(error: ClientError) -> str:
    """Return what the service calls the error; of an answer that is not in the words of S3, its status."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
    return str(error.response.get("Error", {}).get("Code") or status)


def _region_of(error: ClientError) -> str:
    said = error.response.get("Error", {}).get("Region")
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(said or headers.get("x-amz-bucket-region") or "the region where it was made")


def _braces_doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
