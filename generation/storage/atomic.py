"""Writing a file atomically: it appears complete, or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from musicgen.backoff import AT_ONCE, retry

from .errors import StorageError

DRAFT_ATTEMPTS = 10
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_atomically(path: Path, chunks: Iterable[bytes], mode: int | None, root: Path) -> None:
    """Write the chunks to a draft beside `path` and rename it into place once it is on disk.

    `mode` is the file's permissions (None: as the draft has them, 600). If the chunks fail, their error
    passes through and nothing is left behind. Raises StorageError, naming `root`, where the folder does
    not take the file.
    """
    with _translate_os_errors(root):
        draft = _draft_beside(path)
    try:
        with draft:
            for chunk in chunks:
                with _translate_os_errors(root):
                    _write_all(draft, chunk)
            with _translate_os_errors(root):
                _settle(draft, mode)
        with _translate_os_errors(root):
            os.replace(draft.name, path)
    except BaseException:
        os.unlink(draft.name)
        raise
    with _translate_os_errors(root):
        _sync_folder(path.parent)


def _draft_beside(path: Path) -> IO[bytes]:
    def draft() -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False, buffering=0
        )

    # Somebody who deletes the last other file there may take the folder along at any moment.
    return retry(draft, (FileNotFoundError, FileExistsError), AT_ONCE, tries=DRAFT_ATTEMPTS)


def _write_all(draft: IO[bytes], chunk: bytes) -> None:
    # Unbuffered, so that nothing is left to be written, and to fail again, when the file is closed.
    left = memoryview(chunk)
    while left:
        left = left[draft.write(left) :]


def _settle(draft: IO[bytes], mode: int | None) -> None:
    if mode is not None:
        os.fchmod(draft.fileno(), mode)
    os.fsync(draft.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _translate_os_errors(root: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a StorageError that names the folder."""
    try:
        yield
    except OSError as error:
        raise translated_os_error(error, root) from error


def translated_os_error(error: OSError, root: Path) -> StorageError:
    """Return the StorageError that says why the folder does not take or give audio."""
    if error.errno in _FORBIDDEN:
        return StorageError("not_writable", f"The folder {root} cannot be written.")
    if error.errno in _FULL:
        return StorageError(
            "disk_full", f"The disk that holds the folder {root} is full, or the limit of its user is."
        )
    return StorageError("disk_failed", f"The folder {root} failed ({error.strerror or error}).")
