"""Listing what is stored: complete objects, and what interrupted writes have left."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .atomic import translated_os_error

_DRAFT = re.compile(r"\..+\.part")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a storage lists it: its name, its size in bytes, and when it was last written."""

    name: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a write that never ended has left: its size in bytes (0 where that is not known), its age, its deletion."""

    size: int
    modified: datetime
    discard: Callable[[], None]


def files_under(root: Path, prefix: str) -> Iterator[StoredObject]:
    """Yield the files whose names begin with the prefix, in the order of their names, but for hidden ones.

    A file that vanishes meanwhile is left out. Raises StorageError for a folder that cannot be read.
    """
    for name, entry in _walk(root, prefix.rpartition("/")[0], prefix):
        if not entry.name.startswith("."):
            yield from _as_object(name, entry)


def drafts_under(root: Path, prefix: str) -> Iterator[Unfinished]:
    """Yield the drafts of files that were never finished, those that are being written right now too."""
    for name, entry in _walk(root, prefix.rpartition("/")[0], prefix):
        if _DRAFT.fullmatch(entry.name):
            for found in _as_object(name, entry):
                yield Unfinished(found.size, found.modified, _deletion(root, Path(entry.path)))


def _walk(root: Path, folder: str, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files below a folder with their names, folder by folder in the order of names."""
    try:
        with os.scandir(root / folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise translated_os_error(error, root) from error
    for entry in entries:
        name = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            if f"{name}/".startswith(prefix):
                yield from _walk(root, name, prefix)
        elif name.startswith(prefix) and entry.is_file(follow_symlinks=False):
            yield name, entry


def _as_object(name: str, entry: os.DirEntry[str]) -> Iterator[StoredObject]:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    yield StoredObject(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _deletion(root: Path, path: Path) -> Callable[[], None]:
    def delete() -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise translated_os_error(error, root) from error

    return delete
