"""The makers of S3 services, as far as they differ in how CORS rules are set."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Provider:
    """A maker of S3 services: the end of its host names, and where a person enters CORS rules.

    `form` is how its rules are written: `s3`, `google`, or `environment` for servers with one setting for all buckets.
    """

    name: str
    host: str
    paste: str
    form: str = "s3"
    takes_cors: bool = True

    def how_to_paste(self, bucket: str) -> str:
        """Return one sentence that says where the document goes."""
        return self.paste.format(bucket=bucket)

    def document(self, rules: Sequence[Mapping[str, Any]]) -> str:
        """Return the rules as this maker wants them."""
        if self.form == "environment":
            origins = [origin for rule in rules for origin in rule["AllowedOrigins"]]
            return f"MINIO_API_CORS_ALLOW_ORIGIN={','.join(origins)}"
        return json.dumps(list(map(_google, rules)) if self.form == "google" else list(rules), indent=2)


_AMAZON = Provider(
    "Amazon S3",
    "amazonaws.com",
    "Paste this in the S3 console at {bucket} > Permissions > Cross-origin resource sharing (CORS), or let these keys "
    "do it (s3:GetBucketCORS, s3:PutBucketCORS).",
)
_PROVIDERS = [
    _AMAZON,
    Provider(
        "Cloudflare R2",
        "r2.cloudflarestorage.com",
        "Paste this in the Cloudflare dashboard at R2 > {bucket} > Settings > CORS policy, or use a token with “Admin "
        "Read & Write” for this once.",
    ),
    Provider(
        "Google Cloud Storage",
        "storage.googleapis.com",
        "Save this as cors.json and run: gcloud storage buckets update gs://{bucket} --cors-file=cors.json",
        form="google",
        takes_cors=False,
    ),
    Provider(
        "DigitalOcean Spaces",
        "digitaloceanspaces.com",
        "Enter this in the control panel at Spaces > {bucket} > Settings > CORS configurations, or use a key with full "
        "access for this once.",
    ),
    Provider(
        "Backblaze B2",
        "backblazeb2.com",
        "Use a key with the capability writeBuckets for this once, or enter this at Buckets > {bucket} > CORS rules.",
    ),
]
_MINIO = Provider(
    "MinIO", "", "Start the server with this in its environment, and start it anew.", form="environment"
)
_OTHER = Provider("S3", "", "Enter these rules for the bucket {bucket} where your service lets you set CORS.")


def provider_of(endpoint_url: str | None, server: str = "") -> Provider:
    """Return the maker, by the endpoint (None: Amazon) or by what the server calls itself."""
    if not endpoint_url:
        return _AMAZON
    host = f".{(urlsplit(endpoint_url).hostname or '').lower()}"
    known = (provider for provider in _PROVIDERS if host.endswith(f".{provider.host}"))
    return next(known, _MINIO if server.lower().startswith("minio") else _OTHER)


def _google(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "origin": rule["AllowedOrigins"],
        "method": rule["AllowedMethods"],
        "responseHeader": [*rule["AllowedHeaders"], *rule["ExposeHeaders"]],
        "maxAgeSeconds": rule["MaxAgeSeconds"],
    }
