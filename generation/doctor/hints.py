"""One sentence of cure for everything that a bucket, or the way to it, may refuse."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from generation.storage import StorageError
from generation.storage.vendor import translate_vendor_errors
from musicgen.outbound import Answer, OutboundError

from .steps import Outcome, failed

_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Place:
    """The bucket under examination, as it is configured, and what of it must never be printed."""

    bucket: str
    endpoint_url: str | None
    region: str
    secrets: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """How sentences call the service."""
        return urlsplit(self.endpoint_url).netloc if self.endpoint_url else "Amazon S3"

    def without_secrets(self, text: str) -> str:
        """Return a text with every key in it blotted out."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return text


_CURES = {
    "wrong_access_key": "Copy the access key again into STORAGE_ACCESS_KEY_ID, and see that it is one of {service}.",
    "wrong_secret_key": "Copy the secret key again into STORAGE_SECRET_ACCESS_KEY, and see that it belongs to "
    "STORAGE_ACCESS_KEY_ID.",
    "no_such_bucket": "Create the bucket “{bucket}” at {service}, or correct STORAGE_BUCKET_NAME or "
    "STORAGE_ENDPOINT_URL.",
    "wrong_clock": "Set this machine's clock by NTP: signatures count by the time.",
    "expired_credentials": "Renew the temporary keys, or give this machine a role that renews them.",
    "bucket_full": "Free some space in the bucket “{bucket}”, or raise its quota.",
    "busy": "Try again in some minutes; if it stays so, ask the makers of {service}.",
    "unreachable": "Check STORAGE_ENDPOINT_URL, and that a firewall lets this machine out to {service}.",
    "no_credentials": "Set STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY, or give this machine a role.",
    "not_stored_whole": "Look for a proxy in front of {service} that changes what passes, and go around it.",
}
_DENIED = {
    "write": "Let these keys write to the bucket “{bucket}” (s3:PutObject), and let no policy of it ask for an ACL or "
    "for encryption, which this site does not send.",
    "read": "Let these keys read from the bucket “{bucket}” (s3:GetObject).",
    "delete": "Let these keys delete from the bucket “{bucket}” (s3:DeleteObject).",
    "list": "Let these keys list the bucket “{bucket}” (s3:ListBucket): without it what is missing looks forbidden.",
}
_NETWORK = {
    "bad_address": "Correct STORAGE_ENDPOINT_URL: it must look like https://s3.example.org.",
    "unknown_host": "Check the spelling of STORAGE_ENDPOINT_URL, and that this machine can look names up.",
    "refused": "Check host and port in STORAGE_ENDPOINT_URL, and that the service runs there.",
    "timeout": "Check STORAGE_ENDPOINT_URL, and that a firewall lets this machine out to it.",
    "bad_certificate": "Use the host name in STORAGE_ENDPOINT_URL that the certificate is for; if its issuer is your "
    "own, name the file of it in AWS_CA_BUNDLE.",
    "no_tls": "Write http:// instead of https:// in STORAGE_ENDPOINT_URL, or give the service a certificate.",
    "no_http": "Check port and scheme in STORAGE_ENDPOINT_URL: if the service speaks TLS there, write https://.",
    "too_large": "Check STORAGE_ENDPOINT_URL: what answers there is no S3 service.",
}


def cure_of(error: StorageError, place: Place, doing: str) -> Outcome:
    """Return the failure that a refused request is; `doing` is `write`, `read`, `delete` or `list`."""
    said = f"{_service_said(error) or error.code}"
    if error.code == "wrong_region":
        return failed(said, _region_cure(region_hint(error), place))
    if _code(error) == "AccessControlListNotSupported":
        cure = (
            "Let no proxy in front of {service} add an ACL: this site sends none, and the bucket takes none."
        )
    elif _code(error).isdecimal() and error.code == "no_such_bucket" and doing == "write":
        cure = (
            "Check STORAGE_ENDPOINT_URL: what answers there does not speak S3."  # that always gives a reason
        )
    elif error.code == "access_denied":
        cure = _DENIED[doing]
    else:
        cure = _CURES.get(error.code, "")
    if not cure:
        return failed(place.without_secrets(said), place.without_secrets(error.message))
    return failed(said, cure.format(bucket=place.bucket, service=place.service))


def cure_of_network(error: OutboundError) -> Outcome:
    """Return the failure that a service which gives no answer is."""
    return failed(error.message, _NETWORK.get(error.code, "Check STORAGE_ENDPOINT_URL."))


def refusal_in(answer: Answer, place: Place) -> StorageError:
    """Return what an answer of the service to anyone's request says, in the words of the storage room."""
    told = {name: _element(answer.body, name) for name in ("Code", "Message", "Region")}
    response: Any = {  # as botocore would have made it of the same answer
        "Error": {"Code": str(answer.status)} | {name: text for name, text in told.items() if text},
        "ResponseMetadata": {
            "HTTPStatusCode": answer.status,
            "HTTPHeaders": {name.lower(): value for name, value in answer.headers.items()},
        },
    }
    refusal = ClientError(response, "GetObject")
    try:
        with translate_vendor_errors(place.bucket, place.service):
            raise refusal
    except StorageError as translated:
        return translated


def region_hint(error: StorageError) -> str | None:
    """Return the region that the service named when it refused this one."""
    if not isinstance(error.__cause__, ClientError):
        return None
    response: Any = error.__cause__.response
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region")


def _region_cure(region: str | None, place: Place) -> str:
    if region is None:
        return "Set STORAGE_REGION to the region that the bucket was made in."
    if (urlsplit(place.endpoint_url or "").hostname or "").endswith(".amazonaws.com"):
        return f"Set STORAGE_ENDPOINT_URL=https://s3.{region}.amazonaws.com and STORAGE_REGION={region}."
    return f"Set STORAGE_REGION={region}."


def _service_said(error: StorageError) -> str:
    code = _code(error)
    return f"the service answers {code}" if code else ""


def _code(error: StorageError) -> str:
    cause = error.__cause__
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""


def _element(body: bytes, name: str) -> str:
    # By pattern, as no parser of XML should be shown what an unknown server sends.
    match = re.search(rf"<{name}>([^<]{{1,300}})</{name}>", body[:8192].decode(errors="replace"))
    return match[1] if match else ""
