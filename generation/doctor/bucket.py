"""The examination of a bucket."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any, cast
from urllib.parse import urlsplit

from generation.storage import NotSupported, S3AudioStorage, StorageError
from generation.storage.hints import hint_for
from generation.storage.vendor import translate_vendor_errors
from musicgen.outbound import Answer, OutboundError, fetch

from .cors import Cors
from .credentials import check_bundle, check_keys
from .endpoint import bucket_in_host, check_endpoint
from .failures import failure_of, failure_of_network, refusal_in
from .listener import Listener
from .network import Reachability
from .place import Place
from .probe import PREFIX, Probe
from .providers import provider_of
from .steps import Finding, Outcome, Step, examine, failed, ok, skipped, warning

LARGE_BYTES = 100_000_000  # well above what goes in one request
BLOCK_BYTES = 1_000_000
_CLOSED = "Take the bucket back from the public: no public access, and no policy that lets everybody read."


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator asked for: the origins of the pages, and what to do beyond looking."""

    origins: Sequence[str] = ()
    fix_cors: bool = False
    multipart: bool = False


def place_of(storage: S3AudioStorage) -> Place:
    """Return the bucket of a storage. Raises StorageError where no client can be made for it."""
    secrets = tuple(secret for secret in (storage.access_key, storage.secret_key) if secret)
    return Place(storage.bucket_name, storage.endpoint_url, storage.client.meta.region_name, secrets)


def examine_bucket(storage: S3AudioStorage, place: Place, options: Options) -> Iterator[Finding]:
    """Go all the way of a track's audio with a probe, which is removed whatever happens."""
    with Probe(storage) as probe:
        examination = _Examination(storage, place, options, probe)
        yield from examine(examination.steps(), examination.explain)


class _Examination:
    def __init__(self, storage: S3AudioStorage, place: Place, options: Options, probe: Probe) -> None:
        self._storage = storage
        self._place = place
        self._options = options
        self._probe = probe
        self._listener = Listener(probe, self._ask, self._refused, _CLOSED)
        self._reachability = Reachability(self._ask, self._listener.bare_url)

    def steps(self) -> list[Step]:
        listener, reachability = self._listener, self._reachability
        return [
            Step("endpoint", lambda: check_endpoint(self._place, self._options.origins)),
            Step("keys", lambda: check_keys(self._storage)),
            Step("trust", lambda: check_bundle(self._place.endpoint_url, _ca_bundle())),
            Step("sign", listener.sign, needs=("keys",)),
            Step("reach", reachability.reach, needs=("sign", "trust")),
            Step("clock", reachability.clock, needs=("reach",)),
            Step("write", self._write, needs=("reach",)),
            Step("stat", self._stat, needs=("write",)),
            Step("read", self._read, needs=("write",)),
            Step("range", self._read_range, needs=("write",)),
            Step("list", self._list, needs=("write",)),
            Step("list uploads", self._list_uploads, needs=("write",)),
            Step("listen", listener.listen, needs=("write",)),
            Step("headers", listener.headers, needs=("listen",)),
            Step("seek", listener.seek, needs=("listen",)),
            Step("tamper", listener.tamper, needs=("write",)),
            Step("private", listener.ask_unsigned, needs=("write",)),
            Step("cors", self._cors, needs=("listen",), timed=False),
            Step("multipart", self._multipart, needs=("read",), timed=False),
            Step("delete", self._delete, needs=("write",)),
            Step("gone", self._gone, needs=("delete", "list")),
        ]

    def explain(self, step: Step, error: Exception) -> Outcome:
        """Make an outcome of what a step raised. Raises again what is no error of the storage."""
        if isinstance(error, OutboundError):
            return failure_of_network(error, self._place)
        if isinstance(error, FileNotFoundError):
            return failed(
                "what was stored is not there",
                f"See that nothing else deletes from the bucket “{self._place.bucket}”, such as a lifecycle rule.",
            )
        if isinstance(error, StorageError):
            return self._failure(step, error)
        raise error

    def _ask(self, url: str, headers: Mapping[str, str], method: str) -> Answer:
        host = urlsplit(url).hostname or ""
        # The operator named this host himself, and botocore goes by the same variable.
        return fetch(
            url,
            headers=headers,
            method=method,
            private_hosts={host},
            ca_bundle=_ca_bundle(),
        )

    def _refused(self, answer: Answer) -> Outcome:
        return failure_of(refusal_in(answer, self._place), self._place)

    def _failure(self, step: Step, error: StorageError) -> Outcome:
        failure = failure_of(error, self._place)
        right = bucket_in_host(self._place)
        if step.name == "list" and right and error.code in ("no_such_bucket", "refused"):
            return _two_buckets(right)
        if step.name == "gone" and error.code == "access_denied":
            # S3 calls what is missing forbidden to those who may read objects but not list them.
            return replace(failure, hint=hint_for("access_denied", "list", {"bucket": self._place.bucket}))
        if step.name == "list uploads" and isinstance(error, NotSupported) and error.case == "uploads":
            return warning(failure.detail, failure.hint)
        return failure

    def _write(self) -> Outcome:
        self._probe.write()
        return ok(self._probe.key)

    def _stat(self) -> Outcome:
        stat = self._storage.stat(self._probe.key)
        if stat.size != len(self._probe.content):
            return failed(f"{stat.size} bytes instead of {len(self._probe.content)}", _changed(self._place))
        return ok(f"{stat.size} bytes")

    def _read(self) -> Outcome:
        with self._storage.open(self._probe.key) as file:
            if file.read() != self._probe.content:
                return failed("what came back is not what was stored", _changed(self._place))
        return ok("the same came back")

    def _read_range(self) -> Outcome:
        with translate_vendor_errors(self._place.bucket, self._place.service, self._probe.key):
            part = self._storage.client.get_object(
                Bucket=self._place.bucket, Key=self._probe.key, Range="bytes=100-199"
            )["Body"].read()
        if part != self._probe.content[100:200]:
            return failed("another part came back", _changed(self._place))
        return ok("the right part")

    def _list(self) -> Outcome:
        """List as `prune_audio` does."""
        if not any(found.name == self._probe.key for found in self._storage.objects(f"{PREFIX}/")):
            right = bucket_in_host(self._place)
            return (
                _two_buckets(right)
                if right
                else failed("what was stored is not in the list", _changed(self._place))
            )
        return ok("the probe is in it")

    def _list_uploads(self) -> Outcome:
        """Begin an upload in parts, find it among the unfinished ones, and end it."""
        with self._probe.upload_begun():
            found = sum(1 for _ in self._storage.unfinished(f"{PREFIX}/"))
        return ok(f"{found} begun and not ended, the probe's among them")

    def _cors(self) -> Outcome:
        if not self._options.origins:
            return skipped("the site's address is not known: name it with --origin https://music.example.org")
        provider = provider_of(self._place.endpoint_url, self._reachability.server)
        cors = Cors(self._storage, self._options.origins, provider)
        act = cors.fix if self._options.fix_cors else cors.check
        return act(self._ask, self._listener.url())

    def _multipart(self) -> Outcome:
        if not self._options.multipart:
            return skipped("it was not asked for (--multipart)")
        with tempfile.TemporaryFile() as file:
            sent = _filled(file)
            began = time.monotonic()
            self._probe.write_large(file)
            stored = time.monotonic()
            with self._storage.open(self._probe.large_key) as kept:
                came = hashlib.file_digest(cast(Any, kept), "sha256").digest()
            read = time.monotonic()
        self._probe.remove(self._probe.large_key)
        if came != sent:
            return failed("what came back is not what was stored", _changed(self._place))
        return ok(f"100 MB stored in parts in {stored - began:.1f} s and read back in {read - stored:.1f} s")

    def _delete(self) -> Outcome:
        self._probe.remove(self._probe.key)
        return ok()

    def _gone(self) -> Outcome:
        if self._storage.exists(self._probe.key):
            return failed("it is still there", "See that the bucket holds no object lock or retention.")
        return ok()


def _two_buckets(right: str) -> Outcome:
    return failed(
        "the bucket stands in the host name as well, so that all lands in a folder of its own name",
        f"Set STORAGE_ENDPOINT_URL={right}.",
    )


def _ca_bundle() -> str | None:
    return os.environ.get("AWS_CA_BUNDLE") or None


def _changed(place: Place) -> str:
    return f"Look for a proxy in front of {place.service} that changes what passes, and go around it."


def _filled(file: IO[bytes]) -> bytes:
    """Write a large object of which no two parts are the same; return its SHA-256."""
    block, digest = os.urandom(BLOCK_BYTES - 8), hashlib.sha256()
    for number in range(LARGE_BYTES // BLOCK_BYTES):
        piece = number.to_bytes(8, "big") + block
        digest.update(piece)
        file.write(piece)
    file.seek(0)
    return digest.digest()
