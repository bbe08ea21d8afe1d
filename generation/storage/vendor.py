"""Errors of botocore and of S3 services, translated into StorageError."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectionError as VendorConnectionError

from .errors import NotSupported, StorageError

# Statuses of HTTP.
NOT_IMPLEMENTED = 501
INSUFFICIENT_STORAGE = 507


class _Failure(NamedTuple):
    """An error's code, what happened (of `{bucket}` at `{service}`), and whether it may pass by itself."""

    code: str
    problem: str
    retryable: bool = False
    case: str = ""


_WRONG_KEY = _Failure("wrong_access_key", "{service} does not know the access key.")
_WRONG_SECRET = _Failure("wrong_secret_key", "{service} refused the signature.")
_NO_BUCKET = _Failure("no_such_bucket", 'There is no bucket "{bucket}" at {service}.')
_DENIED = _Failure("access_denied", '{service} does not let these keys into the bucket "{bucket}".')
_REGION = _Failure("wrong_region", 'The bucket "{bucket}" is in another region.')
_CLOCK = _Failure("wrong_clock", "{service} says that this machine's clock is wrong.")
_EXPIRED = _Failure("expired_credentials", "The temporary keys for {service} have expired.")
_FULL = _Failure("bucket_full", 'The bucket "{bucket}" at {service} is full.')
_BUSY = _Failure("busy", "{service} is too busy or failing at the moment.", retryable=True)
_UNREACHABLE = _Failure("unreachable", "{service} cannot be reached.", retryable=True)
_GARBLED = _Failure("not_stored_whole", "What reached {service} is not what was sent to it.", retryable=True)
_NO_KEYS = _Failure("no_credentials", "There are no keys for {service}.")
_NOT_RENEWED = _Failure(
    "no_credentials",
    "The platform does not renew the temporary keys for {service} at the moment.",
    retryable=True,
    case="platform",
)
_NOT_SUPPORTED = _Failure("not_supported", "{service} cannot do what was asked of it.")
_TOO_LARGE = _Failure("too_large", "{service}, or a proxy in front of it, takes no upload of that size.")
_READ_ONLY = _Failure("read_only", "What answers at {service} gives files and takes none.")
_ARCHIVED = _Failure("archived", 'The bucket "{bucket}" at {service} has put audio into an archive.')
_KMS = _Failure(
    "kms", '{service} does not let these keys use the key that the bucket "{bucket}" is encrypted with.'
)
_SUSPENDED = _Failure("suspended", "{service} has suspended the account of these keys.")
_NO_BUNDLE = _Failure("bad_ca_bundle", "The file of certificates to trust cannot be read.")
_BAD_KEY = _Failure("bad_key", "A key for {service} has a character in it that no key has.")
_CERTIFICATE = _Failure("bad_certificate", "The TLS certificate of {service} is not trusted.")
_NO_TLS = _Failure("no_tls", "{service} does not speak https there.")

# The permission that an operation takes, for the hint.
_PERMISSIONS = {
    "PutObject": "write",
    "CreateMultipartUpload": "write",
    "UploadPart": "write",
    "CompleteMultipartUpload": "write",
    "GetObject": "read",
    "HeadObject": "read",
    "DeleteObject": "delete",
    "ListObjectsV2": "list",
    "ListMultipartUploads": "uploads",
    "AbortMultipartUpload": "abort",
}
_OF_PARTS = {"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload"}
_NO_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
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
    "EntityTooLarge": _TOO_LARGE,
    "413": _TOO_LARGE,
    "MethodNotAllowed": _READ_ONLY,
    "405": _READ_ONLY,
    "InvalidObjectState": _ARCHIVED,
    "AccountProblem": _SUSPENDED,
    "NotSignedUp": _SUSPENDED,
    "UserSuspended": _SUSPENDED,
    "NotImplemented": _NOT_SUPPORTED,
    "501": _NOT_SUPPORTED,
    "OperationAborted": _BUSY,
    "RequestTimeout": _BUSY,
    "SlowDown": _BUSY,
    "429": _BUSY,
}


@contextlib.contextmanager
def translate_vendor_errors(bucket: str, service: str, name: str | None = None) -> Iterator[None]:
    """Turn errors of botocore and its service into StorageError.

    `service` is how the sentences call the service, its host where it is not Amazon's. Where `name` says which object
    is read, a missing one becomes FileNotFoundError. Errors of others, such as of the file being uploaded, pass
    through.
    """
    try:
        yield
    except ClientError as error:
        if name is not None and _code(error) in _NOT_FOUND:
            raise FileNotFoundError(f'There is no audio "{name}" in the bucket "{bucket}".') from error
        raise _refused(error, bucket, service) from error
    except BotoCoreError as error:
        raise _failed(error, bucket, service) from error


def _refused(error: ClientError, bucket: str, service: str) -> StorageError:
    """Translate an answer of the service."""
    code, status = _code(error), _status(error)
    failure = _KMS if code.startswith("KMS.") else _BY_CODE.get(code)
    if failure is None and status >= 500:
        failure = {INSUFFICIENT_STORAGE: _FULL, NOT_IMPLEMENTED: _NOT_SUPPORTED}.get(status, _BUSY)
    if failure is None:
        reason = error.response.get("Error", {}).get("Message") or "without a reason"
        case = "acl" if code == "AccessControlListNotSupported" else ""
        return StorageError("refused", f"{service} refused ({code}: {reason}).", case=case, service=service)
    region = _region_of(error)
    return _error(failure._replace(case=_case(failure, error, service, region)), bucket, service, region)


def _case(failure: _Failure, error: ClientError, service: str, region: str) -> str:
    """What the hint of a refusal depends on beside its code."""
    if failure is _DENIED:
        return _PERMISSIONS.get(error.operation_name, "")
    if failure is _NOT_SUPPORTED:
        if error.operation_name in _OF_PARTS:
            return "parts"
        return _PERMISSIONS.get(error.operation_name, "")
    if failure is _REGION and region:
        return "amazon" if service.endswith(".amazonaws.com") else "known"
    # S3 gives every refusal a word, unless the request was HEAD, whose answer has no body.
    if failure is _NO_BUCKET and _code(error).isdecimal() and not error.operation_name.startswith("Head"):
        return "not_s3"
    return failure.case


def _failed(error: Exception, bucket: str, service: str) -> StorageError:
    """Translate what went wrong before there was an answer."""
    match error:
        case SSLError():
            failure = _of_tls(error)
        case NoCredentialsError() | PartialCredentialsError():
            failure = _NO_KEYS
        case CredentialRetrievalError():
            failure = _NOT_RENEWED
        case ParamValidationError():
            failure = _NO_BUCKET
        case HTTPClientError() if isinstance(error.kwargs.get("error"), ValueError):
            failure = _BAD_KEY  # which makes a header that cannot be sent, and is repeated in the error
        case VendorConnectionError() | HTTPClientError() | IncompleteReadError():
            failure = _UNREACHABLE
        case _:
            return StorageError("failed", f"{service} could not be used ({error}).")
    return _error(failure, bucket, service)


def _of_tls(error: SSLError) -> _Failure:
    """Whether a service is not to be trusted or was cut off, or whom to trust is not known: all come as one error."""
    text, cause = str(error), getattr(error.kwargs.get("error"), "args", None) or (None,)
    if isinstance(cause[0], _NO_FILE) or "[X509" in text:
        return _NO_BUNDLE
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate" in text.lower():
        return _CERTIFICATE
    return _NO_TLS if "WRONG_VERSION_NUMBER" in text else _UNREACHABLE


def _error(failure: _Failure, bucket: str, service: str, region: str = "") -> StorageError:
    kind = NotSupported if failure.code == _NOT_SUPPORTED.code else StorageError
    return kind(
        failure.code,
        failure.problem.format(bucket=bucket, service=service),
        failure.retryable,
        case=failure.case,
        bucket=bucket,
        service=service,
        region=region,
    )


def _code(error: ClientError) -> str:
    """Return what the service calls the error; of an answer that is not in the words of S3, its status."""
    return str(error.response.get("Error", {}).get("Code") or _status(error))


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def _region_of(error: ClientError) -> str:
    """Return the region that the service names when it refuses another one, or nothing."""
    named = error.response.get("Error", {}).get("Region")
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(named or headers.get("x-amz-bucket-region") or "")
