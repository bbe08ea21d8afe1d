"""Whether pages of this site may read from the bucket (CORS), and the rules that allow it."""

import base64
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from generation.storage import S3AudioStorage
from musicgen.outbound import Answer

from .network import Fetch
from .providers import Provider
from .steps import Outcome, State, failed, ok, warning

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

METHODS = ["GET", "HEAD"]
HEADERS = ["Range"]
EXPOSED = ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]
MAX_AGE_SECONDS = 3600
# Some services take half a minute until a rule counts everywhere.
PAUSES_AFTER_FIX = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)

Rule = dict[str, Any]


def cors_rules(origins: Sequence[str]) -> list[Rule]:
    """Return the rules, as S3 spells them, that let pages of these origins read audio and its parts."""
    return [
        {
            "AllowedOrigins": list(origins),
            "AllowedMethods": METHODS,
            "AllowedHeaders": HEADERS,
            "ExposeHeaders": EXPOSED,
            "MaxAgeSeconds": MAX_AGE_SECONDS,
        }
    ]


def merged_rules(existing: Sequence[Mapping[str, Any]], origins: Sequence[str]) -> list[Rule]:
    """Return the existing rules, every one of them kept, with what these origins still lack.

    A rule of this site's own gets the missing origins; only where there is none a new rule is added.
    """
    rules = [dict(rule) for rule in existing]
    missing = [origin for origin in origins if not any(_lets_in(rule, origin) for rule in rules)]
    if not missing:
        return rules
    wanted = cors_rules(missing)[0]
    for rule in rules:
        if _but_origins(rule) == _but_origins(wanted):
            rule["AllowedOrigins"] = [*rule["AllowedOrigins"], *missing]
            return rules
    return [*rules, wanted]


class Cors:
    """The CORS rules of one bucket: checked as a browser does, and set where the service lets us."""

    def __init__(
        self,
        storage: S3AudioStorage,
        origins: Sequence[str],
        provider: Provider,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._storage = storage
        self._origins = origins
        self._provider = provider
        self._sleep = sleep

    def check(self, fetch: Fetch, url: str) -> Outcome:
        """Ask as a script on a page of each origin would."""
        for origin in self._origins:
            reason = _refusal(fetch, url, origin)
            if reason:
                return warning(
                    f"{origin}: {reason}",
                    "The mixer of a track's page needs this: its script reads the stems. Playing and downloading "
                    "do not. Run this again with --fix-cors, or see docs/storage.md.",
                )
        return ok(", ".join(self._origins))

    def fix(self, fetch: Fetch, url: str) -> Outcome:
        """Check, add the rules that are missing, show what the bucket has now, and check again."""
        before = self.check(fetch, url)
        if before.state is State.OK:
            return before
        if not self._provider.takes_cors:
            return self._to_paste(before.detail)
        try:
            rules = self._put()
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else "no answer"
            return self._to_paste(f"{before.detail}; the rules could not be set ({code})")
        for pause in PAUSES_AFTER_FIX:
            self._sleep(pause)
            after = self.check(fetch, url)
            if after.state is State.OK:
                return ok(f"mended: {after.detail}", document=self._provider.document(rules))
        return failed(
            after.detail,
            "Wait a minute and run this again: the rules are set, but the service does not heed them yet.",
            self._provider.document(rules),
        )

    def _put(self) -> list[Rule]:
        client, bucket = self._storage.client, self._storage.bucket_name
        existing = _existing(client, bucket)
        rules = merged_rules(existing, self._origins)
        if rules != existing:
            with _plain_md5(client):
                client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})  # type: ignore[typeddict-item]
        return rules

    def _to_paste(self, detail: str) -> Outcome:
        rules = cors_rules(self._origins)
        return failed(
            detail, self._provider.how_to_paste(self._storage.bucket_name), self._provider.document(rules)
        )


def _refusal(fetch: Fetch, url: str, origin: str) -> str | None:
    """Say how a script of that origin is refused, or None. Some browsers ask before they ask for a part."""
    simple = fetch(url, {"Origin": origin, "Range": "bytes=0-99"}, "GET")
    if not _admits(simple, origin):
        return "pages may not read what comes (no Access-Control-Allow-Origin)"
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }
    preflight = fetch(url, asked, "OPTIONS")
    allowed = preflight.headers.get("Access-Control-Allow-Headers", "").lower().replace(" ", "").split(",")
    if preflight.status >= 300 or not _admits(preflight, origin) or not {"range", "*"} & set(allowed):
        return f"pages may not ask for parts (preflight {preflight.status})"
    return None


def _admits(answer: Answer, origin: str) -> bool:
    return answer.headers.get("Access-Control-Allow-Origin") in (origin, "*")


def _existing(client: "S3Client", bucket: str) -> list[Rule]:
    try:
        return [dict(rule) for rule in client.get_bucket_cors(Bucket=bucket).get("CORSRules", [])]
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchCORSConfiguration":
            return []
        raise


def _lets_in(rule: Mapping[str, Any], origin: str) -> bool:
    headers = {header.lower() for header in rule.get("AllowedHeaders", [])}
    return (
        bool({origin, "*"} & set(rule["AllowedOrigins"]))
        and set(METHODS) <= set(rule["AllowedMethods"])
        and bool({"range", "*"} & headers)
    )


def _but_origins(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, list) else value
        for name, value in rule.items()
        if name not in ("AllowedOrigins", "ID")
    }


@contextlib.contextmanager
def _plain_md5(client: "S3Client") -> Iterator[None]:
    """Send Content-MD5, which every service takes, where botocore would send a newer checksum that some refuse."""

    def replace_checksum(request: Any, **_: Any) -> None:
        for name in list(request.headers):
            if name.lower().startswith(("x-amz-checksum-", "x-amz-sdk-checksum-")):
                del request.headers[name]
        body = request.body.encode() if isinstance(request.body, str) else request.body
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        request.headers["Content-MD5"] = base64.b64encode(digest).decode()

    event = "before-sign.s3.PutBucketCors"
    client.meta.events.register_first(event, replace_checksum)
    try:
        yield
    finally:
        client.meta.events.unregister(event, replace_checksum)
