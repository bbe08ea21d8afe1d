"""Answers of S3 services that no test server gives, translated into StorageError with a hint."""

import ssl
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError, SSLError

from generation.storage import StorageError
from generation.storage.vendor import translate_vendor_errors


def translated(error: Exception, service: str = "r2.example") -> StorageError:
    with pytest.raises(StorageError) as caught, translate_vendor_errors("music", service, "a.wav"):
        raise error
    return caught.value


def answer(
    status: int,
    code: str,
    message: str = "",
    region: str = "",
    headers: Any = None,
    operation: str = "PutObject",
) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message, "Region": region}}
    response["ResponseMetadata"] = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
    return ClientError(response, operation)


@pytest.mark.parametrize(
    ("status", "code", "expected", "retryable", "advice"),
    [
        (401, "Unauthorized", "wrong_access_key", False, "STORAGE_ACCESS_KEY_ID"),
        (403, "AccessDenied", "access_denied", False, "s3:PutObject"),
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
def test_refusals_are_translated(status, code, expected, retryable, advice):
    error = translated(answer(status, code))
    assert (error.code, error.retryable) == (expected, retryable)
    assert advice in str(error)
    assert "music" in str(error) or "r2.example" in str(error)


@pytest.mark.parametrize(
    ("service", "region", "headers", "hint"),
    [
        ("Amazon S3", "eu-west-1", {}, "Set STORAGE_REGION=eu-west-1."),
        ("s3.example.org", "", {"x-amz-bucket-region": "eu-west-2"}, "Set STORAGE_REGION=eu-west-2."),
        (
            "s3.us-east-1.amazonaws.com",
            "eu-west-1",
            {},
            "Set STORAGE_ENDPOINT_URL=https://s3.eu-west-1.amazonaws.com and STORAGE_REGION=eu-west-1.",
        ),
        ("s3.example.org", "", {}, "Set STORAGE_REGION to the region that the bucket was made in."),
    ],
)
def test_wrong_region_names_the_right_one(service, region, headers, hint):
    error = translated(answer(400, "AuthorizationHeaderMalformed", region=region, headers=headers), service)
    assert (error.code, error.hint) == ("wrong_region", hint)


@pytest.mark.parametrize("code", ["301", "PermanentRedirect"])
def test_redirect_means_another_region(code):
    assert translated(answer(301, code)).code == "wrong_region"


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("PutObject", "s3:PutObject"),
        ("CreateMultipartUpload", "s3:PutObject"),
        ("GetObject", "s3:GetObject"),
        ("HeadObject", "s3:GetObject"),
        ("DeleteObject", "s3:DeleteObject"),
        ("ListObjectsV2", "s3:ListBucket"),
        ("GetBucketLocation", "read, write and delete"),
    ],
)
def test_denied_operation_names_its_permission(operation, permission):
    assert permission in translated(answer(403, "AccessDenied", operation=operation)).hint


@pytest.mark.parametrize(
    ("code", "operation", "hint"),
    [
        ("", "PutObject", "does not speak S3"),
        ("NoSuchBucket", "PutObject", "Create the bucket “music”"),
        ("", "HeadBucket", "Create the bucket “music”"),
    ],
)
def test_not_found_without_a_word_is_no_s3_unless_the_answer_had_no_body(code, operation, hint):
    with pytest.raises(StorageError) as caught, translate_vendor_errors("music", "r2.example"):
        raise answer(404, code, operation=operation)
    assert caught.value.code == "no_such_bucket"
    assert hint in caught.value.hint


def test_acl_that_was_refused_came_from_a_proxy():
    assert "add an ACL" in translated(answer(400, "AccessControlListNotSupported")).hint


def test_unknown_refusal_keeps_the_words_of_the_service():
    error = translated(answer(400, "OddRequest", "Braces {like these} are odd"))
    assert (error.code, error.retryable) == ("refused", False)
    assert "OddRequest: Braces {like these} are odd" in str(error)


def test_missing_object_is_a_missing_file():
    with (
        pytest.raises(FileNotFoundError, match=r"a\.wav"),
        translate_vendor_errors("music", "r2.example", "a.wav"),
    ):
        raise answer(404, "NoSuchKey")


def test_broken_connection_is_worth_a_retry_and_a_bad_certificate_is_not():
    broken = translated(ReadTimeoutError(endpoint_url="https://r2.example"))
    assert (broken.code, broken.retryable) == ("unreachable", True)
    said = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1016)"
    untrusted = translated(SSLError(endpoint_url="https://r2.example", error=ssl.SSLError(said)))
    assert (untrusted.code, untrusted.retryable) == ("bad_certificate", False)


def test_errors_of_others_pass_through():
    with pytest.raises(ZeroDivisionError), translate_vendor_errors("music", "r2.example"):
        raise ZeroDivisionError
