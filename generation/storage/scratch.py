"""Writing temporary files, on a disk that may be full."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from generation.storage.atomic import translated_os_error


def write_scratch(file: IO[bytes], write: Callable[[BinaryIO], None]) -> None:
    """Have `write` fill a temporary file anew, and rewind it. Raises StorageError as `scratch_writer` does."""
    file.seek(0)
    file.truncate()
    with scratch_writer(file) as scratch:
        write(scratch)
    file.seek(0)


@contextmanager
def scratch_writer(file: IO[bytes]) -> Iterator[BinaryIO]:
    """A temporary file to be written.

    Raises StorageError where the disk takes no more, whatever the writer makes of that: libsndfile, which calls back
    into Python for every block, swallows the error and goes on.
    """
    writer = _ErrorKeepingFile(file)
    try:
        yield cast(BinaryIO, writer)
        writer.flush()
    except Exception:
        if writer.error is None:
            raise
    if writer.error is not None:
        raise translated_os_error(writer.error, Path(tempfile.gettempdir())) from writer.error


class _ErrorKeepingFile:
    """A file that remembers the error with which it could not be written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        return self._keeping_error(lambda: self._file.write(data))

    def flush(self) -> None:
        self._keeping_error(self._file.flush)

    def _keeping_error(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError as error:
            self.error = error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
