"""The address at which a bucket's objects are, and what its signatures must name."""

import re
from urllib.parse import parse_qs, urlsplit

from .client import Connection, shared_resource
from .endpoints import addressing_style, region_from_endpoint
from .signing import Address

# Where a client has nothing to think about. Two hyphens are left out: they mark AWS's special kinds of buckets.
_PLAIN_ENDPOINT = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._-]+)*/?")
_PLAIN_BUCKET = re.compile(r"(?!.*--)[A-Za-z0-9._-]{1,255}")
_PROBE = "probe"


def bucket_address(connection: Connection, bucket: str) -> Address:
    """Return where a bucket is. Makes no request.

    A named endpoint that is addressed by path says it all by itself, which saves the making of a client.
    What is more involved (AWS's hosts, partitions and access points, buckets in host names) the client is asked for.
    """
    endpoint = connection.endpoint_url
    if (
        endpoint
        and addressing_style(endpoint) == "path"
        and _PLAIN_ENDPOINT.fullmatch(endpoint)
        and _PLAIN_BUCKET.fullmatch(bucket)
    ):
        region = connection.region_name or region_from_endpoint(endpoint)
        return Address(f"{endpoint.rstrip('/')}/{bucket}", region)
    return _address_by_client(connection, bucket)


def _address_by_client(connection: Connection, bucket: str) -> Address:
    client = shared_resource(connection).meta.client
    signed = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": _PROBE})
    credential = parse_qs(urlsplit(signed).query)["X-Amz-Credential"][0]
    _, _, region, service, _ = credential.rsplit("/", 4)
    return Address(signed.partition("?")[0].removesuffix(f"/{_PROBE}"), region, service)
