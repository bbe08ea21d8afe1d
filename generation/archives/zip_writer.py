"""Writing a zip piece by piece, in bounded memory, into a file of whatever size."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

CHUNK = 1 << 20
_READABLE = 0o644 << 16
_FIRST_YEAR = 1980


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was copied into the archive, and its SHA-256 in hex."""

    size: int
    checksum: str


class ZipWriter:
    """A zip that is being written. Audio lies in it as it is, for it cannot be packed any tighter; text is packed."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = ZipFile(file, "w", allowZip64=True)

    def __enter__(self) -> "ZipWriter":
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None:
            self._zip.close()
            return
        # Nobody wants what was written so far, and on a full disk not even its end can be.
        with suppress(OSError, ValueError):
            self._zip.close()

    def copy(
        self, name: str, source: IO[Any], size: int, made: datetime, on_chunk: Callable[[int], object]
    ) -> Copied:
        """Copy a file of this size. `on_chunk` is called with how many bytes more were copied."""
        copied, sha256 = 0, hashlib.sha256()
        entry = _entry(name, made, ZIP_STORED)
        entry.file_size = size  # so that the entry has the fields of zip64 only where it needs them
        with self._zip.open(entry, "w") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
                sha256.update(chunk)
                copied += len(chunk)
                on_chunk(len(chunk))
        return Copied(copied, sha256.hexdigest())

    def bytes(self, name: str, content: bytes, made: datetime) -> None:
        """Put a small file in."""
        self._zip.writestr(_entry(name, made, ZIP_DEFLATED), content)

    def json(self, name: str, content: object, made: datetime) -> None:
        """Put a JSON file in. Of an iterator each item is written as it comes, so that there may be any number."""
        with self.text(name, made) as write:
            if isinstance(content, Iterator):
                _write_list(content, write)
            else:
                write(_as_json(content) + "\n")

    @contextmanager
    def text(self, name: str, made: datetime) -> Iterator[Callable[[str], object]]:
        """A text file in UTF-8, written by what is yielded."""
        with self._zip.open(_entry(name, made, ZIP_DEFLATED), "w", force_zip64=True) as target:
            yield lambda text: target.write(text.encode("utf-8", "backslashreplace"))


def _write_list(items: Iterable[object], write: Callable[[str], object]) -> None:
    before = "[\n"
    for item in items:
        write(before + _as_json(item))
        before = ",\n"
    write("[]\n" if before == "[\n" else "\n]\n")


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_as_text)


def _as_text(value: object) -> str:
    """An id, an amount, or a moment as ISO 8601 has it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _entry(name: str, made: datetime, packing: int) -> ZipInfo:
    moment = made.timetuple()[:6] if made.year >= _FIRST_YEAR else (_FIRST_YEAR, 1, 1, 0, 0, 0)
    entry = ZipInfo(name, moment)
    entry.compress_type = packing
    entry.external_attr = _READABLE
    return entry
