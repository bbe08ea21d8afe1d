"""Signing a bucket's URLs with its keys, such that they stay the same for a while (`storage.expiry`)."""

import time

from .address import bucket_address
from .client import Connection
from .credentials import configured_keys, platform_keys
from .errors import StorageError
from .expiry import Life, life_at
from .parameters import QUERY_NAMES
from .signing import Address, Keys, presigned_url


class Signer:
    """Signs URLs for the objects of one bucket, from any thread and on either side of a fork."""

    def __init__(self, connection: Connection, bucket: str) -> None:
        self._connection = connection
        self._bucket = bucket
        self._keys = configured_keys(connection)
        self._address: Address | None = None

    def url(self, name: str, parameters: dict[str, str], expire: int) -> str:
        """Return a URL for GET that is the same in every process for half of `expire` seconds.

        Temporary keys of the platform are renewed first where it is time; a URL never outlives them. Raises
        what botocore raises where there are no keys, and StorageError (`expired_credentials`) where they have ended.
        """
        keys, life = self._keys_and_life(expire)
        query = {QUERY_NAMES[key]: value for key, value in parameters.items()}
        return presigned_url(self.address, keys, name, query, life.start, life.seconds)

    @property
    def address(self) -> Address:
        """Where the bucket is."""
        if self._address is None:
            self._address = bucket_address(self._connection, self._bucket)
        return self._address

    def expires_at(self, expire: int) -> int:
        """Return when (Unix time) a URL that is signed now ends. Raises the same errors."""
        return self._keys_and_life(expire)[1].end

    def _keys_and_life(self, expire: int) -> tuple[Keys, Life]:
        keys = self._keys or platform_keys(self._connection)
        life = life_at(time.time(), expire, keys.expires_at)
        if life.seconds < 1:
            raise StorageError(
                "expired_credentials",
                "The temporary keys of this machine have expired and were not renewed.",
                retryable=True,
                case="platform",
            )
        return keys, life
