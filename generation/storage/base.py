"""What every place for audio can do, and how to get one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, ClassVar, cast

from django.core.files.base import File
from django.core.files.storage import InvalidStorageError, Storage, storages

from .errors import StorageError
from .listing import StoredObject, Unfinished
from .names import checked_name
from .parameters import Parameters

# The names of the storages that tracks may lie on, in settings.STORAGES and in `storage_type`.
STORAGE_TYPES = ("local", "s3")
# A year, which is how long "for ever" is in HTTP: a key's audio never becomes other audio.
CACHE_CONTROL = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Stat:
    """What a place says of an object: its size in bytes, and its MD5 as an `ETag` where it says one."""

    size: int
    md5: str | None


class AudioStorage(Storage):
    """A Django storage for audio, under keys that this site makes, at URLs that are signed.

    Any method may raise StorageError, FileNotFoundError for audio that is not there, and
    SuspiciousFileOperation for a name that is no key. `open` is for reading; `delete` of what is not there
    is no error.
    """

    storage_type: ClassVar[str]

    @property
    def origin(self) -> str:
        """The scheme and host of its URLs, such as "https://storage.example.org"; nothing where it is this site's."""
        return ""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the same name: what is saved again under a key takes the place of what was there."""
        return checked_name(name, max_length)

    def part_size(self, size: int) -> int | None:
        """Return the size of the parts in which a file of this size is sent; None: it goes in one piece."""
        return None

    def stat(self, name: str) -> Stat:
        """Return size and, where the place says one, MD5, in one question."""
        raise NotImplementedError

    def url(self, name: str | None, parameters: Parameters | None = None, expire: int | None = None) -> str:
        """Return a URL that gives the audio to anyone for at most `expire` seconds (1 to 604800).

        `parameters` set headers of the answer: `ResponseContentDisposition`, `ResponseContentType`.
        No network is used, unless the platform's temporary keys are to be renewed.
        """
        raise NotImplementedError

    def expires_at(self, expire: int | None = None) -> float:
        """Return when (Unix time) the URL ends that `url()` gives now for the same `expire`."""
        raise NotImplementedError

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """List what is stored under names that begin with the prefix, as it comes, in the order of the names.

        Memory does not grow with the number of objects.
        """
        raise NotImplementedError

    def unfinished(self, prefix: str = "") -> Iterator[Unfinished]:
        """List what writes have left that did not end, and those that go on right now.

        Raises NotSupported where nobody can say.
        """
        raise NotImplementedError

    def warm(self) -> None:
        """Make ready what a first `url()` or `save()` would wait for. Asks nobody but the platform for its keys."""
        raise NotImplementedError


def audio_storage() -> AudioStorage:
    """Return the place that new audio is saved to: the bucket, or local files where no bucket is named."""
    return cast(AudioStorage, storages["audio"])


def storage_of(storage_type: str) -> AudioStorage:
    """Return the place that a track's `storage_type` (`s3` or `local`) names.

    Raises StorageError for a track in a bucket when no bucket is configured any more.
    """
    try:
        return cast(AudioStorage, storages[storage_type])
    except InvalidStorageError as error:
        raise StorageError(
            "not_configured", f'This audio lies on storage "{storage_type}", which is not configured.'
        ) from error


def configured_storages() -> dict[str, AudioStorage]:
    """Return every place that audio may lie on, by its `storage_type`."""
    return {name: storage_of(name) for name in STORAGE_TYPES if name in storages.backends}


def chunks_of(content: IO[Any]) -> Iterable[bytes]:
    """Yield a binary file from its beginning, in pieces of 64 KiB or less."""
    yield from (content if isinstance(content, File) else File(content)).chunks()
