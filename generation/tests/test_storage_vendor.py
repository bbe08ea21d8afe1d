"""Answers of S3 services that no test server gives, told as sentences that say what to do."""

import ssl
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError, SSLError

from generation.storage import StorageError
from generation.storage.vendor import translate_vendor_errors


def told(error: Exception) -> StorageError:
    with pytest.raises(StorageError) as caught, translate_vendor_errors("music", "r2.example", "a.wav"):
        raise error
    return caught.value


def answer(status: int, code: str, message: str = "", region: str = "", headers: Any = None) -> ClientError:
    said: Any = {"Error": {"Code": code, "Message": message, "Region": region}}
    said["ResponseMetadata"] = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
    return ClientError(said, "PutObject")


@pytest.mark.parametrize(
    ("status", "code", "expected", "retryable", "advice"),
    [
        (401, "Unauthorized", "wrong_access_key", False, "STORAGE_ACCESS_KEY_ID"),
        (403, "AccessDenied", "access_denied", False, "read, write and delete"),
        (403, "RequestTimeTooSkewed", "wrong_clock", False, "clock"),
        (400, "ExpiredToken", "expired_credentials", False, "Renew"),
        (400, "InvalidBucketName", "no_such_bucket", False, "STORAGE_BUCKET_NAME"),
        (507, "XMinioStorageFull", "bucket_full", False, "Free some space"),
        (507, "OddWord", "bucket_full", False, "Free some space"),
        (400, "BadDigest", "not_stored_whole", True, "is not what was sent"),
        (404, "NoSuchUpload", "not_stored_whole", True, "is not what was sent"),
        (503, "SlowDown", "busy", True, "later"),
        (500, "InternalError", "busy", True, "later"),
        (400, "RequestTimeout", "busy", True, "later"),
    ],
)
def test_refusals_are_told(status, code, expected, retryable, advice):
    error = told(answer(status, code))
    assert (error.code, error.retryable) == (expected, retryable)
    assert advice in str(error)
    assert "music" in str(error) or "r2.example" in str(error)


def test_wrong_region_names_the_right_one():
    assert "eu-west-3" in str(told(answer(400, "AuthorizationHeaderMalformed", region="eu-west-3")))
    assert "eu-west-3" in str(told(answer(301, "301", headers={"x-amz-bucket-region": "eu-west-3"})))
    assert told(answer(301, "PermanentRedirect")).code == "wrong_region"


def test_unknown_refusal_keeps_the_words_of_the_service():
    error = told(answer(400, "OddRequest", "Braces {like these} are odd"))
    assert (error.code, error.retryable) == ("refused", False)
    assert "OddRequest: Braces {like these} are odd" in str(error)


def test_missing_object_is_a_missing_file():
    with (
        pytest.raises(FileNotFoundError, match=r"a\.wav"),
        translate_vendor_errors("music", "r2.example", "a.wav"),
    ):
        raise answer(404, "NoSuchKey")


def test_broken_connection_is_worth_a_retry_and_a_bad_certificate_is_not():
    broken = told(ReadTimeoutError(endpoint_url="https://r2.example"))
    assert (broken.code, broken.retryable) == ("unreachable", True)
    said = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1016)"
    untrusted = told(SSLError(endpoint_url="https://r2.example", error=ssl.SSLError(said)))
    assert (untrusted.code, untrusted.retryable) == ("bad_certificate", False)


def test_errors_of_others_pass_through():
    with pytest.raises(ZeroDivisionError), translate_vendor_errors("music", "r2.example"):
        raise ZeroDivisionError
