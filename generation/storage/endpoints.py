"""What the address of an S3 endpoint says about its region and about how it wants its buckets named."""

import re
from typing import Literal
from urllib.parse import urlsplit

FALLBACK_REGION = "auto"
# Host names that hold a region, as their makers document them.
_REGIONAL_HOSTS = [
    re.compile(pattern)
    for pattern in (
        r"(?:.+\.)?s3[.-](?:fips[.-])?(?:dualstack\.)?([a-z]{2}-[a-z-]+-\d)\.amazonaws\.com(?:\.cn)?",
        r"(?:.+\.)?s3\.([a-z0-9-]+)\.backblazeb2\.com",
        r"(?:.+\.)?([a-z]{3}\d)\.digitaloceanspaces\.com",
        r"(?:.+\.)?s3\.([a-z0-9-]+)\.wasabisys\.com",
        r"(?:.+\.)?s3\.([a-z0-9-]+)\.scw\.cloud",
    )
]
# Hosts without a region in their name that want one all the same.
_FIXED_HOSTS = {"s3.amazonaws.com": "us-east-1", "s3.wasabisys.com": "us-east-1"}


def region_from_endpoint(endpoint_url: str) -> str:
    """Return the region to sign for: the one in the host name, else `auto`, as R2 and GCS want it."""
    host = (urlsplit(endpoint_url).hostname or "").lower()
    for pattern in _REGIONAL_HOSTS:
        match = pattern.fullmatch(host)
        if match:
            return match[1]
    return _FIXED_HOSTS.get(host, FALLBACK_REGION)


def addressing_style(endpoint_url: str | None) -> Literal["path", "virtual"]:
    """Return `path` for a named endpoint, and for AWS itself (None) `virtual`: the bucket in the host name.

    With botocore's own `auto`, signed URLs would name AWS's global host, which redirects to the bucket's
    region and thereby breaks the signature. A bucket with dots, which no TLS certificate covers, goes by
    path all the same.
    """
    return "path" if endpoint_url else "virtual"
