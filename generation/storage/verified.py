"""Storing, and checking that what is stored is what was sent."""

import hashlib
import os
from dataclasses import dataclass
from typing import IO, Any

from .base import AudioStorage, chunks_of
from .errors import StorageError
from .multipart_etag import ETag


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known to be stored: its name, its size in bytes and its SHA-256 in hex."""

    name: str
    size: int
    checksum: str


class Damaged(Exception):
    """Audio is not what its row says it is."""


def save_verified(storage: AudioStorage, name: str, file: IO[Any], checksum: str | None = None) -> StoredFile:
    """Save a seekable binary file under the name and make sure that all of it is there.

    The size is always compared. A tag that the service gives is believed where it agrees; else the audio
    is read back and compared. Raises StorageError, retryable (`not_stored_whole`) where something else
    lies there now. Where the SHA-256 that the file must have is given and it has another, raises Damaged and
    saves nothing.
    """
    tag = ETag(storage.part_size(_length(file)))
    size, found = measured(file, tag)
    if checksum is not None and found != checksum:
        raise Damaged(f"{name} has the SHA-256 {found[:12]}…, and should have {checksum[:12]}….")
    storage.save(name, file)
    if not _is_stored(storage, name, StoredFile(name, size, found), tag.text()):
        raise StorageError(
            "not_stored_whole",
            f"What the storage kept of {name} is not what was sent to it.",
            retryable=True,
            case=storage.storage_type,
        )
    return StoredFile(name, size, found)


def _is_stored(storage: AudioStorage, name: str, sent: StoredFile, tag: str) -> bool:
    try:
        kept = storage.stat(name)
        if kept.size != sent.size:
            return False
        if kept.md5 == tag:
            return True
        # A service may have a tag of its own kind, even one that looks like an MD5, as where it encrypts.
        with storage.open(name) as stored:
            return measured(stored) == (sent.size, sent.checksum)
    except FileNotFoundError:
        return False


def _length(file: IO[Any]) -> int:
    file.seek(0, os.SEEK_END)
    return file.tell()


def measured(file: IO[Any], tag: ETag | None = None) -> tuple[int, str]:
    """Return size and SHA-256 of a file, read from its beginning in pieces, and show each to `tag`."""
    size, sha256 = 0, hashlib.sha256()
    for chunk in chunks_of(file):
        size += len(chunk)
        sha256.update(chunk)
        if tag is not None:
            tag.update(chunk)
    return size, sha256.hexdigest()
