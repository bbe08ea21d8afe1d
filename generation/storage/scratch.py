"""A file for the moment, on a disk that may be full."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from generation.storage import StorageError
from generation.storage.atomic import refusal


def write_scratch(file: IO[bytes], write: Callable[[BinaryIO], None]) -> None:
    """Have `write` fill a temporary file anew, and go back to its beginning. Raises StorageError as `noted` does."""
    file.seek(0)
    file.truncate()
    with noted(file) as scratch:
        write(scratch)
    file.seek(0)


@contextmanager
def noted(file: IO[bytes]) -> Iterator[BinaryIO]:
    """A temporary file to be written.

    Raises StorageError where the disk takes no more, whatever the writer makes of that: libsndfile, which calls back
    into Python for every block, swallows the error and goes on.
    """
    noted = _NotedFile(file)
    try:
        yield cast(BinaryIO, noted)
        noted.flush()
    except Exception as error:
        if noted.refused is None:
            raise
        raise _told(noted.refused) from error
    if noted.refused is not None:
        raise _told(noted.refused)


def _told(refused: OSError) -> StorageError:
    return refusal(refused, Path(tempfile.gettempdir()))


class _NotedFile:
    """A file that remembers that it could not be written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.refused: OSError | None = None

    def write(self, data: bytes) -> int:
        return self._noting(lambda: self._file.write(data))

    def flush(self) -> None:
        self._noting(self._file.flush)

    def _noting(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError as error:
            self.refused = error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
